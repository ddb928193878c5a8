import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import type { FaultRule } from './fault-rule.ts';
import type { Simulator } from './simulator.ts';

const MOST_BYTES = 64 * 1024;

const HELP = {
  'POST /faults': 'sets a fault, such as {"action": "drop", "path": "/clone$"}; answers its id',
  'GET /faults': 'lists the faults with how many calls, tasks or guests each has hit',
  'DELETE /faults': 'ends all faults',
  'DELETE /faults/<id>': 'ends one',
  'GET /state': 'tells what really exists',
  'GET /clock': 'tells the time and the speed',
  'POST /clock': 'sets them: {"speed": 0.05}, {"advanceMs": 3600000} or both',
  'GET /calls': 'lists the last calls to the API and the faults that hit them',
};

/** A refusal of the control port itself. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * A door for tests beside the API, on loopback and in plain HTTP. `GET /` lists what it takes; what it cannot take is answered
 * `{error}` with 400, 404, 405 or 413.
 */
export async function startControlServer(
  simulator: Simulator,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((req, res) => {
    answer(simulator, req).then(
      (content) => send(res, 200, content),
      (err: unknown) => {
        const error = err instanceof Error ? err.message : String(err);
        const { status, headers } = err instanceof Refusal ? err : { status: 400, headers: {} };
        send(res, status, { error }, headers);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Handler = (simulator: Simulator, req: IncomingMessage, id: string) => unknown;

const HANDLERS: Record<string, Record<string, Handler>> = {
  '/': { GET: () => HELP },
  '/faults': {
    GET: ({ faults }) => faults.list(),
    POST: async ({ faults }, req) => ({
      // Who adds it checks it.
      id: faults.add((await readJson(req, 'a fault')) as FaultRule),
    }),
    DELETE: ({ faults }) => {
      faults.clear();
      return {};
    },
  },
  '/faults/<id>': {
    DELETE: ({ faults }, _req, id) => {
      if (!faults.clear(id)) throw new Refusal(404, `there is no fault ${id}; GET /faults lists them`);
      return {};
    },
  },
  '/state': {
    GET: ({ state: { vms, volumes, tasks, nodes, storages, haResources } }) => ({
      vms,
      volumes,
      tasks,
      nodes,
      storages,
      haResources,
    }),
  },
  '/calls': { GET: ({ calls }) => calls },
  '/clock': {
    GET: tellClock,
    POST: async (simulator, req) => {
      await setClock(simulator, await readJson(req, 'speed or advanceMs'));
      return tellClock(simulator);
    },
  },
};

async function answer(simulator: Simulator, req: IncomingMessage): Promise<unknown> {
  const { pathname } = new URL(req.url ?? '/', 'http://localhost');
  const [, id] = /^\/faults\/([^/]+)$/.exec(pathname) ?? [];
  const handlers = HANDLERS[id === undefined ? pathname : '/faults/<id>'];
  if (!handlers) throw new Refusal(404, `there is no ${pathname}; GET / lists what there is`);
  const handle = handlers[req.method ?? ''];
  if (handle) return handle(simulator, req, id ?? '');
  const allow = Object.keys(handlers).join(', ');
  throw new Refusal(405, `${pathname} takes ${allow}`, { allow });
}

const Amount = z.number().min(0, { error: 'must be a number from 0 on' }).optional();
const ClockSetting = z.strictObject({ speed: Amount, advanceMs: Amount });

/** The new speed holds already while the time passes. */
async function setClock({ clock }: Simulator, setting: unknown): Promise<void> {
  const { data, error } = ClockSetting.safeParse(setting);
  if (error)
    throw new Refusal(
      400,
      error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
    );
  if (data.speed !== undefined) clock.speed = data.speed;
  if (data.advanceMs !== undefined) await clock.advance(data.advanceMs);
}

function tellClock({ clock }: Simulator): unknown {
  return { now: clock.now(), speed: clock.speed };
}

function send(
  res: ServerResponse,
  status: number,
  content: unknown,
  headers: Record<string, string> = {},
): void {
  // What is left of a body that was not read would be taken for the next request.
  if (!res.req.complete) res.shouldKeepAlive = false;
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(content));
}

/** `expected` says to whoever sends something else what belongs there. */
async function readJson(req: IncomingMessage, expected: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += (chunk as Buffer).length;
    if (length > MOST_BYTES) throw new Refusal(413, `a body has ${MOST_BYTES} bytes at most`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (err) {
    const problem = err instanceof Error ? err.message : '';
    throw new Refusal(400, `the body must be ${expected} as JSON: ${problem}`);
  }
}

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FaultRule } from './faults.ts';
import type { Simulator } from './simulator.ts';

/**
 * A door for tests beside the API, on loopback and in plain HTTP: POST, GET and DELETE /faults, DELETE /faults/<id>, GET
 * /state (what really exists) and /calls, GET and POST /clock.
 */
export async function startControlServer(
  simulator: Simulator,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((req, res) => {
    answer(simulator, req).then(
      (content) => send(res, 200, content),
      (err: unknown) => send(res, 400, { error: err instanceof Error ? err.message : String(err) }),
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

async function answer(simulator: Simulator, req: IncomingMessage): Promise<unknown> {
  const [, id] = /^\/faults\/(.+)$/.exec(req.url ?? '') ?? [];
  if (req.method === 'DELETE' && id) {
    simulator.faults.clear(id);
    return {};
  }
  switch (`${req.method} ${req.url}`) {
    case 'POST /faults':
      return { id: simulator.faults.add(JSON.parse(await readText(req)) as FaultRule) };
    case 'DELETE /faults':
      simulator.faults.clear();
      return {};
    case 'GET /faults':
      return simulator.faults.list();
    case 'GET /state': {
      const { vms, volumes, tasks, nodes, storages } = simulator.state;
      return { vms, volumes, tasks, nodes, storages };
    }
    case 'POST /clock':
      await setClock(simulator, JSON.parse(await readText(req)) as ClockSetting);
      return tellClock(simulator);
    case 'GET /clock':
      return tellClock(simulator);
    case 'GET /calls':
      return simulator.calls;
    default:
      throw new Error(`no ${req.method} ${req.url} here`);
  }
}

interface ClockSetting {
  speed?: number;
  advanceMs?: number;
}

/** The new speed holds already while the time passes. */
async function setClock({ clock }: Simulator, { speed, advanceMs }: ClockSetting): Promise<void> {
  for (const value of [speed, advanceMs]) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new Error('speed and advanceMs are numbers from 0');
    }
  }
  if (speed !== undefined) clock.speed = speed;
  if (advanceMs !== undefined) await clock.advance(advanceMs);
}

function tellClock({ clock }: Simulator): unknown {
  return { now: clock.now(), speed: clock.speed };
}

function send(res: ServerResponse, status: number, content: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

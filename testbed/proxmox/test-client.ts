import { connect } from 'node:tls';

import { Agent, fetch } from 'undici';
import type { Headers, Response } from 'undici';

import type { Simulator } from './simulator.ts';

export interface Answer {
  status: number;
  reason: string;
  text: string;
  data: unknown;
  errors: Record<string, string> | undefined;
  message: string | undefined;
  headers: Headers;
}

interface CallOptions {
  headers?: Record<string, string>;
  json?: boolean;
}

function bodyOf(params: Record<string, unknown>, isJson: boolean): string | undefined {
  if (Object.keys(params).length === 0) return undefined;
  return isJson ? JSON.stringify(params) : formOf(params);
}

function formOf(params: Record<string, unknown>): string {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) form.append(key, String(value));
  return form.toString();
}

async function readAnswer(res: Response): Promise<Answer> {
  const text = await res.text();
  const { data, errors, message } = (text.startsWith('{') ? JSON.parse(text) : {}) as Partial<Answer>;
  return { status: res.status, reason: res.statusText, text, data, errors, message, headers: res.headers };
}

/** A client for tests of the simulator: form bodies, the seeded token, certificate checked. */
export function createTestClient(simulator: Simulator) {
  // As many as a test wants to have open at once; the rest wait their turn instead of for a connection.
  const dispatcher = new Agent({ connect: { ca: simulator.ca }, connections: 64 });
  const authorization = `PVEAPIToken=${simulator.token.id}=${simulator.token.secret}`;

  async function call(
    method: string,
    path: string,
    params: Record<string, unknown> = {},
    { json = false, headers }: CallOptions = {},
  ): Promise<Answer> {
    const inQuery = method === 'GET' || method === 'DELETE';
    const query = inQuery ? formOf(params) : '';
    const body = inQuery ? undefined : bodyOf(params, json);
    const type = json ? 'application/json' : 'application/x-www-form-urlencoded';
    const res = await fetch(`${simulator.url}/api2/json${path}${query && '?'}${query}`, {
      method,
      dispatcher,
      headers: headers ?? { authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    return readAnswer(res);
  }

  /** Waits for a task by polling its status, and answers how it ended. */
  async function exitOf(upid: unknown): Promise<string> {
    for (;;) {
      const { data } = await call('GET', `${taskPath(upid)}/status`);
      const { status, exitstatus } = data as { status: string; exitstatus?: string };
      if (status === 'stopped') return exitstatus ?? '';
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  return {
    call,
    exitOf,
    async logOf(upid: unknown): Promise<string[]> {
      const { data } = await call('GET', `${taskPath(upid)}/log`, { limit: 0 });
      return (data as { t: string }[]).map(({ t }) => t);
    },
    /** Makes a call that answers a UPID and waits for the task; a refusal comes as its status and reason. */
    async run(method: string, path: string, params: Record<string, unknown> = {}): Promise<string> {
      const answer = await call(method, path, params);
      return answer.status === 200 ? exitOf(answer.data) : `${answer.status} ${answer.reason}`;
    },
    async read(path: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
      const { data } = await call('GET', path, params);
      return data as Record<string, unknown>;
    },
    close: () => dispatcher.destroy(),
  };
}

function taskPath(upid: unknown): string {
  const [, node] = String(upid).split(':');
  return `/nodes/${node}/tasks/${encodeURIComponent(String(upid))}`;
}

export type TestClient = ReturnType<typeof createTestClient>;

/** Sends bytes over TLS and answers what comes back: a number of answers, or all until the server closes. */
export function sendRaw(simulator: Simulator, text: string, answers = 1): Promise<string> {
  const { hostname, port } = new URL(simulator.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: hostname, port: Number(port), ca: simulator.ca }, () => {
      socket.write(text);
    });
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (countAnswers(received) >= answers) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

/** Counts whole answers; one without a length ends with the connection. */
function countAnswers(received: string): number {
  let rest = received;
  for (let count = 0; ; count += 1) {
    const [head = '', body] = rest.split(/\r\n\r\n(.*)/s);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    if (body === undefined || length === undefined || body.length < Number(length)) return count;
    rest = body.slice(Number(length));
  }
}

/** Polls until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

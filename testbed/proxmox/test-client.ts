import { connect } from 'node:tls';

import { Agent, fetch } from 'undici';

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

/** A client for tests of the simulator: form bodies, the seeded token, certificate checked. */
export function createTestClient(simulator: Simulator) {
  const dispatcher = new Agent({ connect: { ca: simulator.ca } });
  const authorization = `PVEAPIToken=${simulator.token.id}=${simulator.token.secret}`;

  async function call(
    method: string,
    path: string,
    params: Record<string, unknown> = {},
    options: CallOptions = {},
  ): Promise<Answer> {
    const form = new URLSearchParams(
      Object.entries(params).map(([key, value]) => [key, String(value)] as [string, string]),
    ).toString();
    const inQuery = method === 'GET' || method === 'DELETE';
    const body = inQuery || form === '' ? undefined : options.json ? JSON.stringify(params) : form;
    const type = options.json ? 'application/json' : 'application/x-www-form-urlencoded';
    const res = await fetch(`${simulator.url}/api2/json${path}${inQuery && form ? `?${form}` : ''}`, {
      method,
      dispatcher,
      headers: options.headers ?? { authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    const text = await res.text();
    const parsed = text.startsWith('{')
      ? (JSON.parse(text) as { data: unknown; errors?: Record<string, string>; message?: string })
      : { data: undefined };
    return {
      status: res.status,
      reason: res.statusText,
      text,
      data: parsed.data,
      errors: parsed.errors,
      message: parsed.message,
      headers: res.headers as unknown as Headers,
    };
  }

  /** Waits for a task by polling its status, and answers how it ended. */
  async function exitOf(upid: unknown): Promise<string> {
    const node = String(upid).split(':')[1];
    for (;;) {
      const { data } = await call('GET', `/nodes/${node}/tasks/${encodeURIComponent(String(upid))}/status`);
      const { status, exitstatus } = data as { status: string; exitstatus?: string };
      if (status === 'stopped') return exitstatus ?? '';
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async function logOf(upid: unknown): Promise<string[]> {
    const node = String(upid).split(':')[1];
    const path = `/nodes/${node}/tasks/${encodeURIComponent(String(upid))}/log`;
    const { data } = await call('GET', path, { limit: 0 });
    return (data as { t: string }[]).map(({ t }) => t);
  }

  return {
    call,
    exitOf,
    logOf,
    /** Makes a call that answers a UPID and waits for the task. */
    async run(method: string, path: string, params: Record<string, unknown> = {}): Promise<string> {
      const answer = await call(method, path, params);
      if (answer.status !== 200) return `${answer.status} ${answer.reason}`;
      return exitOf(answer.data);
    },
    async read(path: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
      const { data } = await call('GET', path, params);
      return data as Record<string, unknown>;
    },
    close: () => dispatcher.destroy(),
  };
}

export type TestClient = ReturnType<typeof createTestClient>;

/** Sends bytes over TLS and answers all that comes back. */
export function sendRaw(simulator: Simulator, text: string, { staysOpen = false } = {}): Promise<string> {
  const { hostname, port } = new URL(simulator.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: hostname, port: Number(port), ca: simulator.ca }, () => {
      socket.write(text);
      if (!staysOpen) socket.end();
    });
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

/** Polls until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

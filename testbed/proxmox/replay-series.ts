import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';

import type { Simulator } from './simulator.ts';

/** One request of several on one connection, and its answer; a text says what the client did in between. */
export type SeriesStep =
  | string
  | {
      request: string;
      auth?: boolean;
      idle_before_s: number;
      status?: number;
      reason?: string;
      connection_headers?: string[];
      will_close?: boolean;
      /** No answer came. */
      error?: string;
    };

interface Answer {
  status: number;
  reason: string;
  connection: string[];
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function open(simulator: Simulator): Promise<TLSSocket> {
  const { hostname, port } = new URL(simulator.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca: simulator.ca }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Writes parts with a gap in seconds between them and answers what comes back, or that nothing does. */
function ask(socket: TLSSocket, parts: string[], gapS = 0): Promise<Answer | 'closed'> {
  return new Promise((resolve) => {
    let received = '';
    const close = (): void => resolve('closed');
    const read = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      const [head = '', body] = received.split(/\r\n\r\n(.*)/s);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      socket.off('data', read).off('close', close);
      const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d+) (.*)/.exec(head) ?? [];
      const connection = [...head.matchAll(/^connection: (.*)$/gim)].map(([, value = '']) => value.trim());
      resolve({ status: Number(status), reason, connection });
    };
    if (socket.destroyed) return close();
    socket.on('data', read).on('close', close);
    void (async () => {
      for (const [i, part] of parts.entries()) {
        if (i > 0) await pause(gapS);
        socket.write(part);
      }
    })();
  });
}

function linesOf({ token }: Simulator, request: string, isKnown: boolean, more: string[] = []): string {
  const [method, path] = request.split(' ');
  const who = isKnown ? [`Authorization: PVEAPIToken=${token.id}=${token.secret}`] : [];
  return `${[`${method} /api2/json${path} HTTP/1.1`, 'Host: pve1', ...who, ...more].join('\r\n')}\r\n\r\n`;
}

/** Makes the requests of a series on one connection, or on a new one where the recorded client took one. */
export async function differenceOfSeries(
  simulator: Simulator,
  series: SeriesStep[],
): Promise<string | undefined> {
  let socket = await open(simulator);
  try {
    for (const [i, step] of series.entries()) {
      if (typeof step === 'string') {
        const more = Number(/^\.\.\. (\d+) more alike/.exec(step)?.[1] ?? 0);
        for (let k = 0; k < more; k += 1) {
          if (socket.destroyed) socket = await open(simulator);
          await ask(socket, [linesOf(simulator, 'GET /version', true)]);
        }
        if (more === 0) socket = await open(simulator);
        continue;
      }
      await pause(step.idle_before_s);
      const answer = await ask(socket, [linesOf(simulator, step.request, step.auth ?? true)]);
      const here =
        answer === 'closed' ? answer : `${answer.status} ${answer.reason} (${answer.connection.join()})`;
      const recorded =
        step.error === undefined
          ? `${step.status} ${step.reason} (${step.connection_headers?.join()})`
          : 'closed';
      if (here !== recorded) return `step ${i + 1}: ${recorded} was recorded, here ${here}`;
      // A server that says so closes at once, for which the next step must not wait.
      if (step.will_close)
        await new Promise((resolve) => socket.destroyed || socket.once('close', resolve).resume());
    }
  } finally {
    socket.destroy();
  }
  return undefined;
}

/** Sends requests whose body follows their headers after a gap, and counts those that get no answer. */
export async function countUnanswered(
  simulator: Simulator,
  { gapS, requests }: { auth: string; gapS: number; requests: number },
): Promise<number> {
  let unanswered = 0;
  for (let i = 0; i < requests; i += 1) {
    const socket = await open(simulator);
    const body = 'poolid=bad+id%21';
    const head = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
    const answer = await ask(socket, [linesOf(simulator, 'POST /pools', true, head), body], gapS);
    if (answer === 'closed') unanswered += 1;
    socket.destroy();
  }
  return unanswered;
}

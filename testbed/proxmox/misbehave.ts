import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FaultOf } from './fault-rule.ts';
import type { FaultCall, Faults, TakenFault } from './faults.ts';
import { resetConnection, sendAnswer, sendCut, sendPage } from './http-server.ts';
import type { WireAnswer } from './http-server.ts';

const LATE = ['slow', 'delay'] as const;
const SPOILED = ['drop', 'hang', 'status', 'gateway', 'empty', 'truncate', 'resetIdle'] as const;
type Spoiled = (typeof SPOILED)[number];

export interface Misbehaviour {
  /** Lets time pass, if a fault says so. */
  wait(): Promise<void>;
  /** Does what a fault says to the connection at `now`, in Unix milliseconds; true when there is nothing left to answer. */
  spoil(res: ServerResponse, answer: WireAnswer, now: number): Promise<boolean>;
}

/** The faults of one phase of a call, taken once for good. */
export function misbehaviour(faults: Faults, call: FaultCall, when: 'before' | 'after'): Misbehaviour {
  const late = LATE.map((action) => faults.take([action], call, when));
  const spoiled = faults.take(SPOILED, call, when);
  return {
    wait: async () => {
      for (const fault of late) if (fault) await passTime(fault);
    },
    spoil: async (res, answer, now) => (spoiled ? spoil(spoiled, res, answer, now) : false),
  };
}

/** Connections that end as soon as they are used again. */
const doomed = new WeakSet<object>();

/** True for a request on a connection that a fault has spoiled for it; the client sees a reset. */
export function isLost({ socket }: IncomingMessage): boolean {
  if (!doomed.has(socket)) return false;
  resetConnection(socket);
  return true;
}

function passTime({ rule, ended }: TakenFault<(typeof LATE)[number]>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, rule.ms);
    ended.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function spoil(
  { rule, ended }: TakenFault<Spoiled>,
  res: ServerResponse,
  answer: WireAnswer,
  now: number,
): Promise<boolean> {
  const { socket } = res.req;
  switch (rule.action) {
    case 'hang':
      await new Promise((resolve) => {
        ended.addEventListener('abort', resolve);
        socket.once('close', resolve);
      });
      socket.destroy();
      break;
    case 'drop':
      socket.destroy();
      break;
    case 'status':
      sendAnswer(res, answerOf(rule), now);
      break;
    case 'gateway':
      sendPage(res, rule.status ?? 502);
      break;
    case 'empty':
      sendAnswer(res, { ...answer, body: '' }, now);
      break;
    case 'truncate':
      sendCut(res, answer, rule, now);
      break;
    case 'resetIdle':
      doomed.add(socket);
      return false;
  }
  return true;
}

/** A refusal as the server would send it, unless the rule says what is in it. */
function answerOf({ status, reason, headers, body }: FaultOf<'status'>): WireAnswer {
  const contentType = 'application/json;charset=UTF-8';
  const extra = headers ? { headers } : {};
  if (body !== undefined) return { status, reason, body, contentType, ...extra };
  if (status >= 595 || status === 401) return { status, reason, body: null, ...extra };
  const content = { data: null, ...(status >= 400 ? { message: `${reason}\n` } : {}) };
  return { status, reason, body: JSON.stringify(content), contentType, ...extra };
}

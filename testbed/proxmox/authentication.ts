import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import type { ClusterState } from './cluster-state.ts';

/** Who calls: a user by ticket, or a token, whose full id acts as the user. */
export interface Identity {
  user: string;
  isToken: boolean;
}

const TICKET_LIFE_S = 7200;
const CLOCK_SKEW_S = 300;

function hexTime(): string {
  return Math.floor(Date.now() / 1000)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
}

function isFresh(hex: string): boolean {
  const age = Date.now() / 1000 - Number.parseInt(hex, 16);
  return age > -CLOCK_SKEW_S && age < TICKET_LIFE_S;
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** 256 bytes in base64, as long as the RSA signature of a real ticket. */
function signTicket(state: ClusterState, text: string): string {
  const parts = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
    createHmac('sha256', state.authKey).update(`${n}:${text}`).digest(),
  );
  return Buffer.concat(parts).toString('base64');
}

/** A login ticket, `PVE:<user>:<hex time>::<signature>`. */
export function newTicket(state: ClusterState, user: string): string {
  const text = `PVE:${user}:${hexTime()}`;
  return `${text}::${signTicket(state, text)}`;
}

/** The user a ticket belongs to, or undefined when it is bad or too old. */
function verifyTicket(state: ClusterState, ticket: string): string | undefined {
  const match = /^(PVE:([^:\s]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
  if (!match || !isFresh(match[3] ?? '')) return undefined;
  return equal(signTicket(state, match[1] ?? ''), match[4] ?? '') ? match[2] : undefined;
}

function csrfHash(state: ClusterState, user: string, time: string): string {
  return createHmac('sha256', state.authKey)
    .update(`csrf:${user}:${time}`)
    .digest('base64')
    .replace(/=$/, '');
}

export function newCsrfToken(state: ClusterState, user: string): string {
  const time = hexTime();
  return `${time}:${csrfHash(state, user, time)}`;
}

export function isCsrfTokenGood(state: ClusterState, user: string, token: string): boolean {
  const [time = '', hash = ''] = token.split(':');
  return isFresh(time) && equal(csrfHash(state, user, time), hash);
}

/** Checks a user's password; the ticket of the same user is as good as the password. */
export function isPasswordGood(state: ClusterState, user: string, password: string): boolean {
  const owner = verifyTicket(state, password);
  if (owner) return owner === user || owner === 'root@pam';
  return user === 'root@pam' && equal(state.rootPassword, password);
}

/** Answers who calls, or the reason phrase of the 401. A ticket in the cookie wins. */
export function authenticate(
  state: ClusterState,
  headers: IncomingHttpHeaders,
): Identity | { refused: string } {
  const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(headers.cookie ?? '')?.[1];
  const authorization = headers.authorization ?? '';
  const ticket = cookie ?? /^PVEAuthCookie[= ](.*)$/.exec(authorization)?.[1];
  if (ticket) {
    const user = verifyTicket(state, decode(ticket));
    return user ? { user, isToken: false } : { refused: 'Authentication failed!' };
  }
  const token = /^PVEAPIToken[= ](.*)$/.exec(authorization)?.[1];
  if (token === undefined) return { refused: 'No ticket' };
  const [id = '', secret = ''] = decode(token).split(/=(.*)/s);
  return id === state.token.id && equal(state.token.secret, secret)
    ? { user: id, isToken: true }
    : { refused: 'Authentication failed!' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

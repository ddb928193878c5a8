import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { findToken, matchesHash, splitTokenId } from './access-state.ts';
import { timeOf } from './clock.ts';
import type { ClusterState, UserRecord } from './cluster-state.ts';

/** Who calls: a user by ticket, or a token, whose full id acts as the user. */
export interface Identity {
  user: string;
  isToken: boolean;
}

const TICKET_LIFE_S = 7200;
const CLOCK_SKEW_S = 300;

function hexTime(state: ClusterState, ageS: number): string {
  return Math.floor(timeOf(state) / 1000 - ageS)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
}

function isFresh(state: ClusterState, hex: string): boolean {
  const age = timeOf(state) / 1000 - Number.parseInt(hex, 16);
  return age > -CLOCK_SKEW_S && age < TICKET_LIFE_S;
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** 256 bytes in base64, as long as the RSA signature of a real ticket. */
export function signTicket(state: ClusterState, text: string): string {
  const parts = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
    createHmac('sha256', state.authKey).update(`${n}:${text}`).digest(),
  );
  return Buffer.concat(parts).toString('base64');
}

/** A login ticket, `PVE:<user>:<hex time>::<signature>`. */
export function newTicket(state: ClusterState, user: string, ageS = 0): string {
  const text = `PVE:${user}:${hexTime(state, ageS)}`;
  return `${text}::${signTicket(state, text)}`;
}

/** The user a ticket belongs to, or undefined when it is bad or too old. */
function verifyTicket(state: ClusterState, ticket: string): string | undefined {
  const match = /^(PVE:([^:\s]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
  if (!match || !isFresh(state, match[3] ?? '')) return undefined;
  if (Number.parseInt(match[3] ?? '', 16) * 1000 < (state.authKeyMadeAt ?? 0)) return undefined;
  return equal(signTicket(state, match[1] ?? ''), match[4] ?? '') ? match[2] : undefined;
}

const VNC_TICKET_LIFE_S = 40;
const VNC_TICKET_SKEW_S = 20;

/** What a console's ticket is for: its user or token, `/vms/<id>` or `/nodes/<node>`, and its port. */
export interface ConsoleAccess {
  user: string;
  path: string;
  /** Not bound to one before qemu-server 9.1.7. */
  port: number;
}

function vncTicketText(state: ClusterState, hex: string, { user, path, port }: ConsoleAccess): string {
  return [`PVEVNC:${hex}`, user, path, ...(state.release === '8.4' ? [] : [port])].join(':');
}

/** A console's ticket, `PVEVNC:<hex time>::<signature>`. */
export function newVncTicket(state: ClusterState, access: ConsoleAccess): string {
  const hex = hexTime(state, 0);
  return `PVEVNC:${hex}::${signTicket(state, vncTicketText(state, hex, access))}`;
}

/** Whether a ticket opens this console now; a password may stand before it. */
export function isVncTicketGood(state: ClusterState, access: ConsoleAccess, ticket: string): boolean {
  const [, hex = '', signature = ''] = /^(?:.{8}:)?PVEVNC:([0-9A-F]{8})::(.+)$/.exec(ticket) ?? [];
  const age = timeOf(state) / 1000 - Number.parseInt(hex, 16);
  const isFreshEnough = age > -VNC_TICKET_SKEW_S && age < VNC_TICKET_LIFE_S;
  return isFreshEnough && equal(signTicket(state, vncTicketText(state, hex, access)), signature);
}

function csrfHash(state: ClusterState, user: string, time: string): string {
  return createHmac('sha256', state.authKey)
    .update(`csrf:${user}:${time}`)
    .digest('base64')
    .replace(/=$/, '');
}

export function newCsrfToken(state: ClusterState, user: string, ageS = 0): string {
  const time = hexTime(state, ageS);
  return `${time}:${csrfHash(state, user, time)}`;
}

export function isCsrfTokenGood(state: ClusterState, user: string, token: string): boolean {
  const [time = '', hash = ''] = token.split(':');
  return isFresh(state, time) && equal(csrfHash(state, user, time), hash);
}

/** Checks a user's password; the ticket of the same user is as good as the password. */
export function isPasswordGood(state: ClusterState, userid: string, password: string): boolean {
  const user = state.access.users[userid];
  if (!user || refusalOfUser(state, userid, user) !== undefined) return false;
  const owner = verifyTicket(state, password);
  if (owner) return owner === userid || owner === 'root@pam';
  if (userid === 'root@pam') return equal(state.rootPassword, password);
  return user.passwordHash !== undefined && matchesHash(password, user.passwordHash);
}

/** Why a user may not come in at all. */
function refusalOfUser(
  state: ClusterState,
  userid: string,
  user: UserRecord | undefined,
): string | undefined {
  if (!user) return `no such user ('${userid}')`;
  if (!user.enable) return `user '${userid}' is disabled`;
  return isPast(state, user.expire) ? `user '${userid}' access expired` : undefined;
}

function isPast(state: ClusterState, expire: number): boolean {
  return expire !== 0 && expire * 1000 < timeOf(state);
}

/** The ticket of a request; one in the cookie wins. */
export function ticketOf({ cookie = '', authorization = '' }: IncomingHttpHeaders): string | undefined {
  const text =
    /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(cookie)?.[1] ?? /^PVEAuthCookie[= ](.*)$/.exec(authorization)?.[1];
  return text ? decode(text) : undefined;
}

/** The user or token that a request names, whether it is one or not; '' without any. */
export function callerNamed(headers: IncomingHttpHeaders): string {
  const ticket = ticketOf(headers);
  if (ticket !== undefined) return /^PVE:([^:]*):/.exec(ticket)?.[1] ?? '';
  const token = /^PVEAPIToken[= ](.*)$/.exec(headers.authorization ?? '')?.[1];
  return decode(token ?? '').split('=')[0] ?? '';
}

/** Answers who calls, or the reason phrase of the 401. A ticket in the cookie wins. */
export function authenticate(
  state: ClusterState,
  headers: IncomingHttpHeaders,
  isExpired: (ticket: string) => boolean,
): Identity | { refused: string } {
  const ticket = ticketOf(headers);
  const token = /^PVEAPIToken[= ](.*)$/.exec(headers.authorization ?? '')?.[1];
  if (!ticket && token === undefined) return { refused: 'No ticket' };
  const result = ticket ? byTicket(state, ticket, isExpired(ticket)) : byToken(state, decode(token ?? ''));
  // Since 9.1.5 a caller no longer learns what was wrong.
  return 'refused' in result && state.release !== '8.4' ? { refused: 'Authentication failed!' } : result;
}

function byTicket(state: ClusterState, ticket: string, isExpired: boolean): Identity | { refused: string } {
  const user = isExpired ? undefined : verifyTicket(state, ticket);
  if (user === undefined) return { refused: 'permission denied - invalid PVE ticket' };
  const refused = refusalOfUser(state, user, state.access.users[user]);
  return refused === undefined ? { user, isToken: false } : { refused };
}

function byToken(state: ClusterState, text: string): Identity | { refused: string } {
  const [id = '', secret = ''] = text.split(/=(.*)/s);
  const { userid, tokenid } = splitTokenId(id);
  const refused = refusalOfUser(state, userid, state.access.users[userid]);
  if (refused !== undefined) return { refused };
  const token = findToken(state, id);
  if (!token) return { refused: `no such token '${tokenid ?? ''}' for user '${userid}'` };
  if (isPast(state, token.expire)) return { refused: `token '${tokenid}' access expired` };
  return equal(token.secret, secret) ? { user: id, isToken: true } : { refused: 'invalid token value!' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

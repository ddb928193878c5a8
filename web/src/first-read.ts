import type { Session, User } from '../../contract/auth.ts';
import type { ServerList } from '../../contract/servers.ts';
import { accountChoice } from './account-choice.ts';
import type { ServerFilter } from './api.ts';
import { ALL_ACCOUNTS, parseFilter, rememberedAccount, serversPath } from './server-filter.ts';

interface FirstList {
  user: User;
  filter: ServerFilter;
  list: ServerList;
}

interface FirstRead {
  session: Promise<Response> | null;
  servers: Promise<FirstList | null> | null;
}

declare global {
  /** What the early script has asked for, which shares nothing else with the others. */
  var berthFirstRead: FirstRead | undefined;
}

const read: FirstRead = (globalThis.berthFirstRead ??= { session: null, servers: null });

/**
 * Asks for what the first page shows while the rest of the code is still being read: the session, then its servers. It takes no
 * lock, which would be granted only after that: the API gives two refreshes within seconds the same successor.
 */
export function startFirstRead(): void {
  const headers = { accept: 'application/json' };
  read.session = fetch('/refresh', { method: 'POST', headers, credentials: 'same-origin' });
  read.servers = readServers(read.session).catch(() => null);
}

async function readServers(asked: Promise<Response>): Promise<FirstList | null> {
  const session = await asked;
  if (!session.ok || location.pathname !== '/app/') return null;
  const { accessToken, user } = (await session.clone().json()) as Session;
  const params = new URLSearchParams(location.search);
  const account = params.get('account');
  const shown =
    account === ALL_ACCOUNTS ? null : (account ?? rememberedAccount(null, accountChoice.get(), user));
  const filter = { ...parseFilter(params), account: shown ?? '' };
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` };
  const response = await fetch(serversPath(filter, null), { headers });
  return response.ok ? { user, filter, list: (await response.json()) as ServerList } : null;
}

/** The first servers, which stay to be taken; null when they were not asked for or refused. */
export const firstServers = async (): Promise<FirstList | null> => read.servers;

/** The first answer to POST /refresh, once; null when nobody has asked. Rejects when nothing answered. */
export function takeFirstSession(): Promise<Response> | null {
  const taken = read.session;
  read.session = null;
  return taken;
}

/** The first servers when they arrive within so many milliseconds, once. */
export async function takeFirstServers(withinMs: number): Promise<FirstList | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, withinMs, null));
  const taken = await Promise.race([read.servers, late]);
  if (taken) read.servers = null;
  return taken;
}

/** The first servers, once, if they are what this path of the API answers. */
export async function takeFirstAnswer(path: string): Promise<ServerList | null> {
  const taken = read.servers;
  read.servers = null;
  const first = await taken;
  return first && serversPath(first.filter, null) === path ? first.list : null;
}

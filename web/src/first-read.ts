import type { Session } from '../../contract/auth.ts';
import type { ServerList } from '../../contract/servers.ts';
import { accountChoice } from './account-choice.ts';
import type { ServerFilter } from './api.ts';
import { ALL_ACCOUNTS, parseFilter, rememberedAccount, serversPath } from './server-filter.ts';

interface FirstList {
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
 * Resolves once both have been asked for, or when there is no more to ask.
 */
export async function startFirstRead(): Promise<void> {
  const headers = { accept: 'application/json' };
  read.session = fetch('/refresh', { method: 'POST', headers, credentials: 'same-origin' });
  const asked = read.session.then(askForServers).catch(() => null);
  read.servers = asked.then((servers) => servers && readServers(servers)).catch(() => null);
  await asked;
}

interface AskedServers {
  filter: ServerFilter;
  answer: Promise<Response>;
}

async function askForServers(session: Response): Promise<AskedServers | null> {
  if (!session.ok || location.pathname !== '/app/') return null;
  const { accessToken, user } = (await session.clone().json()) as Session;
  const params = new URLSearchParams(location.search);
  const asked = params.get('account');
  const account =
    asked === ALL_ACCOUNTS ? null : (asked ?? rememberedAccount(null, accountChoice.get(), user));
  const filter = { ...parseFilter(params), account: account ?? '' };
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` };
  return { filter, answer: fetch(serversPath(filter, null), { headers }) };
}

async function readServers({ filter, answer }: AskedServers): Promise<FirstList | null> {
  const response = await answer;
  return response.ok ? { filter, list: (await response.json()) as ServerList } : null;
}

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

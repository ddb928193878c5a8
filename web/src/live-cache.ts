import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query';
import type { Operation, OperationSummary } from '../../contract/operations.ts';
import type { Accepted, OperationList, Server, ServerList } from '../../contract/servers.ts';
import type { ServerFilter } from './api.ts';

export const serversKey = (filter: ServerFilter) => ['servers', filter] as const;
export const serverKey = (id: string) => ['server', id] as const;
export const operationsKey = (serverId: string) => ['operations', serverId] as const;
/** Those of all servers: under way, and what was over last; each a list, newest first. */
export const allOperationsKey = (which: 'live' | 'over') => ['all-operations', which] as const;
/** Who did what to a server. */
export const serverAuditKey = (serverId: string) => ['server-audit', serverId] as const;
/** Of all servers, those in a status. */
export const operationsInKey = (status: string) => ['operations', { status }] as const;
/** What waits for operators, in numbers. */
export const ATTENTION_KEY = ['admin', '/admin/attention'] as const;
/** The first parts of the keys that events keep up to date. */
export const LIVE_KEYS = new Set<unknown>([
  'servers',
  'server',
  'operations',
  'all-operations',
  'server-audit',
]);

type Pages<T> = InfiniteData<T, string | null>;

const KEEP_NEWS_MS = 60_000;
/** What events said lately, so that an answer that was already under way does not put an older state over it. */
const news = new Map<string, { atMs: number; value: Server | Operation | null }>();

function remember(id: string, value: Server | Operation | null): void {
  const atMs = performance.now();
  for (const [key, entry] of news) if (atMs - entry.atMs > KEEP_NEWS_MS) news.delete(key);
  news.delete(id);
  news.set(id, { atMs, value });
}

/** How an operation ended, when an event said so lately. */
export function endOf(operationId: string): Operation | undefined {
  const value = news.get(operationId)?.value as Operation | null | undefined; // ids are unique among servers and operations
  return value && !isLiveOperation(value) ? value : undefined;
}

/** Reads rows and replaces each one an event has overtaken since; a deleted one is left out. */
export async function withNews<T extends Server | Operation, R>(
  read: () => Promise<R>,
  rows: (answer: R) => T[],
  replace: (answer: R, rows: T[]) => R,
): Promise<R> {
  const startedMs = performance.now();
  const answer = await read();
  const fresh = rows(answer).flatMap((row) => {
    const entry = news.get(row.id);
    if (!entry || entry.atMs < startedMs) return [row];
    return entry.value === null ? [] : [entry.value as T];
  });
  return replace(answer, fresh);
}

/** True when the operation's status is one in which it holds its server. */
export const isLiveOperation = (operation: { status: string }): boolean =>
  operation.status === 'pending' || operation.status === 'running' || operation.status === 'needs_attention';

/** Whether a server is in a list; null where only the API can tell. */
function belongs(server: Server, filter: ServerFilter): boolean | null {
  if (filter.q) return null;
  if (filter.status && server.status !== filter.status) return false;
  if (filter.account && server.accountId !== filter.account) return false;
  const [key = '', ...value] = filter.label.split('=');
  if (filter.label && server.labels[key] !== value.join('=')) return false;
  const search = filter.search.trim().toLowerCase();
  return (
    !search ||
    server.name.includes(search) ||
    server.hostname?.toLowerCase().includes(search) === true ||
    server.ipAddresses.some((entry) => entry.address.includes(search))
  );
}

const isNewestFirst = (filter: ServerFilter): boolean => filter.sort === '' || filter.sort === '-createdAt';

/** The same pages with this server in its new state: replaced, left out, or added where the order is known. */
export function putServer(pages: Pages<ServerList>, server: Server, filter: ServerFilter): Pages<ServerList> {
  const isListed = pages.pages.some((page) => page.items.some((item) => item.id === server.id));
  const fits = belongs(server, filter);
  if (isListed) {
    return mapItems(pages, (item) => (item.id !== server.id ? [item] : fits === false ? [] : [server]));
  }
  const [first, ...rest] = pages.pages;
  const isNewest = !first?.items[0] || first.items[0].createdAt <= server.createdAt;
  if (!fits || !first || !isNewestFirst(filter) || !isNewest) return pages;
  return { ...pages, pages: [{ ...first, items: [server, ...first.items] }, ...rest] };
}

function mapItems(pages: Pages<ServerList>, change: (item: Server) => Server[]): Pages<ServerList> {
  const changed = pages.pages.map((page) => {
    const items = page.items.flatMap(change);
    const isSame = items.length === page.items.length && items.every((item, at) => item === page.items[at]);
    return isSame ? page : { ...page, items };
  });
  return { ...pages, pages: changed };
}

function eachServerList(
  client: QueryClient,
  change: (pages: Pages<ServerList>, filter: ServerFilter) => Pages<ServerList>,
): void {
  for (const query of client.getQueryCache().findAll({ queryKey: ['servers'] })) {
    const pages = query.state.data as Pages<ServerList> | undefined;
    if (pages) client.setQueryData(query.queryKey, change(pages, query.queryKey[1] as ServerFilter));
  }
}

/** Writes a server's present state wherever the cache holds it; somebody may have changed it. */
export function applyServer(client: QueryClient, server: Server): void {
  const before = news.get(server.id)?.value as Server | null | undefined; // ids are unique among servers and operations
  if (!before || wishesFor(before) !== wishesFor(server)) readAuditSoon(client, server.id);
  remember(server.id, server);
  client.setQueryData(serverKey(server.id), server);
  eachServerList(client, (pages, filter) => putServer(pages, server, filter));
}

/** Takes a deleted server out of every list; its own page learns of it by a null. */
export function applyServerDeleted(client: QueryClient, id: string): void {
  remember(id, null);
  client.setQueryData(serverKey(id), null);
  eachServerList(client, (pages) => mapItems(pages, (item) => (item.id === id ? [] : [item])));
}

/** The line a list shows for an operation: its running step, or null once it holds its server no more. */
export function summarize(operation: Operation): OperationSummary | null {
  if (!isLiveOperation(operation)) return null;
  const step =
    operation.steps.find((candidate) => candidate.state === 'running') ??
    operation.steps.find((candidate) => candidate.state === 'failed');
  return {
    id: operation.id,
    type: operation.type,
    status: operation.status,
    step: step?.name ?? null,
    stepTitle: step?.title ?? null,
    percent: step?.percent ?? null,
    cancelRequested: operation.cancelRequested,
    createdAt: operation.createdAt,
  };
}

/** Writes an operation's present state into its server's activity, and its line into the server. */
export function applyOperation(client: QueryClient, operation: Operation): void {
  const before = news.get(operation.id)?.value as Operation | undefined; // ids are unique among servers and operations
  if (!before || wishesOf(before) !== wishesOf(operation)) readAuditSoon(client, operation.serverId);
  remember(operation.id, operation);
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: ['operations'] })) {
    const of = queryKey[1] as string | { status: string };
    const fits = typeof of === 'string' ? of === operation.serverId : of.status === operation.status;
    client.setQueryData<Pages<OperationList>>(
      queryKey,
      (pages) => pages && (fits ? putOperation(pages, operation) : dropOperation(pages, operation.id)),
    );
  }
  for (const which of ['live', 'over'] as const) {
    const belongsHere = isLiveOperation(operation) === (which === 'live');
    client.setQueryData<Operation[]>(allOperationsKey(which), (list) =>
      list ? placeOperation(list, operation, belongsHere) : list,
    );
  }
  const summary = summarize(operation);
  const withLine = (server: Server): Server => {
    if (summary) return { ...server, operation: summary };
    return server.operation?.id === operation.id ? { ...server, operation: null } : server;
  };
  client.setQueryData<Server | null>(serverKey(operation.serverId), (server) => server && withLine(server));
  eachServerList(client, (pages) =>
    mapItems(pages, (item) => [item.id === operation.serverId ? withLine(item) : item]),
  );
}

/** Changes with everything somebody does about an operation, and with its end, but not with its steps. */
const wishesOf = ({ status, cancelRequested, decision }: Operation): string =>
  `${isLiveOperation({ status })} ${cancelRequested} ${decision}`;

/** Changes with what somebody can change of a server without an operation. */
const wishesFor = (server: Server): string =>
  JSON.stringify([
    server.name,
    server.labels,
    server.deleteProtection,
    server.rebuildProtection,
    server.suspendReason,
  ]);

const AUDIT_MS = 200;
const auditsDue = new WeakSet<Query>();

/** An entry of the audit log has no event of its own; a crowd of other events is answered by one look. */
function readAuditSoon(client: QueryClient, serverId: string): void {
  const query = client.getQueryCache().find({ queryKey: serverAuditKey(serverId) });
  if (!query || auditsDue.has(query)) return;
  auditsDue.add(query);
  setTimeout(() => {
    auditsDue.delete(query);
    void readAgain(client, query);
  }, AUDIT_MS);
}

/** Reads what a query reads again, once a read under way, which may have come too early, has ended. */
export async function readAgain(client: QueryClient, query: Query): Promise<void> {
  if (query.state.fetchStatus === 'fetching') await query.promise?.catch(() => null);
  await client.invalidateQueries({ queryKey: query.queryKey, exact: true });
}

function placeOperation(list: Operation[], operation: Operation, belongsHere: boolean): Operation[] {
  const at = list.findIndex(({ id }) => id === operation.id);
  if (!belongsHere) return at < 0 ? list : list.toSpliced(at, 1);
  return at < 0 ? [operation, ...list] : list.with(at, operation);
}

function dropOperation(pages: Pages<OperationList>, id: string): Pages<OperationList> {
  const keep = (item: Operation): boolean => item.id !== id;
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.filter(keep) })) };
}

/** The same pages with this operation in its new state, or in front when it is new. */
function putOperation(pages: Pages<OperationList>, operation: Operation): Pages<OperationList> {
  const isListed = pages.pages.some((page) => page.items.some((item) => item.id === operation.id));
  if (isListed) {
    const replace = (item: Operation): Operation => (item.id === operation.id ? operation : item);
    return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map(replace) })) };
  }
  const [first, ...rest] = pages.pages;
  if (!first) return pages;
  return { ...pages, pages: [{ ...first, items: [operation, ...first.items] }, ...rest] };
}

/** Writes the answer to an accepted change, unless events of this operation came first and know more. */
export function applyAccepted(client: QueryClient, { server, operation }: Accepted): void {
  if (news.has(operation.id)) return;
  applyServer(client, server);
  applyOperation(client, operation);
}

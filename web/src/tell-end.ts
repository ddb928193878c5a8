import type { QueryClient } from '@tanstack/react-query';
import { plural, t } from '@lingui/core/macro';
import type { OperationType } from '../../contract/operation-table.ts';
import type { Operation } from '../../contract/operations.ts';
import { ApiError } from './api-error.ts';
import { json } from './api.ts';
import { operationName } from './contract-words.ts';
import { type KeptEnds, keepEnds, takeKeptEnds } from './kept-ends.ts';
import { allOperationsKey, endOf, isLiveOperation } from './live-cache.ts';
import { sessionStore } from './session.ts';
import { showToast, type Toast } from './toaster.ts';

/** For what somebody has to see to, or has waited for long. In milliseconds. */
const LONG = 20_000;
const changedHere = new Set<string>();

/** Whether an operation on this server was requested in this tab since it was loaded. */
export const wasChangedHere = (serverId: string): boolean => changedHere.has(serverId);

type Status = Operation['status'];

/** What was requested together and has not all ended. */
interface Untold {
  /** Of the message, so that the next one takes its place. */
  key: string;
  /** Null until it has been read. */
  states: Map<string, Operation | null>;
  told: Map<string, Status>;
  forget: () => void;
}

const untold = new Set<Untold>();
let ownerId: string | null = null;

const forgetAll = (): void => {
  for (const { forget } of untold) forget();
};
const presentUserId = (): string | null => {
  const session = sessionStore.get();
  return 'user' in session ? session.user.id : null;
};
sessionStore.subscribe(() => {
  if (presentUserId() !== ownerId) forgetAll();
});

const isOver = (status: Status | undefined): boolean => status !== undefined && !isLiveOperation({ status });
const moves = ({ status }: Operation): boolean => status === 'pending' || status === 'running';

/**
 * Tells how operations end that were requested together in this tab, whichever page is shown by then: once, when none of
 * them moves any more. What then needs attention is told of again when it has ended. That a server was deleted its own
 * page tells.
 */
export function tellEnd(client: QueryClient, ...requested: Operation[]): void {
  if (requested.length === 0) return;
  for (const { serverId } of requested) changedHere.add(serverId);
  follow(client, new Map(requested.map((operation) => [operation.id, operation])));
}

/**
 * Tells what this tab had still to tell this user when it was left, and keeps it when it is left again. Returns the
 * function that ends that.
 */
export function tellKeptEnds(client: QueryClient, userId: string): () => void {
  const take = (): void => {
    for (const { ids, told } of takeKeptEnds(userId))
      follow(
        client,
        new Map(ids.map((id) => [id, null])),
        new Map(told.map((id) => [id, 'needs_attention'])),
      );
  };
  const keep = (): void => {
    keepEnds(userId, [...untold].map(toKept));
    forgetAll(); // for the page may come back as it is, after another has told them
  };
  take();
  window.addEventListener('pageshow', take);
  window.addEventListener('pagehide', keep);
  return () => {
    window.removeEventListener('pageshow', take);
    window.removeEventListener('pagehide', keep);
  };
}

function toKept({ states, told }: Untold): KeptEnds {
  const ids = [...states.keys()].filter((id) => !isOver(told.get(id)));
  return { ids, told: ids.filter((id) => told.has(id)) };
}

function follow(
  client: QueryClient,
  states: Untold['states'],
  told: Untold['told'] = new Map<string, Status>(),
): void {
  let isReading = false;
  let isStale = false;
  const unsubscribe = client.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'updated' && query.queryKey[0] === 'all-operations') look();
  });
  const [key = ''] = states.keys();
  const self: Untold = {
    key,
    states,
    told,
    forget() {
      unsubscribe();
      untold.delete(self);
    },
  };
  untold.add(self);
  ownerId = presentUserId();
  look();

  function look(): void {
    const live = client.getQueryData<Operation[]>(allOperationsKey('live'));
    if (!live) return;
    const missed: string[] = [];
    for (const [id, state] of states) {
      if (state && !isLiveOperation(state)) continue;
      const known = live.find((operation) => operation.id === id) ?? endOf(id);
      if (known) states.set(id, known);
      else missed.push(id);
    }
    if (missed.length > 0) void read(missed);
    else tellWhenStill(self);
  }

  /** One after another, for there may be many; what cannot be read is looked for again with the next news. */
  async function read(ids: string[]): Promise<void> {
    isStale = isReading;
    if (isReading) return;
    isReading = true;
    for (const id of ids) {
      try {
        states.set(id, await json<Operation>(`/operations/${id}`));
      } catch (error) {
        const isGone = error instanceof ApiError && error.problem.status === 404;
        if (isGone && states.get(id) === null) states.delete(id);
      }
    }
    isReading = false;
    if (!untold.has(self)) return;
    if (isStale) look();
    else tellWhenStill(self);
  }
}

function tellWhenStill({ key, states, told, forget }: Untold): void {
  const all = [...states.values()].filter((operation) => operation !== null);
  for (const operation of all.filter(moves)) told.delete(operation.id);
  if (all.length < states.size || all.some(moves)) return;
  const news = all.filter(({ id, status }) => told.get(id) !== status);
  for (const { id, status } of news) told.set(id, status);
  if (!all.some(isLiveOperation)) forget();
  const toast = toastOf(news);
  if (toast) showToast({ ...toast, key });
}

function toastOf(operations: Operation[]): Toast | null {
  const [first, ...others] = operations;
  if (!first || (others.length === 0 && first.type === 'terminate' && first.status === 'succeeded'))
    return null;
  const count = (status: Status) => operations.filter((operation) => operation.status === status).length;
  const undone = operations.filter(({ status }) => status !== 'succeeded');
  const [only, ...more] = others.length === 0 ? operations : undone;
  const name = only?.serverName ?? '';
  const isLong = undone.length > count('cancelled') || first.type === 'provision';
  return {
    message: others.length === 0 ? wordsOfOne(first) : wordsOfMany(first.type, operations.length, count),
    intent:
      count('failed') > 0
        ? 'danger'
        : count('needs_attention') > 0
          ? 'warning'
          : undone.length === 0
            ? 'success'
            : 'none',
    ...(isLong ? { timeout: LONG } : {}),
    ...(only && {
      link:
        more.length === 0
          ? { text: t`Show ${name}`, to: `/servers/${only.serverId}` }
          : { text: t`Show operations`, to: 'operations' },
    }),
  };
}

function wordsOfOne({ type, status, serverName }: Operation): string {
  const name = operationName(type);
  if (status === 'cancelled') return t`${serverName}: “${name}” was cancelled.`;
  if (status === 'needs_attention') return t`${serverName}: “${name}” needs attention.`;
  if (type === 'provision')
    return status === 'succeeded' ? t`${serverName} is ready.` : t`${serverName} could not be created.`;
  return status === 'succeeded'
    ? t`${serverName}: “${name}” is done.`
    : t`${serverName}: “${name}” has failed.`;
}

function wordsOfMany(type: OperationType, all: number, count: (status: Status) => number): string {
  const [failed, cancelled, attention] = [count('failed'), count('cancelled'), count('needs_attention')];
  const parts = [
    wordsOfDone(type, count('succeeded'), all),
    ...(failed > 0 ? [t`${failed} failed`] : []),
    ...(cancelled > 0 ? [plural(cancelled, { one: '# was cancelled', other: '# were cancelled' })] : []),
    ...(attention > 0 ? [plural(attention, { one: '# needs attention', other: '# need attention' })] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** What has become of `done` of `all` servers, which are two at least. */
function wordsOfDone(type: OperationType, done: number, all: number): string {
  const words = DONE_WORDS[type];
  if (words) return words(done, all);
  const name = operationName(type);
  return t`“${name}” is done for ${done} of ${all} servers`;
}

/** For what is requested for several servers at once. */
const DONE_WORDS: Partial<Record<OperationType, (done: number, all: number) => string>> = {
  provision: (done, all) =>
    done === all
      ? t`${all} servers are ready`
      : plural(done, { one: `# of ${all} servers is ready`, other: `# of ${all} servers are ready` }),
  start: (done, all) =>
    done === all
      ? t`${all} servers are started`
      : plural(done, { one: `# of ${all} servers is started`, other: `# of ${all} servers are started` }),
  shutdown: (done, all) =>
    done === all
      ? t`${all} servers are shut down`
      : plural(done, { one: `# of ${all} servers is shut down`, other: `# of ${all} servers are shut down` }),
  stop: (done, all) =>
    done === all
      ? t`${all} servers are powered off`
      : plural(done, {
          one: `# of ${all} servers is powered off`,
          other: `# of ${all} servers are powered off`,
        }),
  reboot: (done, all) =>
    done === all
      ? t`${all} servers are rebooted`
      : plural(done, { one: `# of ${all} servers is rebooted`, other: `# of ${all} servers are rebooted` }),
  reset: (done, all) =>
    done === all
      ? t`${all} servers are reset`
      : plural(done, { one: `# of ${all} servers is reset`, other: `# of ${all} servers are reset` }),
};

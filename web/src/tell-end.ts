import type { QueryClient } from '@tanstack/react-query';
import { plural, t } from '@lingui/core/macro';
import type { OperationType } from '../../contract/operation-table.ts';
import type { Operation } from '../../contract/operations.ts';
import { json } from './api.ts';
import { operationName } from './contract-words.ts';
import { allOperationsKey, endOf, isLiveOperation } from './live-cache.ts';
import { showToast, type Toast } from './toaster.ts';

/** For what somebody has to see to, or has waited for long. In milliseconds. */
const LONG = 20_000;
const changedHere = new Set<string>();

/** Whether an operation on this server was requested in this tab since it was loaded. */
export const wasChangedHere = (serverId: string): boolean => changedHere.has(serverId);

const moves = ({ status }: Operation): boolean => status === 'pending' || status === 'running';

/**
 * Tells how operations end that were requested together in this tab, whichever page is shown by then: once, when none of
 * them moves any more. What then needs attention is told of again when it has ended. That a server was deleted its own
 * page tells.
 */
export function tellEnd(client: QueryClient, ...requested: Operation[]): void {
  if (requested.length === 0) return;
  for (const { serverId } of requested) changedHere.add(serverId);
  const states = new Map(requested.map((operation) => [operation.id, operation]));
  const told = new Map<string, Operation['status']>();
  let isReading = false;
  let isStale = false;
  const unsubscribe = client.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'updated' && query.queryKey[0] === 'all-operations') look();
  });
  look();

  function look(): void {
    const live = client.getQueryData<Operation[]>(allOperationsKey('live'));
    if (!live) return;
    const missed: string[] = [];
    for (const { id } of [...states.values()].filter(isLiveOperation)) {
      const known = live.find((operation) => operation.id === id) ?? endOf(id);
      if (known) states.set(id, known);
      else missed.push(id);
    }
    if (missed.length > 0) void read(missed);
    else tellWhenStill();
  }

  /** One after another, for there may be many; what cannot be read is looked for again with the next news. */
  async function read(ids: string[]): Promise<void> {
    isStale = isReading;
    if (isReading) return;
    isReading = true;
    for (const id of ids) {
      const operation = await json<Operation>(`/operations/${id}`).catch(() => null);
      if (operation) states.set(id, operation);
    }
    isReading = false;
    if (isStale) look();
    else tellWhenStill();
  }

  function tellWhenStill(): void {
    const all = [...states.values()];
    for (const operation of all.filter(moves)) told.delete(operation.id);
    if (all.some(moves)) return;
    const news = all.filter(({ id, status }) => told.get(id) !== status);
    for (const { id, status } of news) told.set(id, status);
    if (!all.some(isLiveOperation)) unsubscribe();
    const toast = toastOf(news);
    if (toast) showToast(toast);
  }
}

function toastOf(operations: Operation[]): Toast | null {
  const [first, ...others] = operations;
  if (!first || (others.length === 0 && first.type === 'terminate' && first.status === 'succeeded'))
    return null;
  const count = (status: Operation['status']) =>
    operations.filter((operation) => operation.status === status).length;
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

function wordsOfMany(
  type: OperationType,
  all: number,
  count: (status: Operation['status']) => number,
): string {
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

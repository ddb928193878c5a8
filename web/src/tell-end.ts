import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { t } from '@lingui/core/macro';
import type { Operation } from '../../contract/operations.ts';
import type { OperationList } from '../../contract/servers.ts';
import { json } from './api.ts';
import { operationName } from './contract-words.ts';
import { allOperationsKey, isLiveOperation, operationsKey } from './live-cache.ts';
import { showToast } from './toaster.ts';

/** For what somebody has to see to. In milliseconds. */
const LONG = 20_000;
const changedHere = new Set<string>();

/** Whether an operation on this server was requested in this tab since it was loaded. */
export const wasChangedHere = (serverId: string): boolean => changedHere.has(serverId);

/**
 * Tells how an operation ends that was requested in this tab, whichever page is shown by then. That a server was deleted
 * its own page tells.
 */
export function tellEnd(client: QueryClient, { id, serverId }: Operation): void {
  changedHere.add(serverId);
  let isReading = false;
  let isAttentionTold = false;
  const unsubscribe = client.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'updated' && query.queryKey[0] === 'all-operations') void look();
  });
  void look();

  async function look(): Promise<void> {
    const live = client.getQueryData<Operation[]>(allOperationsKey('live'));
    const known = live?.find((operation) => operation.id === id);
    if (!live || isReading) return;
    if (known && (known.status !== 'needs_attention' || isAttentionTold)) {
      isAttentionTold = known.status === 'needs_attention';
      return;
    }
    isReading = true;
    const operation = known ?? knownOfServer() ?? (await read());
    isReading = false;
    if (!operation || (isLiveOperation(operation) && operation.status !== 'needs_attention')) return;
    isAttentionTold = isLiveOperation(operation);
    if (!isAttentionTold) unsubscribe();
    tell(operation);
  }

  function knownOfServer(): Operation | undefined {
    return client
      .getQueryData<InfiniteData<OperationList>>(operationsKey(serverId))
      ?.pages.flatMap(({ items }) => items)
      .find((operation) => operation.id === id && !isLiveOperation(operation));
  }

  /** An end that cannot be read is looked for again with the next news. */
  const read = async (): Promise<Operation | null> => json<Operation>(`/operations/${id}`).catch(() => null);
}

function tell({ type, status, serverName }: Operation): void {
  const name = operationName(type);
  if (status === 'succeeded') {
    if (type !== 'terminate') showToast({ message: t`${serverName}: “${name}” is done.`, intent: 'success' });
  } else if (status === 'cancelled') showToast({ message: t`${serverName}: “${name}” was cancelled.` });
  else if (status === 'failed')
    showToast({ message: t`${serverName}: “${name}” has failed.`, intent: 'danger', timeout: LONG });
  else showToast({ message: t`${serverName}: “${name}” needs attention.`, intent: 'warning', timeout: LONG });
}

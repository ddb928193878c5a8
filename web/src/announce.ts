import type { QueryClient } from '@tanstack/react-query';
import type { Operation } from '../../contract/operations.ts';
import { allOperationsKey } from './live-cache.ts';
import { operationName } from './contract-words.ts';
import { OPERATION_STATUS_WORDS } from './operation-words.ts';
import { createRemembered } from './remembered.ts';

/** Whether somebody wants to be told by the browser while they look at something else. */
export const announceStore = createRemembered<boolean>('berth-announce', false, (value) => value === true);

/** Whether this browser can do so at all, and has not been told never to. */
export const canAnnounce = (): boolean =>
  typeof Notification !== 'undefined' && Notification.permission !== 'denied';

/** Asks the browser's leave and remembers the wish; false when it was refused. */
export async function wantAnnouncements(): Promise<boolean> {
  const isAllowed = (await Notification.requestPermission()) === 'granted';
  announceStore.set(isAllowed);
  return isAllowed;
}

/** Tells of an operation that was under way and is not any more, when nobody looks at this tab. */
export function announce(client: QueryClient, operation: Operation): void {
  const { id, status, type, serverName } = operation;
  if (!document.hidden || !announceStore.get() || !canAnnounce()) return;
  const before = client
    .getQueryData<Operation[]>(allOperationsKey('live'))
    ?.find((known) => known.id === id)?.status;
  const moves = (at: string | undefined) => at === 'pending' || at === 'running';
  if (!moves(before) || moves(status)) return;
  // The tag makes two tabs say it once.
  const news = new Notification(`${serverName}: ${operationName(type)}`, {
    body: OPERATION_STATUS_WORDS[status],
    tag: id,
  });
  news.addEventListener('click', () => window.focus());
}

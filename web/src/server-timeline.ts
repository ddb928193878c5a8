import type { AuditEntry } from '../../contract/audit-log.ts';
import type { Operation } from '../../contract/operations.ts';

/** An operation with the entry that says who asked for it, or a deed that asked for none. */
export type TimelineItem =
  | { at: string; operation: Operation; request: AuditEntry | undefined }
  | { at: string; entry: AuditEntry; operation: Operation | undefined };

/** What is known of a list that is read page by page, newest first. */
interface Known<T> {
  items: T[];
  hasMore: boolean;
}

/** Both lists in one, newest first, as far back as both are known, and which of them to read on to see more. */
export function toTimeline(
  operations: Known<Operation>,
  entries: Known<AuditEntry>,
): { items: TimelineItem[]; lacks: { operations: boolean; entries: boolean } } {
  const oldestOperation = operations.hasMore ? (operations.items.at(-1)?.createdAt ?? '') : '';
  const oldestEntry = entries.hasMore ? (entries.items.at(-1)?.at ?? '') : '';
  const since = oldestOperation > oldestEntry ? oldestOperation : oldestEntry;
  const byId = new Map(operations.items.map((operation) => [operation.id, operation]));
  const requests = new Map<string, AuditEntry>();
  const deeds: TimelineItem[] = [];
  for (const entry of entries.items) {
    const operation = entry.operationId === null ? undefined : byId.get(entry.operationId);
    if (operation && isRequest(entry)) requests.set(operation.id, entry);
    else deeds.push({ at: entry.at, entry, operation });
  }
  const asked = operations.items.map((operation) => ({
    at: operation.createdAt,
    operation,
    request: requests.get(operation.id),
  }));
  return {
    items: [...asked, ...deeds]
      .filter(({ at }) => at >= since)
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)),
    lacks: {
      operations: operations.hasMore && oldestOperation === since,
      entries: entries.hasMore && oldestEntry === since,
    },
  };
}

/** Whether an entry asked for its operation, rather than to cancel it or to decide about it. */
const isRequest = ({ action }: AuditEntry): boolean => !action.startsWith('operation.');

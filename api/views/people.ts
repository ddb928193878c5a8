import type { ManagedAccount, Person } from '../../contract/people.ts';
import type { ManagedAccountRow, PersonRow } from '../people-rows.ts';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function toPersonView({ sortValue: _sortValue, ...row }: PersonRow): Person {
  return {
    ...row,
    disabledAt: iso(row.disabledAt),
    lastSeenAt: iso(row.lastSeenAt),
    createdAt: row.createdAt.toISOString(),
  };
}

export function toManagedAccountView({ sortValue: _sortValue, ...row }: ManagedAccountRow): ManagedAccount {
  return { ...row, suspendedAt: iso(row.suspendedAt), createdAt: row.createdAt.toISOString() };
}

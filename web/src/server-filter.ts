import type { User } from '../../contract/auth.ts';
import type { ServerFilter } from './api.ts';

const FIELDS = ['search', 'status', 'label', 'account', 'sort'] as const satisfies (keyof ServerFilter)[];

/** Stands in the address for all accounts, because none there means the one that was chosen before. */
export const ALL_ACCOUNTS = 'all';

/** The filter as it stands in an address, and nothing else of that. */
export function filterQuery(filter: ServerFilter): string {
  const kept = FIELDS.filter((field) => filter[field] !== '').map((field) => [field, filter[field]]);
  return new URLSearchParams(Object.fromEntries(kept) as Record<string, string>).toString();
}

/** What `filterQuery` made. */
export function parseFilter(params: URLSearchParams): ServerFilter {
  const entries = FIELDS.map((field) => [field, params.get(field) ?? '']);
  return Object.fromEntries(entries) as unknown as ServerFilter; // every field is there
}

/** The account that was chosen before, where the address asks for none and it is one of the user's. */
export function rememberedAccount(
  asked: string | null,
  chosen: string | null,
  user: User | undefined,
): string | null {
  return asked === null && user?.accounts.some(({ id }) => id === chosen) === true ? chosen : null;
}

/** Where the API answers one page of the servers. */
export function serversPath(filter: ServerFilter, cursor: string | null): string {
  const query = new URLSearchParams({ limit: '100' });
  if (cursor) query.set('cursor', cursor);
  if (filter.search) query.set('search', filter.search);
  if (filter.status) query.set('status', filter.status);
  if (filter.label) query.set('label', filter.label);
  if (filter.account) query.set('accountId', filter.account);
  if (filter.sort) query.set('sort', filter.sort);
  if (filter.q) query.set('q', filter.q);
  return `/servers?${query}`;
}

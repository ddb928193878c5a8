import { isIP } from 'node:net';
import { parseServerSearch, type SearchTerm } from '../contract/server-search.ts';
import { InvalidInput, issueOf } from './errors.ts';
import { likePattern } from './like-pattern.ts';
import type { Condition } from './reach.ts';
import { say } from '../contract/sayings.ts';

/** The conditions on `servers s` that a search means; throws InvalidInput, which names each term that is not understood. */
export function searchConditions(
  q: string,
  { status, foundBy }: { status: string; foundBy: (word: string) => Condition },
): Condition[] {
  const { terms, faults } = parseServerSearch(q);
  if (faults.length > 0)
    throw new InvalidInput(
      faults.map(({ term, said }) => issueOf('q', say('search_fault', { term, fault: said }))),
    );
  return terms.map(({ kind, value }) => {
    if (kind === 'text') return foundBy(value);
    if (kind === 'status') return { sql: `(${status}) = ?`, bindings: [value.toLowerCase()] };
    return CONDITIONS[kind](value);
  });
}

const CONDITIONS: Record<Exclude<SearchTerm['kind'], 'text' | 'status'>, (value: string) => Condition> = {
  node: (value) => ({
    sql: 's.node_id in (select id from nodes where lower(name) = ?)',
    bindings: [value.toLowerCase()],
  }),
  account: (value) => ({
    sql: 's.account_id in (select id from accounts where id::text = ? or lower(name) like ?)',
    bindings: [value.toLowerCase(), likePattern(value)],
  }),
  plan: (value) => ({
    sql: 'lower(coalesce((select name from plans where id = s.plan_id), s.plan_name)) like ?',
    bindings: [likePattern(value)],
  }),
  vmid: (value) => ({
    sql: 'exists (select from vmid_leases where server_id = s.id and vmid = ?)',
    bindings: [Number(value)],
  }),
  ip: (value) =>
    isNetwork(value)
      ? hasAddress('a.address <<= ?::inet', value)
      : hasAddress('host(a.address) like ?', `${value.toLowerCase()}%`),
};

function isNetwork(value: string): boolean {
  const [address = '', bits] = value.split('/');
  if (bits === undefined) return false;
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128))
    throw new InvalidInput([
      issueOf('q', say('search_fault', { term: `ip:${value}`, fault: say('no_such_network') })),
    ]);
  return true;
}

const hasAddress = (test: string, value: string): Condition => ({
  sql: `(exists (select from ip_leases l join ip_addresses a on a.id = l.ip_address_id where l.server_id = s.id and ${test})
    or exists (select from server_addresses a where a.server_id = s.id and ${test}))`,
  bindings: [value, value],
});

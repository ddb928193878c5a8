import { queryRows } from '../db/query-rows.ts';
import type { Database } from '../db/connect.ts';

/** Everything a run writes into Berth's own tables, in words that do not depend on when it was. */
const CONTENT = `
  select md5(string_agg(line, e'\\n' order by line)) as hash, count(*)::int as rows from (
    select 'user ' || (to_jsonb(t) - array['created_at', 'updated_at'])::text as line from users t
    union all select 'account ' || (to_jsonb(t) - 'created_at')::text from accounts t
    union all select 'member ' || (to_jsonb(t) - 'created_at')::text from memberships t
    union all select 'account_billing ' || to_jsonb(t)::text from account_billing t
    union all select 'server ' || (to_jsonb(t) - array['power_state', 'power_observed_at', 'node_id', 'created_at'])::text from servers t
    union all select 'server_billing ' || to_jsonb(t)::text from server_billing t
    union all select 'lease ' || (to_jsonb(t) - 'created_at')::text from vmid_leases t
    union all select 'address ' || to_jsonb(t)::text from server_addresses t
    union all select 'provenance ' || (to_jsonb(t) - array['added_by', 'changed_by'])::text from provenance t
  ) lines`;

/** What Berth holds; equal exactly when two runs ended with the same. */
export async function readContent(database: Database): Promise<{ hash: string; rows: number }> {
  const [content] = await queryRows<{ hash: string; rows: number }>(database, CONTENT);
  if (!content) throw new Error('no content');
  return content;
}

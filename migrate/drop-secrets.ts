import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';

/** Forgets the URLs of sources of runs that are over; with `hashes`, every hash of WHMCS that no login has replaced. */
export async function dropSecrets(
  database: Database,
  { hashes }: { hashes: boolean },
): Promise<{ sources: number; hashes: number }> {
  return database.transaction(async (trx) => {
    const sources = await queryRows(
      trx,
      `with over as (
         update migration_runs r set source_secret_id = null from migration_runs former
         where former.id = r.id and r.source_secret_id is not null
           and r.status not in ('pending', 'running', 'paused')
         returning former.source_secret_id as id)
       delete from secrets s using over o where s.id = o.id returning s.id`,
    );
    const users = hashes
      ? await queryRows(
          trx,
          `update users u set password_hash = null where password_hash not like '$argon2%'
             and exists (select 1 from provenance p where p.entity = 'user' and p.target_id = u.id) returning u.id`,
        )
      : [];
    return { sources: sources.length, hashes: users.length };
  });
}

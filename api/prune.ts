import type { Database } from '../db/connect.ts';

/** Deletes what has served its time; the record (operations, audit log) is never pruned. */
export async function prune(database: Database): Promise<void> {
  await database('idempotency_keys').whereRaw(`created_at < now() - interval '7 days'`).delete();
  await database('events').whereRaw(`at < now() - interval '1 day'`).delete();
  await database('sessions')
    .whereRaw(`expires_at < now() - interval '7 days' or revoked_at < now() - interval '7 days'`)
    .delete();
  await database('rate_limits').where('expire', '<', Date.now()).delete();
}

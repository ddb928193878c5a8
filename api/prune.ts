import type { Database } from '../db/connect.ts';
import { Event } from '../db/models/event.ts';
import { IdempotencyKey } from '../db/models/idempotency-key.ts';
import { Session } from '../db/models/session.ts';

/** Deletes what has served its time; the record (operations, audit log) is never pruned. */
export async function prune(database: Database): Promise<void> {
  await IdempotencyKey.query(database).delete().whereRaw(`created_at < now() - interval '7 days'`);
  await Event.query(database).delete().whereRaw(`at < now() - interval '1 day'`);
  await Session.query(database)
    .delete()
    .whereRaw(`expires_at < now() - interval '7 days' or revoked_at < now() - interval '7 days'`);
  await database('drifts').whereRaw(`resolved_at < now() - interval '90 days'`).delete();
  await database('orphans').whereRaw(`gone_at < now() - interval '90 days'`).delete();
  await database('invitations').whereRaw(`expires_at < now() - interval '7 days'`).delete();
  await database('password_links').whereRaw(`expires_at < now() - interval '7 days'`).delete();
  await database('mails').whereRaw(`expires_at < now() - interval '7 days'`).delete();
  await database('passkey_challenges').whereRaw('expires_at < now()').delete();
  await database('rate_limits').where('expire', '<', Date.now()).delete();
}

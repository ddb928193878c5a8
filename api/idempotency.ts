import { createHmac } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { Database } from '../db/connect.ts';
import { IdempotencyKey } from '../db/models/idempotency-key.ts';
import { IdempotencyKeyReused, InvalidIdempotencyKey } from './errors.ts';

/** What an Idempotency-Key is made of. */
export const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/** An answer that can be kept and given again. */
export interface Reply {
  status: number;
  location: string | null;
  body: object;
}

export interface Mutation {
  userId: string;
  /** Keys the hash: a request may hold a password, and a bare hash of it could be guessed at. */
  hashKey: string;
  /** The parsed body, so that the order of its fields does not matter. */
  body: unknown;
}

/**
 * Runs `work` in one transaction and keeps its reply under the request's Idempotency-Key, when it has one. A repeat
 * gets the kept reply; two at once wait for each other on the key's row; what throws leaves nothing behind.
 */
export async function mutate(
  database: Database,
  ctx: Context,
  { userId, hashKey, body }: Mutation,
  work: (trx: Knex.Transaction) => Promise<Reply>,
): Promise<{ reply: Reply; isRepeat: boolean }> {
  const key = ctx.get('Idempotency-Key');
  const isGiven = ctx.headers['idempotency-key'] !== undefined;
  if (isGiven && !VISIBLE_ASCII.test(key)) throw new InvalidIdempotencyKey();
  if (!isGiven) return { reply: await database.transaction(work), isRepeat: false };

  const requestHash = createHmac('sha256', `${hashKey}:idempotency`)
    .update(JSON.stringify([ctx.method, ctx.path, body ?? null]))
    .digest('hex');
  return database.transaction(async (trx) => {
    // Waits here for another request with the same key, until that one is committed or rolled back.
    const claimed = await trx('idempotency_keys')
      .insert({ userId, key, requestHash })
      .onConflict()
      .ignore()
      .returning('key');
    if (claimed.length === 0)
      return { reply: await keptReply(trx, { userId, key, requestHash }), isRepeat: true };
    const reply = await work(trx);
    await IdempotencyKey.query(trx).findById([userId, key]).patch(reply);
    return { reply, isRepeat: false };
  });
}

async function keptReply(
  trx: Knex.Transaction,
  { userId, key, requestHash }: { userId: string; key: string; requestHash: string },
): Promise<Reply> {
  const kept = await IdempotencyKey.query(trx).findById([userId, key]).throwIfNotFound();
  if (kept.requestHash !== requestHash) throw new IdempotencyKeyReused();
  if (kept.status === null || kept.body === null)
    throw new Error('an idempotency key was committed without a reply');
  return { status: kept.status, location: kept.location, body: kept.body };
}

export function sendReply(ctx: Context, { status, location, body }: Reply): void {
  ctx.status = status;
  if (location) ctx.set('Location', location);
  ctx.body = body;
}

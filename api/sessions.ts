import { createHmac, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import { raw } from 'objection';
import { hashToken } from '../db/hash-token.ts';
import { RefreshToken } from '../db/models/refresh-token.ts';
import { Session } from '../db/models/session.ts';
import { queryRows } from '../db/query-rows.ts';
import { audit } from './audit.ts';
import { clientIp } from './client-ip.ts';

export const SESSION_DAYS = 30;
const GRACE_SECONDS = 10;

export interface OpenedSession {
  sessionId: string;
  refreshToken: string;
}

/** Opens a session for a user who has logged in; the refresh token is returned here and kept only as a hash. */
export async function openSession(
  trx: Knex,
  ctx: Context,
  { userId, details = {} }: { userId: string; details?: Record<string, unknown> },
): Promise<OpenedSession> {
  await audit(trx, ctx, { userId, action: 'session.open', details });
  const refreshToken = randomBytes(32).toString('base64url');
  const session = await Session.query(trx).insertAndFetch({
    userId,
    ip: clientIp(ctx),
    userAgent: ctx.get('User-Agent').slice(0, 500) || null,
    expiresAt: new Date(Date.now() + SESSION_DAYS * 86_400_000),
  });
  await RefreshToken.query(trx).insert({ tokenHash: hashToken(refreshToken), sessionId: session.id });
  return { sessionId: session.id, refreshToken };
}

/** How long an administrator may look through a user's eyes before they have to ask again. */
export const ACTING_SECONDS = 3_600;

/** Opens a session in which an administrator is this user; without a refresh token it cannot outlive its hour. */
export async function openActingSession(
  trx: Knex,
  given: { userId: string; adminId: string; ip: string; userAgent: string | null },
): Promise<string> {
  const { id } = await Session.query(trx).insertAndFetch({
    ...given,
    userAgent: given.userAgent?.slice(0, 500) ?? null,
    expiresAt: new Date(Date.now() + ACTING_SECONDS * 1000),
  });
  return id;
}

/** Ends those of an administrator in which they are this user; returns how many there were. */
export async function endActing(trx: Knex, of: { userId: string; adminId: string }): Promise<number> {
  return Session.query(trx).where(of).whereNull('revokedAt').patch({ revokedAt: new Date() });
}

interface TokenState {
  sessionId: string;
  spent: boolean;
  spentLately: boolean;
  sessionAlive: boolean;
}

const TOKEN_STATE = `
  select r.session_id as "sessionId", r.spent_at is not null as spent,
    coalesce(r.spent_at > now() - interval '${GRACE_SECONDS} seconds', false) as "spentLately",
    s.revoked_at is null and s.expires_at > now() as "sessionAlive"
  from refresh_tokens r join sessions s on s.id = r.session_id
  where r.token_hash = ? for update of r`;

export type Rotation =
  | { outcome: 'refused' | 'reused'; sessionId: string | null }
  | { outcome: 'rotated'; sessionId: string; refreshToken: string | null };

/**
 * Spends a refresh token and gives its successor; a token spent before revokes its whole session.
 *
 * Two tabs, or a browser that never got the answer, send the same token twice within moments. So a successor is not
 * drawn but derived from its predecessor (HMAC under a key only the server has): for ten seconds a repeat gets the
 * very same successor, the chain never forks, and a thief's copy still meets its owner at the next refresh, where the
 * second of the two revokes the session. A successor that is spent itself is not handed out again (null).
 */
export async function rotateRefreshToken(database: Knex, token: string, key: string): Promise<Rotation> {
  return database.transaction(async (trx): Promise<Rotation> => {
    const [state] = await queryRows<TokenState>(trx, TOKEN_STATE, [hashToken(token)]);
    if (!state?.sessionAlive) return { outcome: 'refused', sessionId: state?.sessionId ?? null };
    const { sessionId } = state;
    const refreshToken = createHmac('sha256', `${key}:refresh`).update(token).digest('base64url');
    const tokenHash = hashToken(refreshToken);
    if (!state.spent) {
      await RefreshToken.query(trx)
        .findById(hashToken(token))
        .patch({ spentAt: raw('now()') });
      await RefreshToken.query(trx).insert({ tokenHash, sessionId });
      await Session.query(trx)
        .findById(sessionId)
        .patch({
          expiresAt: new Date(Date.now() + SESSION_DAYS * 86_400_000),
          lastUsedAt: raw('now()'),
        });
      return { outcome: 'rotated', sessionId, refreshToken };
    }
    if (!state.spentLately) {
      await revokeSession(trx, sessionId);
      return { outcome: 'reused', sessionId };
    }
    const successor = await RefreshToken.query(trx).findById(tokenHash);
    const isUnspent = successor !== undefined && successor.spentAt === null;
    return { outcome: 'rotated', sessionId, refreshToken: isUnspent ? refreshToken : null };
  });
}

/** Ends a session at once; its access tokens are refused from now on. */
export async function revokeSession(database: Knex, sessionId: string): Promise<void> {
  await Session.query(database).findById(sessionId).whereNull('revokedAt').patch({ revokedAt: new Date() });
}

/** The sessions a user has opened and not ended; those of administrators who look through their eyes are none of theirs. */
export const sessionsOf = (database: Knex, userId: string) =>
  Session.query(database)
    .where({ userId })
    .whereNull('adminId')
    .whereNull('revokedAt')
    .where('expiresAt', '>', raw('now()'));

/** Ends a user's sessions at once, but for the one to keep; answers how many. */
export async function revokeSessionsOf(database: Knex, userId: string, keepId?: string): Promise<number> {
  const others = sessionsOf(database, userId).patch({ revokedAt: new Date() });
  return keepId === undefined ? others : others.whereNot('id', keepId);
}

/** The session a refresh token belongs to, spent or not. */
export async function findSessionOfToken(database: Knex, token: string): Promise<string | undefined> {
  const found = await RefreshToken.query(database).findById(hashToken(token));
  return found?.sessionId;
}

import type { Context } from 'koa';
import { Session } from '../contract/auth.ts';
import { queryRows } from '../db/query-rows.ts';
import { ACCESS_TOKEN_SECONDS, signAccessToken } from './access-token.ts';
import { findCurrentUser, type CurrentUser } from './current-user.ts';
import type { Deps } from './deps.ts';
import { SessionExpired } from './errors.ts';
import { SESSION_DAYS } from './sessions.ts';
import { toUserView } from './views/user.ts';

export const REFRESH_COOKIE = 'berth_refresh';
export const SESSION_ANSWER = {
  200: { description: 'A session; the refresh token is in the cookie', schema: Session },
};

/** Answers with an access token of the session; SessionExpired when it has ended meanwhile. */
export async function answerSession(
  ctx: Context,
  { database, jwtSecret }: Pick<Deps, 'database' | 'jwtSecret'>,
  sessionId: string,
): Promise<void> {
  const user = await findCurrentUser(database, sessionId);
  if (!user) throw new SessionExpired();
  ctx.body = await toSession({ database, jwtSecret }, user, ACCESS_TOKEN_SECONDS);
}

/** What a user needs to go on with: an access token for so many seconds, and where events begin for them. */
export async function toSession(
  { database, jwtSecret }: Pick<Deps, 'database' | 'jwtSecret'>,
  user: CurrentUser,
  seconds: number,
): Promise<Session> {
  const [row] = await queryRows<{ id: string }>(database, 'select coalesce(max(id), 0) as id from events');
  return {
    accessToken: signAccessToken(user, jwtSecret, seconds),
    expiresIn: seconds,
    user: toUserView(user),
    latestEventId: Number(row?.id),
  };
}

/** Gives the browser a refresh token, or takes it away. */
export function setRefreshCookie(ctx: Context, token: string | null, publicUrl: string | undefined): void {
  const secure = publicUrl?.startsWith('https:') ?? false;
  // TLS usually ends before this process, and the cookie library refuses what it takes for an insecure connection.
  ctx.cookies.secure = secure;
  ctx.cookies.set(REFRESH_COOKIE, token, {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure,
    overwrite: true,
    maxAge: token === null ? 0 : SESSION_DAYS * 86_400_000,
  });
}

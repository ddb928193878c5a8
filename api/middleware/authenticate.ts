import type { Context, Middleware } from 'koa';
import jwt from 'koa-jwt';
import type { Database } from '../../db/connect.ts';
import { parseClaims } from '../access-token.ts';
import { findCurrentUser, type CurrentUser } from '../current-user.ts';
import { SessionExpired, Unauthenticated } from '../errors.ts';

/**
 * Lets only requests with a valid access token pass. The session and the user behind it are read each time, so that
 * logging out and disabling a user work at once.
 */
export function authenticate(database: Database, jwtSecret: string): Middleware {
  const verify = jwt({ secret: jwtSecret, algorithms: ['HS256'], key: 'claims', passthrough: true });
  return async (ctx, next) => {
    await verify(ctx, async () => undefined);
    const claims = parseClaims(ctx.state['claims']);
    if (!claims)
      throw isExpired(ctx.state['jwtOriginalError']) ? new SessionExpired() : new Unauthenticated();
    const user = await findCurrentUser(database, claims.sid);
    if (!user || user.id !== claims.sub) throw new SessionExpired();
    ctx.state['user'] = user;
    ctx.state['claims'] = claims;
    await next();
  };
}

function isExpired(err: unknown): boolean {
  return err instanceof Error && err.name === 'TokenExpiredError';
}

/** The user `authenticate` found; for handlers behind it only. */
export function currentUser(ctx: Context): CurrentUser {
  const user: unknown = ctx.state['user'];
  if (!user) throw new Error('this route is not behind authenticate()');
  return user as CurrentUser; // set above, nowhere else
}

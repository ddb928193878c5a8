import type { Context, Middleware } from 'koa';
import jwt from 'koa-jwt';
import { includes, type Permission } from '../../contract/roles.ts';
import type { Database } from '../../db/connect.ts';
import { hashToken } from '../../db/hash-token.ts';
import { queryRows } from '../../db/query-rows.ts';
import { parseClaims } from '../access-token.ts';
import { clientIp } from '../client-ip.ts';
import { findCurrentUser, findUserOfToken, type CurrentUser } from '../current-user.ts';
import type { Endpoint } from '../endpoint.ts';
import { permissionFor } from '../endpoint.ts';
import { Forbidden, SessionExpired, Unauthenticated } from '../errors.ts';
import { say } from '../../contract/sayings.ts';

/** How every API token begins, so that scanners of leaked secrets can know it. */
export const TOKEN_PREFIX = 'berth_';

/** Who calls, for requests that last. */
interface Presence {
  user: CurrentUser;
  /** The same user as they are by then; undefined when they may not call any more. */
  again: () => Promise<CurrentUser | undefined>;
  /** When they have to log in or refresh, in milliseconds; null when there is no such time. */
  endsAt: number | null;
}

/**
 * Lets only requests pass that bring a valid access token or API token and may do what `route` does. The session or
 * token and the user behind it are read each time, so that logging out and disabling a user work at once.
 */
export function authenticate(
  database: Database,
  jwtSecret: string,
): (route: Pick<Endpoint, 'method' | 'auth' | 'permission'>) => Middleware {
  const verify = jwt({ secret: jwtSecret, algorithms: ['HS256'], key: 'claims', passthrough: true });
  const ofSession = async (ctx: Context, permission: Permission): Promise<Presence> => {
    await verify(ctx, async () => undefined);
    const claims = parseClaims(ctx.state['claims']);
    if (!claims)
      throw isExpired(ctx.state['jwtOriginalError']) ? new SessionExpired() : new Unauthenticated();
    const again = async () => findCurrentUser(database, claims.sid, permission);
    const user = await again();
    if (!user || user.id !== claims.sub) throw new SessionExpired();
    if (user.isSessionStale)
      await queryRows(database, `update sessions set last_used_at = now() where id = ?`, [claims.sid]);
    return { user, again, endsAt: claims.exp * 1000 };
  };
  return (route) => {
    const permission = permissionFor(route);
    return async (ctx, next) => {
      const token = apiTokenOf(ctx);
      const presence = token
        ? await ofToken(database, ctx, { token, permission })
        : await ofSession(ctx, permission);
      ctx.state['presence'] = presence;
      check(presence.user, route.auth, permission);
      await next();
    };
  };
}

function apiTokenOf(ctx: Context): string | null {
  const [scheme, token] = ctx.get('Authorization').split(' ');
  return scheme?.toLowerCase() === 'bearer' && token?.startsWith(TOKEN_PREFIX) ? token : null;
}

async function ofToken(
  database: Database,
  ctx: Context,
  { token, permission }: { token: string; permission: Permission },
): Promise<Presence> {
  const ip = clientIp(ctx);
  const again = async () => findUserOfToken(database, { tokenHash: hashToken(token), ip, permission });
  const user = await again();
  if (!user?.token) throw new Unauthenticated();
  await queryRows(
    database,
    `update api_tokens set last_used_at = now(), last_used_ip = ?
     where id = ? and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    [ip, user.token.id],
  );
  return { user, again, endsAt: null };
}

function check(user: CurrentUser, auth: Endpoint['auth'], permission: Permission): void {
  const { token, actingAdmin, role } = user;
  if (token && !includes(token.permission, permission))
    throw new Forbidden(say('token_may_only', { permission: token.permission }), say('make_stronger_token'));
  if ((auth === 'session' || auth === 'admin-session') && token)
    throw new Forbidden(say('not_by_token'), say('use_dashboard'));
  if (auth === 'session' && actingAdmin) throw new Forbidden(say('user_only'), say('leave_account'));
  if ((auth === 'admin' || auth === 'admin-session') && role !== 'admin')
    throw new Forbidden(token ? say('token_not_admin') : say('admins_only'));
}

function isExpired(err: unknown): boolean {
  return err instanceof Error && err.name === 'TokenExpiredError';
}

/** The user `authenticate` found; for handlers behind it only. */
export function currentUser(ctx: Context): CurrentUser {
  return presenceOf(ctx).user;
}

/** The same with what a request that lasts has to know. */
export function presenceOf(ctx: Context): Presence {
  const presence = ctx.state['presence'] as Presence | undefined; // set above, nowhere else
  if (!presence) throw new Error('this route is not behind authenticate()');
  return presence;
}

/** The same, or undefined where anybody may call. */
export function callerOf(ctx: Context): CurrentUser | undefined {
  return (ctx.state['presence'] as Presence | undefined)?.user; // as there
}

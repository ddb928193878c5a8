import type { Knex } from 'knex';
import type { Context } from 'koa';
import jwt from 'jsonwebtoken';
import { Login } from '../../contract/auth.ts';
import { User } from '../../db/models/user.ts';
import { hashPassword, isCurrentHash, verifyPassword } from '../../db/passwords.ts';
import { parseClaims } from '../access-token.ts';
import { answerSession, REFRESH_COOKIE, SESSION_ANSWER, setRefreshCookie } from '../answer-session.ts';
import { audit } from '../audit.ts';
import { clientIp } from '../client-ip.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidCredentials, SessionExpired, Unauthenticated } from '../errors.ts';
import { createLoginLimiter } from '../login-limits.ts';
import { logOf } from '../middleware/request-id.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { createSecondFactorCheck } from '../second-factor.ts';
import { findSessionOfToken, openSession, revokeSession, rotateRefreshToken } from '../sessions.ts';

type AuthDeps = Pick<Deps, 'database' | 'jwtSecret' | 'publicUrl' | 'loginLimits' | 'secretBox'>;

/** Logging in, staying logged in and logging out. */
export function authRoutes(deps: AuthDeps): Endpoint[] {
  return [login(deps), refresh(deps), logout(deps)];
}

function login(deps: AuthDeps): Endpoint {
  const { database, jwtSecret, publicUrl, loginLimits } = deps;
  const limiter = createLoginLimiter(database, loginLimits);
  const checkSecondFactor = createSecondFactorCheck(deps);
  return endpoint({
    method: 'post',
    path: '/login',
    tag: 'Sessions',
    summary: 'Log in',
    auth: 'none',
    body: Login,
    answers: SESSION_ANSWER,
    problems: ['invalid_credentials', 'second_factor_required', 'invalid_code', 'rate_limited', 'forbidden'],
    async handle(ctx, { body: { email, password, code } }) {
      requireSameOrigin(ctx, publicUrl);
      await limiter.attempt(clientIp(ctx), email);
      const startedAt = performance.now();
      const user = await User.query(database).whereRaw('lower(email) = lower(?)', [email]).first();
      const isRight = await verifyPassword(user?.passwordHash ?? null, password);
      if (!user || !isRight || user.disabledAt) {
        await limiter.untilRefusal(startedAt);
        throw new InvalidCredentials();
      }
      await limiter.succeeded(clientIp(ctx), email);
      await checkSecondFactor(ctx, user.id, code);
      const newHash = await renewedHash(user, password);
      const session = await database.transaction(async (trx) => {
        if (newHash !== null) await replaceHash(trx, ctx, user, newHash);
        return openSession(trx, ctx, { userId: user.id });
      });
      setRefreshCookie(ctx, session.refreshToken, publicUrl);
      await answerSession(ctx, { database, jwtSecret }, session.sessionId);
    },
  });
}

/** A hash to keep instead of one that came from elsewhere, now that the password is known; null when it is ours. */
async function renewedHash({ passwordHash }: User, password: string): Promise<string | null> {
  return passwordHash && isCurrentHash(passwordHash) ? null : hashPassword(password);
}

/** Does nothing when the hash is not the one the password was right for: another login was first, or a new password. */
async function replaceHash(trx: Knex, ctx: Context, user: User, newHash: string): Promise<void> {
  const { id, passwordHash } = user;
  const replaced = await User.query(trx).patch({ passwordHash: newHash }).where({ id, passwordHash });
  if (replaced > 0) await audit(trx, ctx, { userId: id, action: 'user.upgrade_password', subjectId: id });
}

function refresh({ database, jwtSecret, publicUrl }: AuthDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/refresh',
    tag: 'Sessions',
    summary: 'Get a new access token for the refresh token in the cookie',
    auth: 'none',
    answers: SESSION_ANSWER,
    problems: ['unauthenticated', 'session_expired', 'forbidden'],
    async handle(ctx) {
      requireSameOrigin(ctx, publicUrl);
      const token = ctx.cookies.get(REFRESH_COOKIE);
      if (!token) throw new Unauthenticated();
      const rotation = await rotateRefreshToken(database, token, jwtSecret);
      if (rotation.outcome !== 'rotated') {
        if (rotation.outcome === 'reused') {
          logOf(ctx).warn(
            { sessionId: rotation.sessionId },
            'a spent refresh token was used: session revoked',
          );
        }
        setRefreshCookie(ctx, null, publicUrl);
        throw new SessionExpired();
      }
      if (rotation.refreshToken) setRefreshCookie(ctx, rotation.refreshToken, publicUrl);
      await answerSession(ctx, { database, jwtSecret }, rotation.sessionId);
    },
  });
}

function logout({ database, jwtSecret, publicUrl }: AuthDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/logout',
    tag: 'Sessions',
    summary: 'End the session of the cookie, or of the access token',
    auth: 'none',
    answers: { 204: { description: 'The session has ended' } },
    problems: ['forbidden'],
    async handle(ctx) {
      requireSameOrigin(ctx, publicUrl);
      const token = ctx.cookies.get(REFRESH_COOKIE);
      const ofCookie = token ? await findSessionOfToken(database, token) : undefined;
      for (const sessionId of new Set([ofCookie, sessionOfBearer(ctx, jwtSecret)])) {
        if (sessionId) await revokeSession(database, sessionId);
      }
      setRefreshCookie(ctx, null, publicUrl);
      ctx.status = 204;
    },
  });
}

function sessionOfBearer(ctx: Context, jwtSecret: string): string | undefined {
  const [scheme, token] = ctx.get('Authorization').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) return undefined;
  try {
    const decoded = jwt.verify(token, jwtSecret, { algorithms: ['HS256'], ignoreExpiration: true });
    return parseClaims(decoded)?.sid;
  } catch {
    return undefined; // logging out with a bad token is no error: there is nothing to end
  }
}

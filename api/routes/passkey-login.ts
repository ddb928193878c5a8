import { LogInWithPasskey, PasskeyOptions } from '../../contract/passkeys.ts';
import { answerSession, SESSION_ANSWER, setRefreshCookie } from '../answer-session.ts';
import { clientIp } from '../client-ip.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { createLoginLimiter, type LoginLimiter } from '../login-limits.ts';
import { ownOrigin, requireSameOrigin } from '../middleware/same-origin.ts';
import { checkPasskey, passkeyRequest } from '../passkeys.ts';
import { openSession } from '../sessions.ts';

type PasskeyLoginDeps = Pick<Deps, 'database' | 'jwtSecret' | 'publicUrl' | 'loginLimits'>;

/** Logging in without a password. */
export function passkeyLoginRoutes(deps: PasskeyLoginDeps): Endpoint[] {
  const limiter = createLoginLimiter(deps.database, deps.loginLimits);
  return [ask(deps, limiter), logIn(deps, limiter)];
}

const TAG = 'Sessions';
/** Both requests count against the address. */
const ATTEMPTS = 2;

function ask({ database, publicUrl }: PasskeyLoginDeps, limiter: LoginLimiter): Endpoint {
  return endpoint({
    method: 'post',
    path: '/login/passkey/options',
    tag: TAG,
    summary: 'Begin to log in with a passkey',
    auth: 'none',
    answers: { 200: { description: 'What the browser asks its user for', schema: PasskeyOptions } },
    problems: ['rate_limited', 'forbidden'],
    async handle(ctx) {
      requireSameOrigin(ctx, publicUrl);
      await limiter.attempt(clientIp(ctx));
      ctx.body = await passkeyRequest(database, ownOrigin(ctx, publicUrl));
    },
  });
}

function logIn({ database, jwtSecret, publicUrl }: PasskeyLoginDeps, limiter: LoginLimiter): Endpoint {
  return endpoint({
    method: 'post',
    path: '/login/passkey',
    tag: TAG,
    summary: 'Log in with a passkey, which stands for the password and the second factor',
    auth: 'none',
    body: LogInWithPasskey,
    answers: SESSION_ANSWER,
    problems: ['invalid_passkey', 'invalid_input', 'rate_limited', 'forbidden'],
    async handle(ctx, { body: { credential, email } }) {
      requireSameOrigin(ctx, publicUrl);
      await limiter.attempt(clientIp(ctx));
      const origin = ownOrigin(ctx, publicUrl);
      const { user, passkey } = await checkPasskey(database, ctx, { credential, origin, email });
      await limiter.succeeded(clientIp(ctx), user.email, ATTEMPTS);
      const session = await database.transaction(async (trx) =>
        openSession(trx, ctx, { userId: user.id, details: { passkey: passkey.name } }),
      );
      setRefreshCookie(ctx, session.refreshToken, publicUrl);
      await answerSession(ctx, { database, jwtSecret }, session.sessionId);
    },
  });
}

import { SetPassword } from '../../contract/auth.ts';
import { spendPasswordLink } from '../../db/password-links.ts';
import { hashPassword } from '../../db/passwords.ts';
import { audit } from '../audit.ts';
import { clientIp } from '../client-ip.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidLink } from '../errors.ts';
import { createLoginLimiter } from '../login-limits.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { revokeSessionsOf } from '../sessions.ts';

type PasswordDeps = Pick<Deps, 'database' | 'publicUrl' | 'loginLimits'>;

/** Setting a password without knowing one, by a link. */
export function passwordRoutes({ database, publicUrl, loginLimits }: PasswordDeps): Endpoint[] {
  const limiter = createLoginLimiter(database, loginLimits);
  return [
    endpoint({
      method: 'post',
      path: '/password',
      tag: 'Sessions',
      summary: 'Set your password with the token of a link; ends all of your sessions',
      auth: 'none',
      body: SetPassword,
      answers: { 204: { description: 'The password is set: log in with it' } },
      problems: ['invalid_link', 'invalid_input', 'rate_limited', 'forbidden'],
      async handle(ctx, { body: { token, password } }) {
        requireSameOrigin(ctx, publicUrl);
        await limiter.attempt(clientIp(ctx));
        const { email } = await database.transaction(async (trx) => {
          const user = await spendPasswordLink(trx, token);
          if (!user) throw new InvalidLink();
          await user.$query(trx).patch({ passwordHash: await hashPassword(password) });
          await revokeSessionsOf(trx, user.id);
          await audit(trx, ctx, { userId: user.id, action: 'user.set_password', subjectId: user.id });
          return user;
        });
        await limiter.succeeded(clientIp(ctx), email);
        ctx.status = 204;
      },
    }),
  ];
}

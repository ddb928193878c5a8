import type { Context } from 'koa';
import { User } from '../db/models/user.ts';
import { verifyPassword } from '../db/passwords.ts';
import { clientIp } from './client-ip.ts';
import type { CurrentUser } from './current-user.ts';
import type { Deps } from './deps.ts';
import { InvalidInput, issueOf } from './errors.ts';
import { createLoginLimiter } from './login-limits.ts';
import { say } from '../contract/sayings.ts';

/**
 * Makes the check of a password where a session alone is not enough: InvalidInput names `field` when it is wrong,
 * RateLimited comes after as many as a login may try.
 */
export function createPasswordCheck({ database, loginLimits }: Pick<Deps, 'database' | 'loginLimits'>) {
  const limiter = createLoginLimiter(database, loginLimits);
  return async function checkPassword(
    ctx: Context,
    { id, email }: CurrentUser,
    given: { field: string; password: string },
  ): Promise<void> {
    await limiter.attempt(clientIp(ctx), email);
    const user = await User.query(database).findById(id);
    if (!(await verifyPassword(user?.passwordHash ?? null, given.password)))
      throw new InvalidInput([issueOf(given.field, say('wrong_password'))]);
    await limiter.succeeded(clientIp(ctx), email);
  };
}

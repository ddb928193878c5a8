import type { Context } from 'koa';
import { AskPasswordReset } from '../../contract/auth.ts';
import { User } from '../../db/models/user.ts';
import { createPasswordLinks } from '../../db/password-links.ts';
import { audit } from '../audit.ts';
import { clientIp } from '../client-ip.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidState } from '../errors.ts';
import { createLoginLimiter, createResetLimiter } from '../login-limits.ts';
import { logOf } from '../middleware/request-id.ts';
import { ownOrigin, requireSameOrigin } from '../middleware/same-origin.ts';
import { passwordMail } from '../password-mail.ts';

type ResetDeps = Pick<Deps, 'database' | 'publicUrl' | 'loginLimits' | 'sendMail'>;

const LINK_HOURS = 1;

/** A link by e-mail for who has forgotten the password. */
export function passwordResetRoutes(deps: ResetDeps): Endpoint[] {
  const { database, publicUrl, loginLimits, sendMail } = deps;
  const limiter = createResetLimiter(database, loginLimits);
  const logins = createLoginLimiter(database, loginLimits);
  return [
    endpoint({
      method: 'post',
      path: '/password-resets',
      tag: 'Sessions',
      summary:
        'Ask for an e-mail with a link to set a new password; the answer tells nobody who is known here',
      auth: 'none',
      body: AskPasswordReset,
      answers: { 204: { description: 'Sent, if there is such a user' } },
      problems: ['invalid_input', 'invalid_state', 'rate_limited', 'forbidden'],
      async handle(ctx, { body: { email, language } }) {
        requireSameOrigin(ctx, publicUrl);
        if (!sendMail) throw new InvalidState('This Berth sends no e-mail.', 'Ask your provider for a link.');
        await limiter.attempt(clientIp(ctx));
        const startedAt = performance.now();
        const site = publicUrl ?? ownOrigin(ctx, publicUrl);
        // An address that had enough mails is answered like any other: nobody can tell by it who is known here.
        const made = (await limiter.mayMail(email)) ? await makeLink(deps, ctx, { email, site }) : undefined;
        if (made) {
          // Not waited for: how long a mail takes would tell that one is sent.
          sendMail(passwordMail({ ...made, site, language })).catch((err: unknown) =>
            logOf(ctx).error({ err }, 'a mail with a password link could not be sent'),
          );
        }
        await logins.untilRefusal(startedAt);
        ctx.status = 204;
      },
    }),
  ];
}

async function makeLink(
  { database }: ResetDeps,
  ctx: Context,
  { email, site }: { email: string; site: string },
): Promise<{ email: string; link: string } | undefined> {
  return database.transaction(async (trx) => {
    const user = await User.query(trx).whereRaw('lower(email) = lower(?)', [email]).first();
    if (!user) return undefined;
    const [made] = await createPasswordLinks(trx, [user.id], { publicUrl: site, days: LINK_HOURS / 24 });
    if (made) await audit(trx, ctx, { userId: user.id, action: 'user.forget_password', subjectId: user.id });
    return made;
  });
}

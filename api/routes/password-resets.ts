import type { z } from 'zod';
import type { Context } from 'koa';
import { AskPasswordReset } from '../../contract/auth.ts';
import { LINK_HOURS } from '../../contract/mail.ts';
import { passwordResetToken } from '../../db/mail-links.ts';
import { User } from '../../db/models/user.ts';
import { insertPasswordLink } from '../../db/password-links.ts';
import { audit } from '../audit.ts';
import { clientIp } from '../client-ip.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidState } from '../errors.ts';
import { createLoginLimiter, createResetLimiter } from '../login-limits.ts';
import { ownOrigin, requireSameOrigin } from '../middleware/same-origin.ts';
import { requestMail, type RequestedMail } from '../request-mail.ts';
import { startMailNow } from '../start-mail.ts';
import { say } from '../../contract/sayings.ts';

type ResetDeps = Pick<
  Deps,
  'database' | 'temporal' | 'queuePrefix' | 'secretBox' | 'publicUrl' | 'loginLimits' | 'sendsMail'
>;

/** A link by e-mail for who has forgotten the password. */
export function passwordResetRoutes(deps: ResetDeps): Endpoint[] {
  const { database, publicUrl, loginLimits, sendsMail } = deps;
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
      answers: { 204: { description: 'It is sent, if there is such a user' } },
      problems: ['invalid_input', 'invalid_state', 'rate_limited', 'forbidden'],
      async handle(ctx, { body }) {
        requireSameOrigin(ctx, publicUrl);
        if (!sendsMail) throw new InvalidState(say('no_mail_here'), say('ask_for_plain_link'));
        await limiter.attempt(clientIp(ctx));
        const startedAt = performance.now();
        // An address that had enough mails is answered like any other: nobody can tell by it who is known here.
        const mail = (await limiter.mayMail(body.email)) ? await makeLink(deps, ctx, body) : undefined;
        // Not waited for: the time that Temporal takes would tell that a mail is sent.
        if (mail) void startMailNow(deps, ctx, mail);
        await logins.untilRefusal(startedAt);
        ctx.status = 204;
      },
    }),
  ];
}

async function makeLink(
  { database, secretBox, publicUrl }: ResetDeps,
  ctx: Context,
  { email, language }: z.output<typeof AskPasswordReset>,
): Promise<RequestedMail | undefined> {
  const site = publicUrl ?? ownOrigin(ctx, publicUrl);
  return database.transaction(async (trx) => {
    const user = await User.query(trx).whereRaw('lower(email) = lower(?)', [email]).first();
    if (!user || user.disabledAt) return undefined;
    const mail = await requestMail(trx, { kind: 'password-reset', aboutId: user.id }, { site, language });
    const token = passwordResetToken(secretBox, mail.id);
    await insertPasswordLink(trx, { token, userId: user.id, hours: LINK_HOURS['password-reset'] });
    await audit(trx, ctx, { userId: user.id, action: 'user.forget_password', subjectId: user.id });
    return mail;
  });
}

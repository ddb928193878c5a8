import { setTimeout } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Deps } from './deps.ts';
import { invitationMail } from './invitation-mail.ts';
import { finalMailFailure, passingMailFailure, toMailFailure } from './mail-failure.ts';
import type { Mail } from './mailer.ts';
import { passwordMail } from './password-mail.ts';
import { withHeartbeat } from './with-heartbeat.ts';
import { hashToken } from '../db/hash-token.ts';
import { invitationToken, linkTo, passwordResetToken } from '../db/mail-links.ts';
import { queryRows } from '../db/query-rows.ts';
import type { MailLanguage } from '../contract/auth.ts';
import type { MailOutcome } from '../contract/mail.ts';
import type { AccountRole } from '../contract/roles.ts';

/** How long a mail that is being handed over is waited for when the worker has to stop. */
const SHUTDOWN_MS = 10_000;

type DeliverDeps = Pick<Deps, 'database' | 'secretBox' | 'sendMail'>;

interface Wanted {
  id: string;
  language: MailLanguage;
  site: string;
  email: string;
  isDisabled: boolean;
  invitation: {
    id: string;
    role: AccountRole;
    account: string;
    server: string | null;
    by: string | null;
  } | null;
}

const FIND = `
  select m.id, m.language, m.site, coalesce(u.email, i.email) as email, u.disabled_at is not null as "isDisabled",
    case when i.id is not null then json_build_object(
      'id', i.id, 'role', i.role, 'account', a.name, 'server', s.name, 'by', inviter.email) end as invitation
  from mails m left join users u on u.id = m.user_id left join invitations i on i.id = m.invitation_id
    left join accounts a on a.id = i.account_id left join servers s on s.id = i.server_id
    left join users inviter on inviter.id = i.invited_by
  where m.id = ?`;

export function createDeliverMail(deps: DeliverDeps) {
  /**
   * Hands a mail to the mail server. Its link is made here and goes nowhere else. A repeat after an answer that was lost
   * sends it once more, with the same link and Message-ID.
   */
  return async function deliverMail({ mailId }: { mailId: string }): Promise<MailOutcome> {
    if (!deps.sendMail) throw passingMailFailure('mail_not_set_up', 'this worker has no BERTH_MAIL_URL');
    const [wanted] = await queryRows<Wanted>(deps.database, FIND, [mailId]);
    const mail = wanted && !wanted.isDisabled ? await compose(deps, wanted) : null;
    if (!mail) return 'not_needed';
    const { sendMail } = deps;
    await withHeartbeat(async () => Promise.race([sendMail(mail), untilShutdown()])).catch((err: unknown) => {
      throw toMailFailure(err);
    });
    return 'sent';
  };
}

/** Rejects some time after the worker was told to stop: a mail that is broken off may be sent twice. */
async function untilShutdown(): Promise<never> {
  await Context.current().cancelled.catch(async () => setTimeout(SHUTDOWN_MS, undefined, { ref: false }));
  throw Object.assign(new Error('the worker is shutting down'), { code: 'ESHUTDOWN' });
}

/** Null when the link has been used. */
async function compose({ database, secretBox }: DeliverDeps, wanted: Wanted): Promise<Mail | null> {
  const { id, invitation, site } = wanted;
  const token = invitation ? invitationToken(secretBox, invitation.id) : passwordResetToken(secretBox, id);
  const [link] = await queryRows<{ isUsed: boolean; isOver: boolean }>(
    database,
    'select used_at is not null as "isUsed", expires_at <= now() as "isOver" from ?? where token_hash = ?',
    [invitation ? 'invitations' : 'password_links', hashToken(token)],
  );
  if (!link)
    throw passingMailFailure('link_unknown', 'its link is unknown: is BERTH_SECRETS_KEY that of the API?');
  if (link.isUsed) return null;
  if (link.isOver) throw finalMailFailure('link_expired', 'its link has expired');
  const text = invitation
    ? invitationMail({ ...wanted, invitation, link: linkTo(site, 'join', token) })
    : passwordMail({ ...wanted, link: linkTo(site, 'set-password', token) });
  return { id: `${id}@${new URL(site).hostname}`, to: wanted.email, ...text };
}

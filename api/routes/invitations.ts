import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import { z } from 'zod';
import type { MailLanguage } from '../../contract/auth.ts';
import { LINK_HOURS } from '../../contract/mail.ts';
import type { AccountRole } from '../../contract/roles.ts';
import {
  CreateInvitation,
  Invitation,
  Joined,
  JoinTeam,
  MailInvitation,
  NewInvitation,
} from '../../contract/team.ts';
import { hashToken } from '../../db/hash-token.ts';
import { invitationToken } from '../../db/mail-links.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidInput, issueOf, InvalidLink, InvalidState, NotFound } from '../errors.ts';
import { createInvitationLimiter } from '../login-limits.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { ownOrigin } from '../middleware/same-origin.ts';
import { partIn, requireAtLeast } from '../part-in.ts';
import { requestMail, type RequestedMail } from '../request-mail.ts';
import { startMailNow } from '../start-mail.ts';
import { readInvitation } from '../team-rows.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Teams';
const ByInvitation = ById.extend({ invitationId: z.uuid() });

type InvitationDeps = Pick<
  Deps,
  'database' | 'temporal' | 'queuePrefix' | 'secretBox' | 'publicUrl' | 'loginLimits' | 'sendsMail'
>;

/** Links that let somebody take part in an account, or in one server of it. */
export function invitationRoutes(deps: InvitationDeps): Endpoint[] {
  return [invite(deps), mailInvitation(deps), revokeInvitation(deps), join(deps)];
}

function invite(deps: InvitationDeps): Endpoint {
  const { database, secretBox, sendsMail, loginLimits } = deps;
  const limiter = createInvitationLimiter(database, loginLimits);
  return endpoint({
    method: 'post',
    path: '/accounts/:id/invitations',
    tag: TAG,
    summary:
      'Make a link with which somebody can take part in an account, or in one of its servers, and have it mailed',
    auth: 'session',
    params: ById,
    body: CreateInvitation,
    answers: { 201: { description: 'The invitation; its token is shown once', schema: NewInvitation } },
    problems: ['not_found', 'invalid_input', 'rate_limited'],
    async handle(ctx, { params: { id }, body }) {
      const { role, note, email = null, serverId = null } = body;
      const user = currentUser(ctx);
      partIn(user, id, 'admin');
      requireAtLeast(user, id, role);
      const isMailed = sendsMail === true && email !== null;
      if (isMailed) await limiter.attempt(id, email);
      const invitationId = randomUUID();
      const token = invitationToken(secretBox, invitationId);
      const { invitation, mail } = await database.transaction(async (trx) => {
        const made = await queryRows(
          trx,
          `insert into invitations (id, account_id, server_id, role, note, email, token_hash, invited_by, expires_at)
           select ?, a.id, ?, ?, ?, ?, ?, ?, now() + interval '${LINK_HOURS.invitation} hours' from accounts a
           where a.id = ? and (?::uuid is null or exists (
             select from servers s where s.id = ? and s.account_id = a.id and s.deleted_at is null)) returning 1`,
          [invitationId, serverId, role, note, email, hashToken(token), user.id, id, serverId, serverId],
        );
        if (made.length === 0) throw new InvalidInput([issueOf('serverId', say('no_such_server'))]);
        const mail = isMailed ? await requestInvitationMail(deps, trx, ctx, invitationId, body) : null;
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'invitation.create',
          subjectId: invitationId,
          details: { role, note, ...(email ? { email } : {}), ...(serverId ? { serverId } : {}) },
        });
        return { invitation: await readInvitation(trx, id, invitationId), mail };
      });
      if (mail) await startMailNow(deps, ctx, mail);
      ctx.status = 201;
      ctx.body = { ...invitation, token };
    },
  });
}

function mailInvitation(deps: InvitationDeps): Endpoint {
  const limiter = createInvitationLimiter(deps.database, deps.loginLimits);
  return endpoint({
    method: 'post',
    path: '/accounts/:id/invitations/:invitationId/mails',
    tag: TAG,
    summary: 'Mail the link of an invitation again, to the address it was made for',
    auth: 'session',
    params: ByInvitation,
    body: MailInvitation,
    answers: { 202: { description: 'It is on its way', schema: Invitation } },
    problems: ['not_found', 'invalid_state', 'rate_limited'],
    async handle(ctx, { params: { id, invitationId }, body }) {
      const user = currentUser(ctx);
      partIn(user, id, 'admin');
      if (!deps.sendsMail) throw new InvalidState(say('no_mail_here'), say('send_link_yourself'));
      const asked = await readInvitation(deps.database, id, invitationId);
      const email = mailableTo(asked);
      await limiter.attempt(id, email);
      const { invitation, mail } = await deps.database.transaction(async (trx) => {
        // So that of two that are asked for at once one is sent.
        await queryRows(trx, 'select from invitations where id = ? for update', [invitationId]);
        mailableTo(await readInvitation(trx, id, invitationId));
        const mail = await requestInvitationMail(deps, trx, ctx, invitationId, body);
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'invitation.mail',
          subjectId: invitationId,
          details: { email, serverId: asked.serverId },
        });
        return { invitation: await readInvitation(trx, id, invitationId), mail };
      });
      await startMailNow(deps, ctx, mail);
      ctx.status = 202;
      ctx.body = invitation;
    },
  });
}

/** Where an invitation can be mailed to; throws InvalidState while it cannot. */
function mailableTo({ email, mail }: Invitation): string {
  if (email === null) throw new InvalidState(say('invited_without_address'), say('make_another'));
  if (mail === 'sending') throw new InvalidState(say('mail_under_way'), say('mail_is_retried'));
  return email;
}

async function requestInvitationMail(
  { publicUrl }: InvitationDeps,
  trx: Knex,
  ctx: Context,
  invitationId: string,
  { language }: { language: MailLanguage },
): Promise<RequestedMail> {
  const site = publicUrl ?? ownOrigin(ctx, publicUrl);
  return requestMail(trx, { kind: 'invitation', aboutId: invitationId }, { site, language });
}

function revokeInvitation({ database }: InvitationDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/accounts/:id/invitations/:invitationId',
    tag: TAG,
    summary: 'Withdraw an invitation',
    auth: 'session',
    params: ByInvitation,
    answers: { 204: { description: 'The link is of no use any more' } },
    problems: ['not_found'],
    async handle(ctx, { params: { id, invitationId } }) {
      const user = currentUser(ctx);
      partIn(user, id, 'admin');
      await database.transaction(async (trx) => {
        const [removed] = await queryRows<{ serverId: string | null }>(
          trx,
          `delete from invitations where id = ? and account_id = ? and used_at is null
           returning server_id as "serverId"`,
          [invitationId, id],
        );
        if (!removed) throw new NotFound(say('invitation_unknown'));
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'invitation.revoke',
          subjectId: invitationId,
          details: { ...removed },
        });
      });
      ctx.status = 204;
    },
  });
}

interface Opened {
  id: string;
  accountId: string;
  accountName: string;
  serverId: string | null;
  role: AccountRole;
}

function join({ database }: InvitationDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/invitations/accept',
    tag: TAG,
    summary: 'Take part by the token of an invitation; it is used up',
    auth: 'session',
    permission: 'view',
    body: JoinTeam,
    answers: { 200: { description: 'What you take part in now', schema: Joined } },
    problems: ['invalid_link', 'invalid_state'],
    async handle(ctx, { body: { token } }) {
      const user = currentUser(ctx);
      ctx.body = await database.transaction(async (trx) => {
        const [invitation] = await queryRows<Opened>(
          trx,
          `update invitations i set used_at = now() from accounts a
           where a.id = i.account_id and i.token_hash = ? and i.used_at is null and i.expires_at > now()
           returning i.id, i.account_id as "accountId", a.name as "accountName", i.server_id as "serverId", i.role`,
          [hashToken(token)],
        );
        if (!invitation) throw new InvalidLink(say('ask_inviter'));
        const { id, accountId, accountName, serverId, role } = invitation;
        if (user.accounts.some((account) => account.id === accountId))
          throw new InvalidState(
            say('in_account_already', { account: accountName }),
            say('invitation_stays'),
          );
        await (serverId
          ? trx('server_grants')
              .insert({ serverId, userId: user.id, role })
              .onConflict(['server_id', 'user_id'])
              .merge()
          : trx('memberships').insert({ accountId, userId: user.id, role }));
        const details = { role, ...(serverId ? { serverId } : {}) };
        await audit(trx, ctx, {
          userId: user.id,
          accountId,
          action: 'invitation.accept',
          subjectId: id,
          details,
        });
        return { accountId, accountName, serverId, role };
      });
    },
  });
}

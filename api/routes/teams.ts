import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { z } from 'zod';
import { includes, PERMISSION_OF, type AccountRole } from '../../contract/roles.ts';
import {
  ChangeMember,
  CreateInvitation,
  Joined,
  JoinTeam,
  NewInvitation,
  Team,
  type Guest,
  type Invitation,
  type Member,
} from '../../contract/team.ts';
import { hashToken } from '../../db/hash-token.ts';
import { Membership } from '../../db/models/membership.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { CurrentUser } from '../current-user.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { Forbidden, InvalidInput, InvalidLink, InvalidState, NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';

const TAG = 'Teams';
const INVITATION_DAYS = 7;
const ByMember = ById.extend({ userId: z.uuid() });
const ByInvitation = ById.extend({ invitationId: z.uuid() });
const ByGuest = ByMember.extend({ serverId: z.uuid() });

type TeamDeps = Pick<Deps, 'database'>;

/** Who takes part in an account: members, guests of single servers, and invitations that are open. */
export function teamRoutes(deps: TeamDeps): Endpoint[] {
  return [
    readTeam(deps),
    changeMember(deps),
    removeMember(deps),
    removeGuest(deps),
    invite(deps),
    revokeInvitation(deps),
    join(deps),
  ];
}

function readTeam({ database }: TeamDeps): Endpoint {
  return endpoint({
    method: 'get',
    path: '/accounts/:id/team',
    tag: TAG,
    summary: 'Members, guests of single servers and open invitations of an account',
    auth: 'bearer',
    params: ById,
    answers: { 200: { description: 'All of them', schema: Team } },
    problems: ['not_found'],
    async handle(ctx, { params: { id } }) {
      partIn(currentUser(ctx), id);
      ctx.body = await teamOf(database, id);
    },
  });
}

function changeMember({ database }: TeamDeps): Endpoint {
  return endpoint({
    method: 'patch',
    path: '/accounts/:id/members/:userId',
    tag: TAG,
    summary: 'Give a member another role',
    auth: 'session',
    params: ByMember,
    body: ChangeMember,
    answers: { 200: { description: 'The account as it is now', schema: Team } },
    problems: ['not_found', 'invalid_state'],
    async handle(ctx, { params: { id, userId }, body: { role } }) {
      const user = currentUser(ctx);
      ctx.body = await database.transaction(async (trx) => {
        const member = await lockMember(trx, user, { id, userId });
        requireAtLeast(user, id, role);
        await member.$query(trx).patch({ role });
        await requireOwner(trx, id);
        const details = { role, formerRole: member.role };
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'member.change',
          subjectId: userId,
          details,
        });
        return teamOf(trx, id);
      });
    },
  });
}

function removeMember({ database }: TeamDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/accounts/:id/members/:userId',
    tag: TAG,
    summary: 'Take somebody out of an account; anybody may take out themselves',
    auth: 'session',
    permission: 'view',
    params: ByMember,
    answers: { 204: { description: 'They take part no more' } },
    problems: ['not_found', 'invalid_state'],
    async handle(ctx, { params: { id, userId } }) {
      const user = currentUser(ctx);
      await database.transaction(async (trx) => {
        const member = await lockMember(trx, user, { id, userId });
        await member.$query(trx).delete();
        await requireOwner(trx, id);
        const details = { role: member.role };
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'member.remove',
          subjectId: userId,
          details,
        });
      });
      ctx.status = 204;
    },
  });
}

function removeGuest({ database }: TeamDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/accounts/:id/guests/:userId/:serverId',
    tag: TAG,
    summary: 'Share a server with somebody no more',
    auth: 'session',
    params: ByGuest,
    answers: { 204: { description: 'They do not see it any more' } },
    problems: ['not_found'],
    async handle(ctx, { params: { id, userId, serverId } }) {
      const user = currentUser(ctx);
      partIn(user, id, 'admin');
      await database.transaction(async (trx) => {
        const removed = await queryRows(
          trx,
          `delete from server_grants g using servers s
           where s.id = g.server_id and s.account_id = ? and g.server_id = ? and g.user_id = ? returning 1`,
          [id, serverId, userId],
        );
        if (removed.length === 0) throw new NotFound('This server is not shared with them.');
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'server.unshare',
          subjectId: serverId,
          details: { with: userId },
        });
      });
      ctx.status = 204;
    },
  });
}

function invite({ database }: TeamDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/accounts/:id/invitations',
    tag: TAG,
    summary: 'Make a link with which somebody can take part in an account, or in one of its servers',
    auth: 'session',
    params: ById,
    body: CreateInvitation,
    answers: { 201: { description: 'The invitation; its token is shown once', schema: NewInvitation } },
    problems: ['not_found', 'invalid_input'],
    async handle(ctx, { params: { id }, body: { role, note, serverId = null } }) {
      const user = currentUser(ctx);
      partIn(user, id, 'admin');
      requireAtLeast(user, id, role);
      const token = randomBytes(32).toString('base64url');
      const invitation = await database.transaction(async (trx) => {
        const made = await queryRows<{ id: string }>(
          trx,
          `insert into invitations (account_id, server_id, role, note, token_hash, invited_by, expires_at)
           select a.id, ?, ?, ?, ?, ?, now() + interval '${INVITATION_DAYS} days' from accounts a
           where a.id = ? and (?::uuid is null or exists (
             select from servers s where s.id = ? and s.account_id = a.id and s.deleted_at is null)) returning id`,
          [serverId, role, note, hashToken(token), user.id, id, serverId, serverId],
        );
        if (!made[0])
          throw new InvalidInput([{ field: 'serverId', message: 'this account has no such server' }]);
        const details = { role, note, ...(serverId ? { serverId } : {}) };
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'invitation.create',
          subjectId: made[0].id,
          details,
        });
        return (await readInvitations(trx, id)).find((one) => one.id === made[0]?.id);
      });
      ctx.status = 201;
      ctx.body = { ...invitation, token };
    },
  });
}

function revokeInvitation({ database }: TeamDeps): Endpoint {
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
        const removed = await queryRows(
          trx,
          'delete from invitations where id = ? and account_id = ? and used_at is null returning 1',
          [invitationId, id],
        );
        if (removed.length === 0) throw new NotFound('There is no such invitation.');
        await audit(trx, ctx, {
          userId: user.id,
          accountId: id,
          action: 'invitation.revoke',
          subjectId: invitationId,
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

function join({ database }: TeamDeps): Endpoint {
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
        if (!invitation) throw new InvalidLink('Ask who invited you for a new one.');
        const { id, accountId, accountName, serverId, role } = invitation;
        if (user.accounts.some((account) => account.id === accountId))
          throw new InvalidState(`You take part in ${accountName} already.`, 'The invitation stays open.');
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

/** The caller's role in an account; NotFound where they take no part, Forbidden where it is less than `least`. */
function partIn(user: CurrentUser, id: string, least: AccountRole = 'viewer'): AccountRole {
  const role = user.reach === null ? 'owner' : user.accounts.find((account) => account.id === id)?.role;
  if (!role) throw new NotFound('There is no such account.');
  if (!includes(PERMISSION_OF[role], PERMISSION_OF[least]))
    throw new Forbidden(
      'Your role does not allow this.',
      'Ask an owner of the account for a role that does.',
    );
  return role;
}

/** Nobody gives away more than they have. */
function requireAtLeast(user: CurrentUser, id: string, role: AccountRole): void {
  if (!includes(PERMISSION_OF[partIn(user, id, 'admin')], PERMISSION_OF[role]))
    throw new Forbidden(`Only an owner can make somebody an ${role}.`);
}

/** A member the caller may change: themselves, or anybody whose role does not exceed theirs if they are admin or owner. */
async function lockMember(
  trx: Knex.Transaction,
  user: CurrentUser,
  { id, userId }: { id: string; userId: string },
): Promise<Membership> {
  const own = partIn(user, id, user.id === userId ? 'viewer' : 'admin');
  // The account first, so that two owners cannot both take out the other one.
  await queryRows(trx, 'select from accounts where id = ? for no key update', [id]);
  const member = await Membership.query(trx).findById([id, userId]);
  if (!member) throw new NotFound('This account has no such member.');
  if (!includes(PERMISSION_OF[own], PERMISSION_OF[member.role]))
    throw new Forbidden('Only an owner can change an owner.');
  return member;
}

async function requireOwner(trx: Knex.Transaction, id: string): Promise<void> {
  const owners = await Membership.query(trx).where({ accountId: id, role: 'owner' }).resultSize();
  if (owners === 0)
    throw new InvalidState('An account needs an owner.', 'Make somebody else an owner first.');
}

const teamOf = async (trx: Knex, id: string): Promise<Team> => ({
  members: await readMembers(trx, id),
  guests: await readGuests(trx, id),
  invitations: await readInvitations(trx, id),
});

const readMembers = async (database: Knex, accountId: string): Promise<Member[]> =>
  queryRows<Member>(
    database,
    `select u.id as "userId", u.email, u.name, m.role, m.created_at as since
     from memberships m join users u on u.id = m.user_id where m.account_id = ? order by u.email`,
    [accountId],
  );

const readGuests = async (database: Knex, accountId: string): Promise<Guest[]> =>
  queryRows<Guest>(
    database,
    `select u.id as "userId", u.email, u.name, g.role, s.id as "serverId", s.name as "serverName", g.created_at as since
     from server_grants g join servers s on s.id = g.server_id join users u on u.id = g.user_id
     where s.account_id = ? and s.deleted_at is null order by s.name, u.email`,
    [accountId],
  );

const readInvitations = async (database: Knex, accountId: string): Promise<Invitation[]> =>
  queryRows<Invitation>(
    database,
    `select i.id, i.role, i.note, i.server_id as "serverId", s.name as "serverName", u.email as "invitedBy",
       i.expires_at as "expiresAt"
     from invitations i left join servers s on s.id = i.server_id left join users u on u.id = i.invited_by
     where i.account_id = ? and i.used_at is null and i.expires_at > now() order by i.created_at desc`,
    [accountId],
  );

import type { Knex } from 'knex';
import { z } from 'zod';
import { includes, PERMISSION_OF } from '../../contract/roles.ts';
import { ChangeMember, Team } from '../../contract/team.ts';
import { Membership } from '../../db/models/membership.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { CurrentUser } from '../current-user.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { Forbidden, InvalidState, NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { partIn, requireAtLeast } from '../part-in.ts';
import { teamOf } from '../team-rows.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Teams';
const ByMember = ById.extend({ userId: z.uuid() });
const ByGuest = ByMember.extend({ serverId: z.uuid() });

type TeamDeps = Pick<Deps, 'database' | 'sendsMail'>;

/** Who takes part in an account: members, guests of single servers, and invitations that are open. */
export function teamRoutes(deps: TeamDeps): Endpoint[] {
  return [readTeam(deps), changeMember(deps), removeMember(deps), removeGuest(deps)];
}

function readTeam({ database, sendsMail = false }: TeamDeps): Endpoint {
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
      ctx.body = { ...(await teamOf(database, id)), sendsMail };
    },
  });
}

function changeMember({ database, sendsMail = false }: TeamDeps): Endpoint {
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
        return { ...(await teamOf(trx, id)), sendsMail };
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
        if (removed.length === 0) throw new NotFound(say('not_shared'));
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
  if (!member) throw new NotFound(say('no_such_member'));
  if (!includes(PERMISSION_OF[own], PERMISSION_OF[member.role])) throw new Forbidden(say('owner_changes'));
  return member;
}

async function requireOwner(trx: Knex.Transaction, id: string): Promise<void> {
  const owners = await Membership.query(trx).where({ accountId: id, role: 'owner' }).resultSize();
  if (owners === 0) throw new InvalidState(say('needs_owner'), say('make_owner_first'));
}

import type { Knex } from 'knex';
import type { Guest, Invitation, Member, Team } from '../contract/team.ts';
import { queryRows } from '../db/query-rows.ts';
import { NotFound } from './errors.ts';
import { say } from '../contract/sayings.ts';

/** Who takes part in an account, and may. */
export const teamOf = async (trx: Knex, id: string): Promise<Omit<Team, 'sendsMail'>> => ({
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
    `select i.id, i.role, i.note, i.server_id as "serverId", s.name as "serverName", u.email as "invitedBy", i.email,
       case when m.id is null then null when m.outcome is null then 'sending' when m.outcome = 'sent' then 'sent'
         else 'failed' end as mail,
       i.expires_at as "expiresAt"
     from invitations i left join servers s on s.id = i.server_id left join users u on u.id = i.invited_by
       left join lateral (
         select id, outcome from mails where invitation_id = i.id order by created_at desc limit 1) m on true
     where i.account_id = ? and i.used_at is null and i.expires_at > now() order by i.created_at desc`,
    [accountId],
  );

/** An open invitation of an account; throws NotFound when there is no such one. */
export async function readInvitation(database: Knex, accountId: string, id: string): Promise<Invitation> {
  const found = (await readInvitations(database, accountId)).find((one) => one.id === id);
  if (!found) throw new NotFound(say('invitation_unknown'));
  return found;
}

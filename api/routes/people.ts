import type { Knex } from 'knex';
import type { Context } from 'koa';
import { raw } from 'objection';
import { Session } from '../../contract/auth.ts';
import {
  CreatedPerson,
  CreatePerson,
  ListPeopleQuery,
  PasswordLink,
  Person,
  PersonList,
  UpdatePerson,
} from '../../contract/people.ts';
import { createUser } from '../../db/create-user.ts';
import { User } from '../../db/models/user.ts';
import { createPasswordLinks, LINK_DAYS } from '../../db/password-links.ts';
import { toSession } from '../answer-session.ts';
import { audit } from '../audit.ts';
import { clientIp } from '../client-ip.ts';
import { decodeCursor } from '../cursor.ts';
import { findCurrentUser } from '../current-user.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidState, NameTaken, NotFound, SessionExpired } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { toPage } from '../page.ts';
import { listPeople, PEOPLE_SORT, readPerson } from '../people-rows.ts';
import { ACTING_SECONDS, endActing, openActingSession, revokeSessionsOf } from '../sessions.ts';
import { toPersonView } from '../views/people.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Administration';

type PeopleDeps = Pick<Deps, 'database' | 'jwtSecret' | 'publicUrl'>;

/** All users, for administrators: find, add, disable, help with a password, look through their eyes. */
export function peopleRoutes(deps: PeopleDeps): Endpoint[] {
  const { database } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/admin/users',
      tag: TAG,
      summary: 'All users with their accounts, the latest first',
      auth: 'admin',
      query: ListPeopleQuery,
      answers: { 200: { description: 'One page', schema: PersonList } },
      problems: ['invalid_input'],
      async handle(ctx, { query }) {
        const rows = await listPeople(database, query, decodeCursor(PEOPLE_SORT, query.cursor));
        ctx.body = toPage(rows, { limit: query.limit, sort: PEOPLE_SORT, toView: toPersonView });
      },
    }),
    createEndpoint(deps),
    endpoint({
      method: 'patch',
      path: '/admin/users/:id',
      tag: TAG,
      summary: 'Disable a user, who is logged out everywhere, or enable them again',
      auth: 'admin',
      params: ById,
      body: UpdatePerson,
      answers: { 200: { description: 'The user as they are now', schema: Person } },
      problems: ['not_found', 'invalid_input', 'invalid_state'],
      async handle(ctx, { params: { id }, body: { disabled } }) {
        const me = currentUser(ctx).id;
        if (id === me && disabled) throw new InvalidState(say('not_yourself'), say('ask_other_admin'));
        const row = await database.transaction(async (trx) => {
          const disabledAt = disabled ? raw('coalesce(disabled_at, now())') : null;
          if ((await User.query(trx).findById(id).patch({ disabledAt })) === 0)
            throw new NotFound(say('user_unknown'));
          if (disabled) await revokeSessionsOf(trx, id);
          const action = disabled ? 'user.disable' : 'user.enable';
          await audit(trx, ctx, { userId: me, action, subjectId: id });
          return readPerson(trx, id);
        });
        ctx.body = row && toPersonView(row);
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/users/:id/password-link',
      tag: TAG,
      summary: 'Make a link by which a user sets a password; shown once, and as good as the password',
      auth: 'admin-session',
      params: ById,
      answers: { 201: { description: 'Made', schema: PasswordLink } },
      problems: ['not_found', 'invalid_state'],
      async handle(ctx, { params: { id } }) {
        if (!(await User.query(database).findById(id))) throw new NotFound(say('user_unknown'));
        ctx.body = await database.transaction(async (trx) => makeLink(trx, ctx, deps, id));
        ctx.status = 201;
      },
    }),
    signInAsEndpoint(deps),
    leaveEndpoint(deps),
  ];
}

function createEndpoint(deps: PeopleDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/admin/users',
    tag: TAG,
    summary: 'Add a user, a customer with an account of their own, who sets a password by the link',
    auth: 'admin-session',
    body: CreatePerson,
    answers: { 201: { description: 'Added', schema: CreatedPerson } },
    problems: ['invalid_input', 'name_taken'],
    async handle(ctx, { body }) {
      ctx.body = await deps.database.transaction(async (trx) => {
        if (await User.query(trx).whereRaw('lower(email) = lower(?)', [body.email]).first())
          throw new NameTaken(say('user_exists', { email: body.email }));
        const { user } = await createUser(trx, body);
        // The password was drawn for nobody: the link is the way in.
        await user.$query(trx).patch({ passwordHash: null });
        await audit(trx, ctx, {
          userId: currentUser(ctx).id,
          action: 'user.create',
          subjectId: user.id,
          details: { email: user.email, role: user.role },
        });
        const passwordLink = await makeLink(trx, ctx, deps, user.id);
        const row = await readPerson(trx, user.id);
        return { user: row && toPersonView(row), passwordLink };
      });
      ctx.status = 201;
    },
  });
}

async function makeLink(
  trx: Knex,
  ctx: Context,
  { publicUrl = `${ctx.protocol}://${ctx.host}` }: PeopleDeps,
  id: string,
): Promise<PasswordLink> {
  const [made] = await createPasswordLinks(trx, [id], { publicUrl });
  if (!made) throw new InvalidState(say('user_disabled'), say('enable_first'));
  await audit(trx, ctx, { userId: currentUser(ctx).id, action: 'user.password_link', subjectId: id });
  return { link: made.link, expiresAt: new Date(Date.now() + LINK_DAYS * 86_400_000).toISOString() };
}

function signInAsEndpoint({ database, jwtSecret }: PeopleDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/admin/users/:id/sessions',
    tag: TAG,
    summary:
      'Look through the eyes of a customer: a session of theirs for an hour, in which everything done is recorded as yours',
    auth: 'admin-session',
    params: ById,
    answers: {
      201: { description: 'Opened; it cannot be refreshed, and no cookie is set', schema: Session },
    },
    problems: ['not_found', 'invalid_state'],
    async handle(ctx, { params: { id } }) {
      const admin = currentUser(ctx);
      const user = await User.query(database).findById(id);
      if (!user) throw new NotFound(say('user_unknown'));
      if (user.role === 'admin' || user.disabledAt)
        throw new InvalidState(
          say('no_acting_as'),
          user.disabledAt ? say('enable_first') : say('only_customers'),
        );
      const sessionId = await database.transaction(async (trx) => {
        await audit(trx, ctx, { userId: admin.id, action: 'session.act_as', subjectId: id });
        const userAgent = ctx.get('User-Agent') || null;
        return openActingSession(trx, { userId: id, adminId: admin.id, ip: clientIp(ctx), userAgent });
      });
      const acting = await findCurrentUser(database, sessionId);
      if (!acting) throw new SessionExpired();
      ctx.body = await toSession({ database, jwtSecret }, acting, ACTING_SECONDS);
      ctx.status = 201;
    },
  });
}

function leaveEndpoint({ database }: PeopleDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/admin/users/:id/sessions',
    tag: TAG,
    summary: 'End the sessions in which you look through the eyes of a user',
    auth: 'admin',
    params: ById,
    answers: { 204: { description: 'They have ended' } },
    async handle(ctx, { params: { id } }) {
      const adminId = currentUser(ctx).id;
      await database.transaction(async (trx) => {
        if ((await endActing(trx, { userId: id, adminId })) > 0)
          await audit(trx, ctx, { userId: adminId, action: 'session.leave', subjectId: id });
      });
      ctx.status = 204;
    },
  });
}

import { ChangePassword, OpenSessionList, UpdateProfile } from '../../contract/account.ts';
import { User } from '../../contract/auth.ts';
import { User as UserRow } from '../../db/models/user.ts';
import { hashPassword } from '../../db/passwords.ts';
import { audit } from '../audit.ts';
import { createPasswordCheck } from '../check-password.ts';
import type { CurrentUser } from '../current-user.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { revokeSessionsOf, sessionsOf } from '../sessions.ts';
import { toOpenSessionView, toUserView } from '../views/user.ts';
import { say } from '../../contract/sayings.ts';

type UserDeps = Pick<Deps, 'database' | 'loginLimits'>;

/** Who somebody is, their password, and the browsers they are logged in with. */
export function userRoutes(deps: UserDeps): Endpoint[] {
  return [me(), updateMe(deps), changePassword(deps), ...sessionRoutes(deps)];
}

function me(): Endpoint {
  return endpoint({
    method: 'get',
    path: '/users/me',
    tag: 'Users',
    summary: 'Who you are',
    auth: 'bearer',
    answers: { 200: { description: 'You', schema: User } },
    handle(ctx) {
      ctx.body = toUserView(currentUser(ctx));
    },
  });
}

function updateMe({ database }: UserDeps): Endpoint {
  return endpoint({
    method: 'patch',
    path: '/users/me',
    tag: 'Users',
    summary: 'Change what you are called',
    auth: 'session',
    body: UpdateProfile,
    answers: { 200: { description: 'You, as you are now', schema: User } },
    problems: ['invalid_input'],
    async handle(ctx, { body: { name } }) {
      const user = currentUser(ctx);
      if (name !== user.name) {
        await database.transaction(async (trx) => {
          await UserRow.query(trx).findById(user.id).patch({ name });
          await audit(trx, ctx, { userId: user.id, action: 'user.rename', subjectId: user.id });
        });
      }
      ctx.body = toUserView({ ...user, name });
    },
  });
}

function changePassword(deps: UserDeps): Endpoint {
  const { database } = deps;
  const checkPassword = createPasswordCheck(deps);
  return endpoint({
    method: 'post',
    path: '/users/me/password',
    tag: 'Users',
    summary: 'Change your password; ends your other sessions and makes links to set one useless',
    auth: 'session',
    body: ChangePassword,
    answers: { 204: { description: 'The password is changed' } },
    problems: ['invalid_input', 'rate_limited'],
    async handle(ctx, { body: { currentPassword, newPassword } }) {
      const user = currentUser(ctx);
      await checkPassword(ctx, user, { field: 'currentPassword', password: currentPassword });
      const passwordHash = await hashPassword(newPassword);
      await database.transaction(async (trx) => {
        await UserRow.query(trx).findById(user.id).patch({ passwordHash });
        await revokeSessionsOf(trx, user.id, ownSession(user));
        await trx('password_links')
          .where({ userId: user.id })
          .whereNull('usedAt')
          .update({ usedAt: new Date() });
        await audit(trx, ctx, { userId: user.id, action: 'user.set_password', subjectId: user.id });
      });
      ctx.status = 204;
    },
  });
}

function sessionRoutes({ database }: UserDeps): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/users/me/sessions',
      tag: 'Users',
      summary: 'Where you are logged in, last used first',
      auth: 'session',
      answers: { 200: { description: 'Your sessions', schema: OpenSessionList } },
      async handle(ctx) {
        const user = currentUser(ctx);
        const sessions = await sessionsOf(database, user.id).orderByRaw(
          'coalesce(last_used_at, created_at) desc, id',
        );
        ctx.body = { items: sessions.map((session) => toOpenSessionView(session, ownSession(user))) };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/users/me/sessions',
      tag: 'Users',
      summary: 'End all of your sessions but this one',
      auth: 'session',
      answers: { 204: { description: 'They have ended' } },
      async handle(ctx) {
        const user = currentUser(ctx);
        await database.transaction(async (trx) => {
          const ended = await revokeSessionsOf(trx, user.id, ownSession(user));
          if (ended > 0)
            await audit(trx, ctx, { userId: user.id, action: 'session.end_others', details: { ended } });
        });
        ctx.status = 204;
      },
    }),
    endpoint({
      method: 'delete',
      path: '/users/me/sessions/:id',
      tag: 'Users',
      summary: 'End one of your sessions',
      auth: 'session',
      params: ById,
      answers: { 204: { description: 'It has ended' } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const user = currentUser(ctx);
        await database.transaction(async (trx) => {
          const ended = await sessionsOf(trx, user.id).findById(id).patch({ revokedAt: new Date() });
          if (ended === 0) throw new NotFound(say('session_unknown'));
          await audit(trx, ctx, { userId: user.id, action: 'session.end', subjectId: id });
        });
        ctx.status = 204;
      },
    }),
  ];
}

/** The session behind a route that only sessions may call. */
function ownSession({ sessionId }: CurrentUser): string {
  if (sessionId === null) throw new Error('this route is for sessions only');
  return sessionId;
}

import { ConfirmPassword } from '../../contract/account.ts';
import { AddPasskey, Passkey, PasskeyList, PasskeyOptions, RenamePasskey } from '../../contract/passkeys.ts';
import { Passkey as PasskeyRow } from '../../db/models/passkey.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import { createPasswordCheck } from '../check-password.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidInput, issueOf, NotFound, QuotaExceeded } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { ownOrigin } from '../middleware/same-origin.ts';
import { inspectMade, passkeyCreation } from '../passkeys.ts';
import { revokeSessionsOf } from '../sessions.ts';
import { toPasskeyView } from '../views/passkey.ts';
import { say } from '../../contract/sayings.ts';

type PasskeyDeps = Pick<Deps, 'database' | 'publicUrl' | 'loginLimits'>;

/** The passkeys somebody logs in with. */
export function passkeyRoutes(deps: PasskeyDeps): Endpoint[] {
  return [list(deps), begin(deps), add(deps), rename(deps), remove(deps), reset(deps)];
}

const PATH = '/users/me/passkeys';
const TAG = 'Passkeys';
const MOST_PASSKEYS = 20;

function list({ database }: PasskeyDeps): Endpoint {
  return endpoint({
    method: 'get',
    path: PATH,
    tag: TAG,
    summary: 'Your passkeys, oldest first',
    auth: 'session',
    answers: { 200: { description: 'Your passkeys', schema: PasskeyList } },
    async handle(ctx) {
      const { id: userId } = currentUser(ctx);
      const passkeys = await PasskeyRow.query(database).where({ userId }).orderBy(['createdAt', 'id']);
      ctx.body = { items: passkeys.map(toPasskeyView) };
    },
  });
}

function begin(deps: PasskeyDeps): Endpoint {
  const { database, publicUrl } = deps;
  const checkPassword = createPasswordCheck(deps);
  return endpoint({
    method: 'post',
    path: `${PATH}/options`,
    tag: TAG,
    summary: 'Begin to add a passkey',
    auth: 'session',
    body: ConfirmPassword,
    answers: { 200: { description: 'What the browser makes it with', schema: PasskeyOptions } },
    problems: ['invalid_input', 'rate_limited'],
    async handle(ctx, { body: { password } }) {
      const user = currentUser(ctx);
      await checkPassword(ctx, user, { field: 'password', password });
      ctx.body = await passkeyCreation(database, ownOrigin(ctx, publicUrl), user);
    },
  });
}

function add({ database, publicUrl }: PasskeyDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: PATH,
    tag: TAG,
    summary: 'Add the passkey that the browser has made',
    auth: 'session',
    body: AddPasskey,
    answers: { 201: { description: 'The passkey', schema: Passkey } },
    problems: ['invalid_input', 'quota_exceeded', 'conflict'],
    async handle(ctx, { body: { name, credential } }) {
      const { id: userId } = currentUser(ctx);
      const made = await inspectMade(database, ctx, {
        credential,
        origin: ownOrigin(ctx, publicUrl),
        userId,
      });
      if (!made) throw new InvalidInput([issueOf('credential', say('passkey_unusable'))]);
      const added = await database.transaction(async (trx) => {
        // Locked, so that two at once are not one too many.
        await queryRows(trx, 'select from users where id = ? for no key update', [userId]);
        if ((await PasskeyRow.query(trx).where({ userId }).resultSize()) >= MOST_PASSKEYS)
          throw new QuotaExceeded(say('passkeys_used_up', { most: MOST_PASSKEYS }), say('remove_one'));
        const row = await PasskeyRow.query(trx).insertAndFetch({
          userId,
          credentialId: made.credential.id,
          publicKey: Buffer.from(made.credential.publicKey),
          counter: String(made.credential.counter),
          transports: made.credential.transports ?? [],
          name,
          isSynced: made.credentialBackedUp,
        });
        await audit(trx, ctx, { userId, action: 'passkey.add', subjectId: row.id, details: { name } });
        return row;
      });
      ctx.status = 201;
      ctx.body = toPasskeyView(added);
    },
  });
}

function rename({ database }: PasskeyDeps): Endpoint {
  return endpoint({
    method: 'patch',
    path: `${PATH}/:id`,
    tag: TAG,
    summary: 'Rename a passkey',
    auth: 'session',
    params: ById,
    body: RenamePasskey,
    answers: { 200: { description: 'The passkey', schema: Passkey } },
    problems: ['not_found', 'invalid_input'],
    async handle(ctx, { params: { id }, body: { name } }) {
      const { id: userId } = currentUser(ctx);
      const row = await database.transaction(async (trx) => {
        const passkey = await PasskeyRow.query(trx).findById(id).where({ userId }).forUpdate();
        if (!passkey) throw new NotFound(say('passkey_unknown'));
        if (passkey.name === name) return passkey;
        const details = { name, formerName: passkey.name };
        await audit(trx, ctx, { userId, action: 'passkey.rename', subjectId: id, details });
        return passkey.$query(trx).patchAndFetch({ name });
      });
      ctx.body = toPasskeyView(row);
    },
  });
}

function remove(deps: PasskeyDeps): Endpoint {
  const { database } = deps;
  const checkPassword = createPasswordCheck(deps);
  return endpoint({
    method: 'post',
    path: `${PATH}/:id/remove`,
    tag: TAG,
    summary: 'Remove a passkey: nobody logs in with it any more',
    auth: 'session',
    params: ById,
    body: ConfirmPassword,
    answers: { 204: { description: 'It is of no use any more' } },
    problems: ['not_found', 'invalid_input', 'rate_limited'],
    async handle(ctx, { params: { id }, body: { password } }) {
      const user = currentUser(ctx);
      await checkPassword(ctx, user, { field: 'password', password });
      await database.transaction(async (trx) => {
        const [removed] = await PasskeyRow.query(trx)
          .where({ id, userId: user.id })
          .delete()
          .returning('name');
        if (!removed) throw new NotFound(say('passkey_unknown'));
        await audit(trx, ctx, {
          userId: user.id,
          action: 'passkey.remove',
          subjectId: id,
          details: { name: removed.name },
        });
      });
      ctx.status = 204;
    },
  });
}

function reset({ database }: PasskeyDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/admin/users/:id/passkeys',
    tag: TAG,
    summary: 'Remove all passkeys of a user who has lost a device, and end their sessions',
    auth: 'admin-session',
    params: ById,
    answers: { 204: { description: 'Nobody logs in with them any more' } },
    problems: ['not_found'],
    async handle(ctx, { params: { id } }) {
      const admin = currentUser(ctx);
      await database.transaction(async (trx) => {
        const removed = await PasskeyRow.query(trx).where({ userId: id }).delete().returning('name');
        if (removed.length === 0) throw new NotFound(say('no_passkeys'));
        await revokeSessionsOf(trx, id);
        const details = { names: removed.map(({ name }) => name) };
        await audit(trx, ctx, { userId: admin.id, action: 'passkey.reset', subjectId: id, details });
      });
      ctx.status = 204;
    },
  });
}

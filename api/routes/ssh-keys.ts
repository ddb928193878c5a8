import type { Knex } from 'knex';
import {
  AddSshKey,
  ListSshKeysQuery,
  RenameSshKey,
  SavedSshKey,
  SavedSshKeyList,
} from '../../contract/ssh-keys.ts';
import { includes, PERMISSION_OF, type Permission } from '../../contract/roles.ts';
import { SshKey } from '../../db/models/ssh-key.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { CurrentUser } from '../current-user.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import {
  Forbidden,
  InvalidInput,
  issueOf,
  InvalidState,
  NameTaken,
  NotFound,
  QuotaExceeded,
} from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { parseSshKey } from '../ssh-key.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'SSH keys';
const MOST_KEYS = 100;

type KeyDeps = Pick<Deps, 'database'>;

/** The public keys an account keeps for its orders. */
export function sshKeyRoutes(deps: KeyDeps): Endpoint[] {
  return [listKeys(deps), addKey(deps), renameKey(deps), deleteKey(deps)];
}

function listKeys({ database }: KeyDeps): Endpoint {
  return endpoint({
    method: 'get',
    path: '/ssh-keys',
    tag: TAG,
    summary: 'The SSH keys of your accounts, by name',
    auth: 'bearer',
    query: ListSshKeysQuery,
    answers: { 200: { description: 'The keys', schema: SavedSshKeyList } },
    problems: ['invalid_input'],
    async handle(ctx, { query: { accountId } }) {
      const mine = accountsWith(currentUser(ctx), 'view').map(({ id }) => id);
      const wanted = accountId === undefined ? mine : mine.filter((id) => id === accountId);
      ctx.body = { items: await readKeys(database, 'k.account_id = any(?::uuid[])', [wanted]) };
    },
  });
}

function addKey({ database }: KeyDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/ssh-keys',
    tag: TAG,
    summary: 'Keep an SSH key for later orders',
    auth: 'bearer',
    body: AddSshKey,
    answers: { 201: { description: 'The key', schema: SavedSshKey } },
    problems: ['invalid_input', 'name_taken', 'quota_exceeded'],
    async handle(ctx, { body }) {
      const user = currentUser(ctx);
      const account = accountFor(user, body.accountId);
      const parsed = parseSshKey(body.publicKey);
      if (!parsed) throw new InvalidInput([issueOf('publicKey', say('damaged_key'))]);
      const { publicKey, fingerprint } = parsed;
      const name = body.name ?? parsed.name;
      ctx.body = await database.transaction(async (trx) => {
        await queryRows(trx, 'select from accounts where id = ? for no key update', [account.id]);
        const keys = await SshKey.query(trx).where({ accountId: account.id });
        const same = keys.find((key) => key.fingerprint === fingerprint);
        if (same) throw new NameTaken(say('key_exists', { account: account.name, name: same.name }));
        if (keys.length >= MOST_KEYS)
          throw new QuotaExceeded(
            say('keys_used_up', { account: account.name, most: MOST_KEYS }),
            say('delete_one'),
          );
        const added = await SshKey.query(trx).insertAndFetch({
          accountId: account.id,
          name,
          publicKey,
          fingerprint,
        });
        await audit(trx, ctx, {
          userId: user.id,
          accountId: account.id,
          action: 'ssh_key.add',
          subjectId: added.id,
          details: { name, fingerprint },
        });
        return readKey(trx, added.id);
      });
      ctx.status = 201;
    },
  });
}

function renameKey({ database }: KeyDeps): Endpoint {
  return endpoint({
    method: 'patch',
    path: '/ssh-keys/:id',
    tag: TAG,
    summary: 'Call an SSH key something else',
    auth: 'bearer',
    params: ById,
    body: RenameSshKey,
    answers: { 200: { description: 'The key', schema: SavedSshKey } },
    problems: ['not_found', 'invalid_input'],
    async handle(ctx, { params: { id }, body: { name } }) {
      const user = currentUser(ctx);
      ctx.body = await database.transaction(async (trx) => {
        const { accountId } = await lockKey(trx, user, id);
        await SshKey.query(trx).findById(id).patch({ name });
        await audit(trx, ctx, {
          userId: user.id,
          accountId,
          action: 'ssh_key.rename',
          subjectId: id,
          details: { name },
        });
        return readKey(trx, id);
      });
    },
  });
}

/** A server that is being built reads its keys, and a rebuild writes them down when it ends. */
const IN_USE = `
  select from operations where account_id = ? and type in ('provision', 'rebuild')
    and status in ('pending', 'running', 'needs_attention') limit 1`;

function deleteKey({ database }: KeyDeps): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/ssh-keys/:id',
    tag: TAG,
    summary: 'Forget an SSH key; servers that were built with it keep it inside until they are rebuilt',
    auth: 'bearer',
    params: ById,
    answers: { 204: { description: 'It is forgotten' } },
    problems: ['not_found', 'invalid_state'],
    async handle(ctx, { params: { id } }) {
      const user = currentUser(ctx);
      await database.transaction(async (trx) => {
        const { accountId, name } = await lockKey(trx, user, id);
        if ((await queryRows(trx, IN_USE, [accountId])).length > 0)
          throw new InvalidState(say('key_perhaps_used'), say('again_when_done'));
        await trx('server_ssh_keys').where({ sshKeyId: id }).delete();
        await SshKey.query(trx).deleteById(id);
        await audit(trx, ctx, {
          userId: user.id,
          accountId,
          action: 'ssh_key.delete',
          subjectId: id,
          details: { name },
        });
      });
      ctx.status = 204;
    },
  });
}

const accountsWith = ({ accounts }: CurrentUser, permission: Permission) =>
  accounts.filter(({ role }) => includes(PERMISSION_OF[role], permission));

function accountFor(user: CurrentUser, accountId = user.accounts[0]?.id): CurrentUser['accounts'][number] {
  const own = user.accounts.find(({ id }) => id === accountId);
  if (!own) throw new InvalidInput([issueOf('accountId', say('not_your_account'))]);
  if (!accountsWith(user, 'manage').includes(own))
    throw new Forbidden(say('role_keeps_no_keys', { account: own.name }));
  return own;
}

/** The key, when the caller may change it; of an account they only look at, Forbidden. */
async function lockKey(trx: Knex, user: CurrentUser, id: string): Promise<SshKey> {
  const key = await SshKey.query(trx)
    .findById(id)
    .whereIn(
      'accountId',
      accountsWith(user, 'view').map((account) => account.id),
    )
    .forUpdate();
  if (!key) throw new NotFound(say('key_unknown'));
  accountFor(user, key.accountId);
  return key;
}

async function readKeys(
  database: Knex,
  where: string,
  bindings: readonly Knex.RawBinding[],
): Promise<SavedSshKey[]> {
  const rows = await queryRows<Omit<SavedSshKey, 'createdAt'> & { createdAt: Date }>(
    database,
    `select k.id, k.account_id as "accountId", k.name, k.public_key as "publicKey", k.fingerprint,
       k.created_at as "createdAt",
       (select count(*)::int from server_ssh_keys u join servers s on s.id = u.server_id
        where u.ssh_key_id = k.id and s.deleted_at is null) as servers
     from ssh_keys k where ${where} order by lower(k.name), k.id`,
    bindings,
  );
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}

async function readKey(database: Knex, id: string): Promise<SavedSshKey> {
  const [key] = await readKeys(database, 'k.id = ?', [id]);
  if (!key) throw new NotFound(say('key_unknown'));
  return key;
}

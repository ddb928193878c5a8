import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import { includes, PERMISSION_OF } from '../contract/roles.ts';
import type { CreateServer } from '../contract/servers.ts';
import { nodesWithRoom } from '../db/capacity.ts';
import { Account } from '../db/models/account.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Plan } from '../db/models/plan.ts';
import { Server } from '../db/models/server.ts';
import { Template } from '../db/models/template.ts';
import type { SecretBox } from '../db/secrets.ts';
import type { CurrentUser } from './current-user.ts';
import {
  Forbidden,
  InvalidInput,
  issueOf,
  NoAddressLeft,
  NoCapacity,
  QuotaExceeded,
  UserDataUnsupported,
} from './errors.ts';
import type { Reply } from './idempotency.ts';
import { leaseAddresses } from './lease-addresses.ts';
import { acceptedReply, insertOperation } from './request-operation.ts';
import { saveSshKeys } from './save-ssh-keys.ts';
import { sealSecret } from './seal-secret.ts';
import { say } from '../contract/sayings.ts';

interface Order {
  ctx: Context;
  user: CurrentUser;
  input: CreateServer;
  secretBox: SecretBox;
}

/** Takes an order for a server: checks, leases, the server's row and its pending `provision`, all in `trx`. */
export async function createServer(
  trx: Knex.Transaction,
  { ctx, user, input, secretBox }: Order,
): Promise<Reply> {
  const account = await lockAccount(trx, user, input.accountId);
  const { plan, template } = await findGoods(trx, input);
  const sshKeyIds = await saveSshKeys(trx, account.id, input);
  const clusters = await clustersWithRoom(trx, { plan, template, input });
  const seal = async (purpose: string, plaintext: string | undefined) =>
    plaintext === undefined ? null : sealSecret(trx, secretBox, purpose, plaintext);

  const server = await insertServer(trx, {
    accountId: account.id,
    name: input.name,
    labels: input.labels ?? {},
    planId: plan.id,
    templateId: template.id,
    vcpu: plan.vcpu,
    memoryMib: plan.memoryMib,
    diskGib: plan.diskGib,
    passwordSecretId: await seal('server-password', input.password),
    userDataSecretId: await seal('server-user-data', input.userData),
    createdBy: user.id,
    clusterId: clusters[0],
  });
  await settleOnCluster(trx, server, clusters);
  if (sshKeyIds.length > 0)
    await trx('server_ssh_keys').insert(sshKeyIds.map((sshKeyId) => ({ serverId: server.id, sshKeyId })));
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'provision' });
  return acceptedReply(trx, server.id, operationId);
}

/** Locks the account the server will belong to, so that two orders cannot both take its last place. */
async function lockAccount(trx: Knex, user: CurrentUser, accountId = user.accounts[0]?.id): Promise<Account> {
  if (accountId === undefined) throw new Forbidden(say('no_account_to_own'));
  const own = user.accounts.find(({ id }) => id === accountId);
  if (!own) throw new InvalidInput([issueOf('accountId', say('not_your_account'))]);
  if (!includes(PERMISSION_OF[own.role], 'manage'))
    throw new Forbidden(say('role_orders_not', { account: own.name }));
  const account = await Account.query(trx).findById(own.id).forNoKeyUpdate().throwIfNotFound();
  if (account.suspendedAt) {
    throw new QuotaExceeded(say('account_suspended'), say('no_orders_until'));
  }
  const count = await Server.query(trx)
    .where('accountId', account.id)
    .whereNull('deletedAt')
    .whereNot('lifecycle', 'cancelled')
    .resultSize();
  if (count >= account.maxServers) {
    throw new QuotaExceeded(
      say('servers_used_up', { most: account.maxServers, count }),
      say('delete_or_ask'),
    );
  }
  return account;
}

async function findGoods(trx: Knex, input: CreateServer): Promise<{ plan: Plan; template: Template }> {
  const plan = await Plan.query(trx).findById(input.planId).where('enabled', true);
  const template = await Template.query(trx).findById(input.templateId).where('enabled', true);
  const issues = [
    ...(plan ? [] : [issueOf('planId', say('no_such_plan'))]),
    ...(template ? [] : [issueOf('templateId', say('no_such_template'))]),
  ];
  if (!plan || !template) throw new InvalidInput(issues);
  if (plan.diskGib < template.minDiskGib) {
    const disk = { template: template.name, gib: template.minDiskGib, has: plan.diskGib };
    throw new InvalidInput([issueOf('planId', say('disk_of_plan_small', disk))]);
  }
  return { plan, template };
}

/** The clusters that can take the server, least loaded node first. */
async function clustersWithRoom(
  trx: Knex,
  { plan, template, input: { location, userData } }: { plan: Plan; template: Template; input: CreateServer },
): Promise<[string, ...string[]]> {
  const { memoryMib, diskGib } = plan;
  const nodes = await nodesWithRoom(trx, { templateId: template.id, memoryMib, diskGib });
  const there = location === undefined ? null : await clustersAt(trx, location);
  const ids = [...new Set(nodes.map((node) => node.clusterId))].filter((id) => there?.includes(id) ?? true);
  if (ids.length === 0) throw new NoCapacity();
  if (userData === undefined) return ids as [string, ...string[]]; // not empty, as just checked
  const able = await Cluster.query(trx).findByIds(ids).whereNotNull('snippetsStorage');
  const [first, ...others] = ids.filter((id) => able.some((cluster) => cluster.id === id));
  if (first === undefined) throw new UserDataUnsupported();
  return [first, ...others];
}

async function clustersAt(trx: Knex, location: string): Promise<string[]> {
  const clusters = await Cluster.query(trx).where({ location });
  if (clusters.length === 0) throw new InvalidInput([issueOf('location', say('no_such_location'))]);
  return clusters.map(({ id }) => id);
}

/** Proxmox's own prefix, BC:24:11, and three random bytes; drawn again in the rare case that they are taken. */
async function insertServer(trx: Knex, row: Partial<Server>): Promise<Server> {
  for (;;) {
    const macAddress = `bc2411${randomBytes(3).toString('hex')}`;
    const [inserted] = await trx('servers')
      .insert({ ...row, macAddress })
      .onConflict('macAddress')
      .ignore()
      .returning('id');
    if (inserted) return Server.query(trx).findById(inserted.id).throwIfNotFound();
  }
}

/** Leases addresses in the first of the clusters that has them left, and ties the server to it. */
async function settleOnCluster(trx: Knex.Transaction, server: Server, clusters: string[]): Promise<void> {
  for (const clusterId of clusters) {
    const savepoint = await trx.transaction();
    if (await leaseAddresses(savepoint, clusterId, server.id)) {
      await savepoint.commit();
      if (clusterId !== server.clusterId) await Server.query(trx).findById(server.id).patch({ clusterId });
      return;
    }
    await savepoint.rollback();
  }
  throw new NoAddressLeft();
}

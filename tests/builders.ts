import { randomBytes, randomUUID } from 'node:crypto';
import { TOKEN_PREFIX } from '../api/middleware/authenticate.ts';
import type { AccountRole } from '../contract/roles.ts';
import type { Database } from '../db/connect.ts';
import { Account } from '../db/models/account.ts';
import { hashToken } from '../db/hash-token.ts';
import { ApiToken } from '../db/models/api-token.ts';
import { Cluster } from '../db/models/cluster.ts';
import { IpAddress } from '../db/models/ip-address.ts';
import { IpPool } from '../db/models/ip-pool.ts';
import { Membership } from '../db/models/membership.ts';
import { Node } from '../db/models/node.ts';
import { Operation } from '../db/models/operation.ts';
import { Plan } from '../db/models/plan.ts';
import { Secret } from '../db/models/secret.ts';
import { ServerAddress } from '../db/models/server-address.ts';
import { Server } from '../db/models/server.ts';
import { Storage } from '../db/models/storage.ts';
import { Template } from '../db/models/template.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import { User } from '../db/models/user.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { hashPassword } from '../db/passwords.ts';

export const PASSWORD = 'correct horse battery';
let passwordHash: Promise<string> | undefined;

/** A user whose password is PASSWORD. */
export async function buildUser(database: Database, overrides: Partial<User> = {}): Promise<User> {
  passwordHash ??= hashPassword(PASSWORD);
  return User.query(database).insertAndFetch({
    email: `user-${randomUUID()}@example.test`,
    name: 'Some User',
    passwordHash: await passwordHash,
    ...overrides,
  });
}

/** Lets a user take part in an account. */
export async function buildMember(
  database: Database,
  { account, role, ...overrides }: { account: Account; role: AccountRole } & Partial<Pick<User, 'email'>>,
): Promise<User> {
  const user = await buildUser(database, overrides);
  await Membership.query(database).insert({ accountId: account.id, userId: user.id, role });
  return user;
}

/** An API token of a user; what it is shown as is returned, once. */
export async function buildApiToken(
  database: Database,
  user: User,
  overrides: Partial<ApiToken> = {},
): Promise<string> {
  const token = `${TOKEN_PREFIX}${randomUUID()}`;
  await ApiToken.query(database).insert({
    userId: user.id,
    name: 'some token',
    tokenHash: hashToken(token),
    hint: token.slice(0, 12),
    permission: 'manage',
    ...overrides,
  });
  return token;
}

/** An account, owned by `owner` when given. */
export async function buildAccount(
  database: Database,
  { owner, ...overrides }: Partial<Account> & { owner?: User } = {},
): Promise<Account> {
  const account = await Account.query(database).insertAndFetch({ name: 'Some Account', ...overrides });
  if (owner)
    await Membership.query(database).insert({ accountId: account.id, userId: owner.id, role: 'owner' });
  return account;
}

export interface CatalogOptions {
  nodes?: number;
  nodeMemoryMib?: number;
  addresses?: number;
  /** 0 for a cluster without IPv6. */
  addressesV6?: number;
  snippets?: boolean;
}

export interface Catalog {
  cluster: Cluster;
  nodes: Node[];
  template: Template;
  plan: Plan;
  pool: IpPool;
}

let clusters = 0;

/** A cluster with online nodes that all hold one template, a pool of addresses, and a plan that fits. */
export async function buildCatalog(database: Database, options: CatalogOptions = {}): Promise<Catalog> {
  const {
    nodes: nodeCount = 2,
    nodeMemoryMib = 65_536,
    addresses = 20,
    addressesV6 = 0,
    snippets = false,
  } = options;
  clusters += 1;
  const number = clusters;
  const tokenSecret = await Secret.query(database).insertAndFetch({
    purpose: 'test',
    keyId: 'none',
    nonce: randomBytes(12),
    ciphertext: randomBytes(16),
  });
  const cluster = await Cluster.query(database).insertAndFetch({
    name: `cluster-${number}`,
    location: 'Testville',
    endpoints: ['https://127.0.0.1:8006'],
    tokenId: 'berth@pve!test',
    tokenSecretId: tokenSecret.id,
    ...(snippets ? { snippetsStorage: 'local', snippetsDir: '/var/lib/vz' } : {}),
  });
  const template = await Template.query(database).insertAndFetch({
    name: `debian-${number}`,
    osName: 'Debian',
    osVersion: '13',
    defaultUser: 'debian',
    minDiskGib: 4,
  });
  const nodes: Node[] = [];
  for (let index = 1; index <= nodeCount; index += 1) {
    const node = await Node.query(database).insertAndFetch({
      clusterId: cluster.id,
      name: `pve${index}`,
      status: 'online',
      cores: 16,
      memoryMib: nodeMemoryMib,
    });
    nodes.push(node);
    await TemplateVm.query(database).insert({
      templateId: template.id,
      nodeId: node.id,
      vmid: 9000 + index,
      storage: 'local-lvm',
    });
    await Storage.query(database).insert({
      nodeId: node.id,
      name: 'local-lvm',
      kind: 'lvmthin',
      content: ['images'],
      shared: false,
      totalMib: String(1024 * 1024),
      usedMib: '0',
    });
  }
  const plan = await Plan.query(database).insertAndFetch({
    name: `Small ${number}`,
    vcpu: 1,
    memoryMib: 1024,
    diskGib: 10,
  });
  const pool = await buildPool(database, cluster, `10.${number}.0`, addresses);
  if (addressesV6 > 0) await buildPoolV6(database, cluster, number, addressesV6);
  return { cluster, nodes, template, plan, pool };
}

async function buildPool(
  database: Database,
  cluster: Cluster,
  prefix: string,
  count: number,
): Promise<IpPool> {
  const pool = await IpPool.query(database).insertAndFetch({
    clusterId: cluster.id,
    name: 'public',
    network: `${prefix}.0/24`,
    gateway: `${prefix}.1`,
    bridge: 'vmbr0',
  });
  const rows = Array.from({ length: count }, (_, index) => ({
    poolId: pool.id,
    address: `${prefix}.${index + 10}`,
  }));
  if (rows.length > 0) await IpAddress.query(database).insert(rows);
  return pool;
}

async function buildPoolV6(
  database: Database,
  cluster: Cluster,
  number: number,
  count: number,
): Promise<void> {
  const prefix = `2001:db8:${number}`;
  const pool = await IpPool.query(database).insertAndFetch({
    clusterId: cluster.id,
    name: 'public v6',
    network: `${prefix}::/64`,
    gateway: `${prefix}::1`,
    bridge: 'vmbr0',
  });
  const rows = Array.from({ length: count }, (_, index) => ({
    poolId: pool.id,
    address: `${prefix}::${index + 10}`,
  }));
  await IpAddress.query(database).insert(rows);
}

/** An active, running server seen a moment ago, unless overridden. */
export async function buildServer(
  database: Database,
  { account, catalog, ...overrides }: Partial<Server> & { account: Account; catalog: Catalog },
): Promise<Server> {
  const { cluster, plan, template, nodes } = catalog;
  return Server.query(database).insertAndFetch({
    accountId: account.id,
    name: `server-${randomBytes(4).toString('hex')}`,
    clusterId: cluster.id,
    nodeId: nodes[0]?.id ?? null,
    planId: plan.id,
    templateId: template.id,
    vcpu: plan.vcpu,
    memoryMib: plan.memoryMib,
    diskGib: plan.diskGib,
    lifecycle: 'active',
    powerState: 'running',
    powerObservedAt: new Date(),
    macAddress: `bc2411${randomBytes(3).toString('hex')}`,
    ...overrides,
  });
}

interface ImportedServer extends Partial<Server> {
  accountId: string;
  clusterId: string;
  vmid: number;
  /** Addresses in none of Berth's pools, with or without a prefix. */
  addresses?: string[];
}

/** What a migration leaves of a server whose VM was there before Berth: no plan, template or MAC address of ours. */
export async function buildImportedServer(
  database: Database,
  { vmid, addresses = [], ...overrides }: ImportedServer,
): Promise<Server> {
  const name = overrides.name ?? `imported-${vmid}`;
  const server = await Server.query(database).insertAndFetch({
    name,
    planName: 'VPS Power',
    os: 'ubuntu-22.04',
    hostname: `${name}.example.net`,
    vcpu: 2,
    memoryMib: 2048,
    diskGib: 40,
    lifecycle: 'active',
    vmIdentity: { name, uuid: null },
    deleteProtection: true,
    ...overrides,
  });
  await VmidLease.query(database).insert({ clusterId: server.clusterId, vmid, serverId: server.id });
  for (const address of addresses)
    await ServerAddress.query(database).insert({ serverId: server.id, address });
  return server;
}

/** A pending `start`, unless overridden. */
export async function buildOperation(
  database: Database,
  { server, ...overrides }: Partial<Operation> & { server: Server },
): Promise<Operation> {
  return Operation.query(database).insertAndFetch({
    serverId: server.id,
    accountId: server.accountId,
    type: 'start',
    status: 'pending',
    ...overrides,
  });
}

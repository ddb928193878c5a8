import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryRows } from './query-rows.ts';
import { Event } from './models/event.ts';
import { IpAddress } from './models/ip-address.ts';
import { IpLease } from './models/ip-lease.ts';
import { Operation } from './models/operation.ts';
import { OperationEvent } from './models/operation-event.ts';
import { Secret } from './models/secret.ts';
import { Server } from './models/server.ts';
import { User } from './models/user.ts';
import { VmidLease } from './models/vmid-lease.ts';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { until } from '../tests/until.ts';
import type { Account } from './models/account.ts';
import type { Database } from './connect.ts';

let test: TestDatabase;
let database: Database;
let account: Account;
let catalog: Catalog;
beforeAll(async () => {
  test = await createTestDatabase();
  ({ database } = test);
  account = await buildAccount(database);
  catalog = await buildCatalog(database);
});
afterAll(async () => test.drop());

const someServer = async (overrides: Partial<Server> = {}) =>
  buildServer(database, { account, catalog, ...overrides });

describe('what the database itself refuses', () => {
  it('has one live operation per server at most, and any number that are over', async () => {
    const server = await someServer();
    const finishedAt = new Date();
    await buildOperation(database, { server, status: 'succeeded', finishedAt });
    await buildOperation(database, { server, status: 'cancelled', finishedAt });
    for (const status of ['pending', 'running', 'needs_attention'] as const) {
      const live = await buildOperation(database, { server, status });
      for (const second of ['pending', 'running', 'needs_attention'] as const) {
        await expect(buildOperation(database, { server, status: second })).rejects.toThrow(
          'operations_one_live_per_server',
        );
      }
      await live.$query(database).patch({ status: 'succeeded', finishedAt });
    }
  });

  it('leases a VM id once per cluster, one per server, and the same one on another cluster', async () => {
    const [one, two] = [await someServer(), await someServer()];
    const lease = { clusterId: catalog.cluster.id, vmid: 100_000 };
    await VmidLease.query(database).insert({ ...lease, serverId: one.id });
    await expect(VmidLease.query(database).insert({ ...lease, serverId: two.id })).rejects.toThrow(
      'vmid_leases_pkey',
    );
    await expect(
      VmidLease.query(database).insert({ ...lease, vmid: 100_001, serverId: one.id }),
    ).rejects.toThrow('vmid_leases_server_id_key');
    const { cluster } = await buildCatalog(database);
    await VmidLease.query(database).insert({ clusterId: cluster.id, vmid: 100_000, serverId: two.id });
  });

  it('leases an address once, and keeps the addresses of all pools apart', async () => {
    const [one, two] = [await someServer(), await someServer()];
    const address = await IpAddress.query(database).first().throwIfNotFound();
    await IpLease.query(database).insert({ ipAddressId: address.id, serverId: one.id });
    await expect(
      IpLease.query(database).insert({ ipAddressId: address.id, serverId: two.id }),
    ).rejects.toThrow('ip_leases_pkey');
    await expect(
      IpAddress.query(database).insert({ poolId: catalog.pool.id, address: address.address }),
    ).rejects.toThrow('ip_addresses_address_key');
    await expect(
      IpAddress.query(database).insert({ poolId: catalog.pool.id, address: '10.200.0.0/24' }),
    ).rejects.toThrow('ip_addresses_address_check');
  });

  it('knows an e-mail address again in any case', async () => {
    await buildUser(database, { email: 'Someone@Example.test' });
    await expect(buildUser(database, { email: 'someone@example.TEST' })).rejects.toThrow('users_email_key');
    await expect(buildUser(database, { email: ' blank@example.test' })).rejects.toThrow('users_email_check');
    await expect(buildUser(database, { email: 'nobody' })).rejects.toThrow('users_email_check');
  });

  it('has a date of deletion for deleted servers and for no others', async () => {
    await expect(someServer({ lifecycle: 'deleted' })).rejects.toThrow('servers_check');
    await expect(someServer({ deletedAt: new Date() })).rejects.toThrow('servers_check');
    await someServer({ lifecycle: 'deleted', deletedAt: new Date() });
  });

  it('has a code for every failed operation, and an end for every one that is over', async () => {
    const server = await someServer();
    const finishedAt = new Date();
    const failed = { server, status: 'failed', finishedAt } as const;
    await expect(buildOperation(database, failed)).rejects.toThrow('operations_check1');
    await expect(buildOperation(database, { server, status: 'succeeded' })).rejects.toThrow(
      'operations_check',
    );
    await expect(buildOperation(database, { server, finishedAt })).rejects.toThrow('operations_check');
    await buildOperation(database, { ...failed, errorCode: 'vm_gone' });
  });

  it.each(['a', 'web-1', '0', 'a'.repeat(63)])('takes the server name %s', async (name) => {
    expect((await someServer({ name })).name).toBe(name);
  });

  it.each(['', '-web', 'web-', 'Web', 'web 1', 'web.example', 'wéb', 'web\n', 'a'.repeat(64), 'a;b'])(
    'refuses the server name %j',
    async (name) => {
      await expect(someServer({ name })).rejects.toThrow('servers_name_check');
    },
  );

  it('gives every server a MAC address of its own', async () => {
    await someServer({ macAddress: 'bc:24:11:00:00:01' });
    await expect(someServer({ macAddress: 'BC-24-11-00-00-01' })).rejects.toThrow('servers_mac_address_key');
  });

  it('keeps a server that operations or leases still speak of', async () => {
    const server = await someServer();
    const operation = await buildOperation(database, { server });
    await expect(Server.query(database).deleteById(server.id)).rejects.toThrow('foreign key');
    await operation.$query(database).delete();
    await VmidLease.query(database).insert({
      clusterId: catalog.cluster.id,
      vmid: 100_500,
      serverId: server.id,
    });
    await expect(Server.query(database).deleteById(server.id)).rejects.toThrow('foreign key');
  });

  it('records one report per fence and number, in states there are', async () => {
    const operation = await buildOperation(database, { server: await someServer() });
    const report = { operationId: operation.id, fence: 1, seq: 1, step: 'start', state: 'running' } as const;
    await OperationEvent.query(database).insert(report);
    await expect(OperationEvent.query(database).insert(report)).rejects.toThrow('operation_events');
    await OperationEvent.query(database).insert({ ...report, fence: 2 });
    await expect(database('operation_events').insert({ ...report, seq: 2, state: 'lost' })).rejects.toThrow(
      'operation_events_state_check',
    );
  });

  const BAD_VALUES: [string, string, Record<string, unknown>][] = [
    ['an unknown role', 'users', { email: 'r@example.test', password_hash: 'x', role: 'owner' }],
    ['an account without a name', 'accounts', { name: '' }],
    ['a negative quota', 'accounts', { name: 'x', max_servers: -1 }],
    ['a plan without memory', 'plans', { name: 'x', vcpu: 1, memory_mib: 0, disk_gib: 1 }],
    ['a plan without processors', 'plans', { name: 'x', vcpu: 0, memory_mib: 128, disk_gib: 1 }],
    [
      'a secret with a short nonce',
      'secrets',
      { purpose: 'x', key_id: 'x', nonce: Buffer.alloc(8), ciphertext: Buffer.alloc(16) },
    ],
  ];
  it.each(BAD_VALUES)('refuses %s', async (_what, table, row) => {
    await expect(database(table).insert(row)).rejects.toThrow('check constraint');
  });

  it('refuses a range of VM ids that is empty or Proxmox does not have', async () => {
    const { cluster } = await buildCatalog(database);
    for (const range of [{ vmidMin: 99 }, { vmidMax: 1_000_000_000 }, { vmidMin: 500, vmidMax: 499 }]) {
      await expect(cluster.$query(database).patch(range)).rejects.toThrow('check constraint');
    }
  });

  it('keeps a secret that a server still needs', async () => {
    const secret = await Secret.query(database).insertAndFetch({
      purpose: 'server-password',
      keyId: 'x',
      nonce: Buffer.alloc(12),
      ciphertext: Buffer.alloc(16),
    });
    await someServer({ passwordSecretId: secret.id });
    await expect(Secret.query(database).deleteById(secret.id)).rejects.toThrow('foreign key');
  });

  it('drops what belongs to a user with the user', async () => {
    const user = await buildUser(database);
    await buildAccount(database, { owner: user });
    await database('idempotency_keys').insert({ user_id: user.id, key: randomUUID(), request_hash: 'x' });
    expect(await User.query(database).deleteById(user.id)).toBe(1);
    expect(await queryRows(database, 'select from idempotency_keys')).toEqual([]);
  });
});

describe('the live feed written by triggers', () => {
  const latest = async (serverId: string) => Event.query(database).where({ serverId }).orderBy('id');
  /** What the feed gained by `change`. */
  async function gained(serverId: string, change: () => PromiseLike<unknown>) {
    const before = (await latest(serverId)).length;
    await change();
    return (await latest(serverId)).slice(before).map(({ accountId, operationId }) => ({
      accountId,
      operationId,
    }));
  }

  it('has a line for a new server, for a change a browser shows, and for nothing else', async () => {
    const server = await someServer();
    const ofServer = [{ accountId: account.id, operationId: null }];
    expect(await latest(server.id)).toHaveLength(1);
    const patch = (values: Partial<Server>) => async () => server.$query(database).patch(values);
    expect(await gained(server.id, patch({ powerState: 'stopped' }))).toEqual(ofServer);
    expect(await gained(server.id, patch({ nodeId: null }))).toEqual(ofServer);
    expect(await gained(server.id, patch({ lifecycle: 'suspended' }))).toEqual(ofServer);
    expect(await gained(server.id, patch({ powerState: 'stopped' }))).toEqual([]);
    expect(await gained(server.id, patch({ powerObservedAt: new Date() }))).toEqual([]);
  });

  it('has a line for each visible change of an operation', async () => {
    const server = await someServer();
    const operation = await buildOperation(database, { server });
    const ofOperation = [{ accountId: account.id, operationId: operation.id }];
    const patch = (values: Partial<Operation>) => async () => operation.$query(database).patch(values);
    expect((await latest(server.id)).at(-1)).toMatchObject({ operationId: operation.id });
    for (const change of [
      { status: 'running' },
      { step: 'start' },
      { percent: 10 },
      { note: 'waiting' },
      { lastSeq: 1 },
      { cancelRequestedAt: new Date() },
    ] as const) {
      expect(await gained(server.id, patch(change))).toEqual(ofOperation);
    }
    expect(await gained(server.id, patch({ runId: 'another' }))).toEqual([]);
  });

  it('wakes listeners with the id of the line, and only once it is committed', async () => {
    const listener = new pg.Client({ connectionString: test.url });
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.query('listen berth_events');
    await expect(
      database.transaction(async (trx) => {
        await buildServer(trx, { account, catalog });
        throw new Error('taken back');
      }),
    ).rejects.toThrow('taken back');
    const server = await someServer();
    const [line] = await latest(server.id);
    await until(() => heard.length > 0);
    await listener.end();
    expect(heard).toEqual([line?.id]);
  });
});

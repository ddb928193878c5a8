import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { Drift } from '../../db/models/drift.ts';
import { Orphan } from '../../db/models/orphan.ts';
import { Server } from '../../db/models/server.ts';
import { DriftList, OrphanList, ReconcileStateList, Truth } from '../../contract/reconcile.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
import { sweepFindings } from '../start-finding.ts';

let api: TestApi;
let admin: string;
let customer: string;
let catalog: Catalog;
let server: Server;
beforeAll(async () => {
  api = await startTestApi();
  const { database } = api;
  admin = await api.logIn(await buildUser(database, { role: 'admin' }));
  const user = await buildUser(database);
  customer = await api.logIn(user);
  catalog = await buildCatalog(database);
  server = await buildServer(database, { account: await buildAccount(database, { owner: user }), catalog });
});
afterAll(async () => api.close());
beforeEach(async () => {
  await Drift.query(api.database).delete();
  await Orphan.query(api.database).delete();
  api.temporal.started.length = 0;
  api.temporal.isAway = false;
});

const call = async (method: string, path: string, body?: unknown) =>
  api.call(method, path, { token: admin, ...(body === undefined ? {} : { body }) });

const buildDrift = async (overrides: Partial<Drift> = {}): Promise<Drift> =>
  Drift.query(api.database).insertAndFetch({
    serverId: server.id,
    field: 'memory',
    owner: 'berth',
    recordValue: '1024',
    proxmoxValue: '2048',
    ...overrides,
  });
const buildOrphan = async (overrides: Partial<Orphan> = {}): Promise<Orphan> =>
  Orphan.query(api.database).insertAndFetch({
    clusterId: catalog.cluster.id,
    kind: 'marked_vm_without_server',
    identifier: randomUUID(),
    node: 'pve1',
    evidence: { name: 'lost', vmid: 100_001, serverId: randomUUID() },
    sightings: 2,
    lastRunId: 'run',
    ...overrides,
  });

it.each([
  ['GET', '/admin/reconcile'],
  ['POST', `/admin/clusters/${randomUUID()}/reconcile`],
  ['GET', '/admin/drift'],
  ['GET', `/admin/servers/${randomUUID()}/truth`],
  ['POST', `/admin/drift/${randomUUID()}/repair`],
  ['POST', `/admin/drift/${randomUUID()}/accept`],
  ['GET', '/admin/orphans'],
  ...['quarantine', 'release', 'dismiss', 'destroy'].map((verb) => [
    'POST',
    `/admin/orphans/${randomUUID()}/${verb}`,
  ]),
])('%s %s is for administrators only', async (method = '', path = '') => {
  const options = method === 'POST' ? { body: {} } : {};
  expect((await api.call(method, path, options)).status).toBe(401);
  expect((await api.call(method, path, { ...options, token: customer })).status).toBe(403);
});

it('knows nothing of a server that has not been read, and of one there is none', async () => {
  const unread = await call('GET', `/admin/servers/${server.id}/truth`);
  expect(Truth.parse(unread.body)).toMatchObject({ readAt: null, fields: [], drift: [] });
  expect((await call('GET', `/admin/servers/${randomUUID()}/truth`)).status).toBe(404);
  expect(ReconcileStateList.parse((await call('GET', '/admin/reconcile')).body).items).toMatchObject([
    { lastRun: null, drift: 0, orphans: {} },
  ]);
});

it('says that Temporal is away when a comparison is to begin', async () => {
  api.temporal.isAway = true;
  const answer = await call('POST', `/admin/clusters/${catalog.cluster.id}/reconcile`);
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
});

describe('drift', () => {
  it('is listed page by page, the latest first, with who owns the field', async () => {
    for (const [index, field] of (['memory', 'vcpu', 'node'] as const).entries())
      await buildDrift({ field, firstSeenAt: new Date(index * 1_000) });
    const first = DriftList.parse((await call('GET', '/admin/drift?limit=2')).body);
    expect(first.items.map(({ field }) => field)).toEqual(['node', 'vcpu']);
    expect(first.items[0]).toMatchObject({ serverName: server.name, canRepair: false, canAccept: true });
    const { items, nextCursor } = (await call('GET', `/admin/drift?limit=2&cursor=${first.nextCursor}`)).body;
    expect([items.map((one: { field: string }) => one.field), nextCursor]).toEqual([['memory'], null]);
    expect((await call('GET', `/admin/drift?server=${randomUUID()}`)).body.items).toEqual([]);
  });

  it('is repaired under the workflow id of its server, by the sweeper when Temporal was away', async () => {
    const { id } = await buildDrift();
    api.temporal.isAway = true;
    const answer = await call('POST', `/admin/drift/${id}/repair`);
    expect([answer.status, answer.body.repairRequestedAt]).toEqual([202, expect.any(String)]);
    expect(api.temporal.started).toEqual([]);
    api.temporal.isAway = false;
    await sweepFindings({ database: api.database, temporal: api.temporal.client }, 0);
    expect(api.temporal.started).toMatchObject([{ name: 'repairServer', workflowId: `server/${server.id}` }]);
    expect(await AuditEntry.query(api.database).where({ subjectId: id })).toMatchObject([
      { action: 'drift.repair', details: { field: 'memory', record: '1024', proxmox: '2048' } },
    ]);
  });

  it.each([
    ['repair', { field: 'node', owner: 'proxmox', proxmoxValue: 'pve2' }],
    ['accept', { field: 'marker', proxmoxValue: null }],
    ['accept', { field: 'bridge', proxmoxValue: 'vmbr1' }],
    ['accept', { field: 'name', proxmoxValue: 'Not A Name' }],
    ['accept', { field: 'node', proxmoxValue: 'no-such-node' }],
    ['accept', { resolvedAt: new Date(), resolution: 'vanished' }],
  ] as [string, Partial<Drift>][])(
    'cannot be settled by %s when that makes no sense: %o',
    async (verb, it) => {
      const { id } = await buildDrift(it);
      expect(await call('POST', `/admin/drift/${id}/${verb}`)).toMatchObject({
        status: 409,
        body: { code: 'invalid_state' },
      });
      expect(api.temporal.started).toEqual([]);
    },
  );

  it.each([
    [{ field: 'name', proxmoxValue: 'db-1' }, { name: 'db-1' }],
    [{ field: 'disk', proxmoxValue: '12.5' }, { diskGib: 12 }],
    [{ field: 'mac', proxmoxValue: 'BC:24:11:0A:0B:0C' }, { macAddress: 'bc:24:11:0a:0b:0c' }],
    [{ field: 'protection', proxmoxValue: 'yes' }, { deleteProtection: true }],
    [{ field: 'power', proxmoxValue: 'stopped' }, { powerState: 'stopped' }],
  ] as [Partial<Drift>, Partial<Server>][])('%o is accepted into the record', async (given, expected) => {
    const { id } = await buildDrift(given);
    expect((await call('POST', `/admin/drift/${id}/accept`)).status).toBe(200);
    expect(await Server.query(api.database).findById(server.id)).toMatchObject(expected);
  });
});

describe('orphans', () => {
  it('are listed from their second sighting on, filtered by kind and state', async () => {
    await buildOrphan({ sightings: 1 });
    const vm = await buildOrphan();
    const disk = await buildOrphan({ kind: 'disk' });
    const dismissed = await buildOrphan({ state: 'dismissed' });
    const list = async (query = '') =>
      OrphanList.parse((await call('GET', `/admin/orphans${query}`)).body).items.map(({ id }) => id);
    expect((await list()).toSorted()).toEqual([vm.id, disk.id].toSorted());
    expect(await list('?kind=disk')).toEqual([disk.id]);
    expect(await list('?state=dismissed')).toEqual([dismissed.id]);
    expect((await call('GET', '/admin/reconcile')).body.items[0].orphans).toEqual({
      marked_vm_without_server: 1,
      disk: 1,
    });
  });

  it('are settled once however often it is asked for, and not in two ways at once', async () => {
    const { id } = await buildOrphan();
    for (const _again of [1, 2])
      expect((await call('POST', `/admin/orphans/${id}/quarantine`)).body.request).toBe('quarantine');
    expect(api.temporal.started).toMatchObject([{ name: 'settleOrphan', workflowId: `orphan/${id}` }]);
    expect(await call('POST', `/admin/orphans/${id}/dismiss`)).toMatchObject({
      status: 409,
      body: { title: 'quarantine is under way.' },
    });
  });

  it('are destroyed only from a quarantine that is over, by the name typed', async () => {
    const destroy = async (orphan: Orphan, body = {}) =>
      call('POST', `/admin/orphans/${orphan.id}/destroy`, body);
    expect((await destroy(await buildOrphan(), { name: 'lost' })).status).toBe(409);
    const inQuarantine = { state: 'quarantined' } as const;
    const early = await buildOrphan({ ...inQuarantine, quarantinedUntil: new Date(Date.now() + 60_000) });
    expect((await destroy(early, { name: 'lost' })).status).toBe(409);
    const over = await buildOrphan({ ...inQuarantine, quarantinedUntil: new Date() });
    expect((await destroy(over)).status).toBe(422);
    expect((await destroy(over, { name: 'Lost' })).status).toBe(422);
    expect(api.temporal.started).toEqual([]);
    expect((await destroy(over, { name: 'lost' })).status).toBe(202);
  });

  it('that are gone, or have been seen once, are left alone', async () => {
    const gone = await buildOrphan({ goneAt: new Date() });
    expect((await call('POST', `/admin/orphans/${gone.id}/quarantine`)).status).toBe(409);
    const once = await buildOrphan({ sightings: 1 });
    expect((await call('POST', `/admin/orphans/${once.id}/quarantine`)).status).toBe(404);
  });
});

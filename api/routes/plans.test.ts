import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ManagedPlan,
  ManagedPlanList,
  ManagedTemplate,
  ManagedTemplateList,
} from '../../contract/catalog.ts';
import { AddedAddresses, PoolList } from '../../contract/pools.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { IpAddress } from '../../db/models/ip-address.ts';
import { IpLease } from '../../db/models/ip-lease.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';

let api: TestApi;
let token: string;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  token = await api.logIn(await buildUser(api.database, { role: 'admin' }));
  catalog = await buildCatalog(api.database, { addresses: 3 });
});
afterAll(async () => api.close());

const send = async (method: string, path: string, body?: object) =>
  api.call(method, path, { token, ...(body ? { body } : {}) });

describe('plans', () => {
  const size = { vcpu: 2, memoryMib: 4096, diskGib: 80 };
  const offered = async () =>
    (await send('GET', '/plans')).body.items.map(({ name }: { name: string }) => name);

  it('are added and can be ordered from then on', async () => {
    const { status, body } = await send('POST', '/admin/plans', { name: 'Fresh', ...size });
    expect([status, ManagedPlan.parse(body)]).toEqual([
      201,
      {
        id: body.id,
        name: 'Fresh',
        ...size,
        trafficGib: null,
        networkMbps: null,
        enabled: true,
        servers: 0,
      },
    ]);
    expect(await offered()).toContain('Fresh');
    const again = await send('POST', '/admin/plans', { name: 'Fresh', ...size });
    expect(again.body.code).toBe('name_taken');
  });

  it('are taken off the offer and stay listed, with how many servers have them', async () => {
    const account = await buildAccount(api.database);
    await buildServer(api.database, { account, catalog });
    const { plan } = catalog;
    expect((await send('PATCH', `/admin/plans/${plan.id}`, { enabled: false })).body).toMatchObject({
      enabled: false,
      servers: 1,
    });
    expect(await offered()).not.toContain(plan.name);
    const { items } = ManagedPlanList.parse((await send('GET', '/admin/plans')).body);
    expect(items.map(({ id }) => id)).toContain(plan.id);
    const [entry] = await AuditEntry.query(api.database).where({ subjectId: plan.id });
    expect(entry).toMatchObject({ action: 'plan.update', details: { enabled: false } });
  });

  it('change their size for orders to come', async () => {
    const { body } = await send('POST', '/admin/plans', { name: 'Growing', ...size });
    const changes = { vcpu: 4, networkMbps: 1000 };
    expect((await send('PATCH', `/admin/plans/${body.id}`, changes)).body).toMatchObject(changes);
    const taken = await send('PATCH', `/admin/plans/${body.id}`, { name: catalog.plan.name });
    expect(taken.body.code).toBe('name_taken');
    expect((await send('PATCH', `/admin/plans/${randomUUID()}`, changes)).status).toBe(404);
  });

  it.each([{}, { vcpu: 0 }, { memoryMib: 64 }, { price: 1 }])('refuse %j', async (body) => {
    expect((await send('PATCH', `/admin/plans/${catalog.plan.id}`, body)).body.code).toBe('invalid_input');
  });
});

describe('templates', () => {
  it('are listed with the nodes that hold them', async () => {
    const { items } = ManagedTemplateList.parse((await send('GET', '/admin/templates')).body);
    const template = items.find(({ id }) => id === catalog.template.id);
    expect(template).toMatchObject({ readyWhen: 'agent', minDiskGib: 4, enabled: true });
    expect(template?.places.map(({ node, vmid }) => `${node} ${vmid}`)).toEqual(['pve1 9001', 'pve2 9002']);
  });

  it('are taken off the offer, and told what new servers need', async () => {
    const changes = { enabled: false, readyWhen: 'running', minDiskGib: 20 };
    const { body } = await send('PATCH', `/admin/templates/${catalog.template.id}`, changes);
    expect(ManagedTemplate.parse(body)).toMatchObject(changes);
    expect((await send('GET', '/templates')).body.items).toEqual([]);
    expect((await send('PATCH', `/admin/templates/${randomUUID()}`, changes)).status).toBe(404);
  });
});

describe('pools', () => {
  const network = { network: '198.51.100.0/24', gateway: '198.51.100.1', bridge: 'vmbr0' };
  const create = async (over: object) =>
    send('POST', '/admin/pools', {
      clusterId: catalog.cluster.id,
      ...network,
      first: '198.51.100.10',
      count: 2,
      ...over,
    });

  it('tell how many of their addresses are leased, reserved and free', async () => {
    const server = await buildServer(api.database, {
      account: await buildAccount(api.database),
      catalog,
    });
    const [first, second] = await IpAddress.query(api.database).where({ poolId: catalog.pool.id });
    await IpLease.query(api.database).insert({ ipAddressId: first?.id ?? '', serverId: server.id });
    await second?.$query(api.database).patch({ reserved: true });
    const { items } = PoolList.parse((await send('GET', '/admin/pools')).body);
    expect(items.find(({ id }) => id === catalog.pool.id)).toMatchObject({
      cluster: catalog.cluster.name,
      addresses: 3,
      leased: 1,
      reserved: 1,
      free: 1,
    });
  });

  it('are added, and get more addresses', async () => {
    const made = AddedAddresses.parse((await create({ name: 'more', vlan: 7 })).body);
    expect([made.added, made.pool]).toMatchObject([2, { name: 'more', vlan: 7, free: 2 }]);
    const path = `/admin/pools/${made.pool.id}/addresses`;
    const { status, body } = await send('POST', path, { first: '198.51.100.20', count: 5 });
    expect([status, AddedAddresses.parse(body).pool.addresses]).toEqual([201, 7]);
    const again = await send('POST', path, { first: '198.51.100.24', count: 2 });
    expect(again.body.issues).toMatchObject([
      { field: 'first', message: '1 of these addresses are in a pool already.' },
    ]);
    expect((await create({ name: 'more' })).body.code).toBe('name_taken');
    const nowhere = `/admin/pools/${randomUUID()}/addresses`;
    expect((await send('POST', nowhere, { first: '192.0.2.1', count: 1 })).status).toBe(404);
  });

  it.each([
    ['network', { network: '198.51.100.7/24' }],
    ['gateway', { gateway: '10.0.0.1' }],
    ['first', { first: '198.51.100.254', count: 9 }],
    ['clusterId', { clusterId: randomUUID() }],
    ['network', { network: 'everything' }],
  ])('say that %s is wrong in %j', async (field, over) => {
    const { body } = await create({ name: 'wrong', ...over });
    expect(body.issues.map((issue: { field: string }) => issue.field)).toEqual([field]);
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { Accepted } from '../../contract/servers.ts';
import { Node } from '../../db/models/node.ts';
import { Operation } from '../../db/models/operation.ts';
import { Plan } from '../../db/models/plan.ts';
import type { Server } from '../../db/models/server.ts';
import {
  buildAccount,
  buildCatalog,
  buildImportedServer,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
});
afterAll(async () => api.close());

let plans = 0;
const somePlan = async (size: Partial<Plan> = {}) =>
  Plan.query(api.database).insertAndFetch({
    name: `Plan ${(plans += 1)}`,
    vcpu: 4,
    memoryMib: 4_096,
    diskGib: 20,
    ...size,
  });

async function someServer(overrides: Partial<Server> = {}, account: { suspendedAt?: Date } = {}) {
  const owner = await buildUser(api.database);
  const owned = await buildAccount(api.database, { owner, ...account });
  const server = await buildServer(api.database, { account: owned, catalog, ...overrides });
  return { server, account: owned, ...(await callsAbout(server, owner)) };
}

async function callsAbout({ id }: Server, owner: Awaited<ReturnType<typeof buildUser>>) {
  const token = await api.logIn(owner);
  return {
    resize: async (body: object) => api.call('POST', `/servers/${id}/resize`, { token, body }),
    operations: async () => Operation.query(api.database).where({ serverId: id }),
  };
}

it('is accepted with the numbers of both sizes, read from the tables, and starts its workflow', async () => {
  const { server, resize, operations } = await someServer();
  const plan = await somePlan({ networkMbps: 200 });
  const answer = await resize({ planId: plan.id });
  expect(answer.status).toBe(202);
  const { operation } = Accepted.parse(answer.body);
  expect(operation).toMatchObject({ type: 'resize', status: 'pending' });
  expect(operation.steps.map(({ name }) => name)).toEqual(['check', 'disk', 'configure']);
  const { planId, vcpu, memoryMib, diskGib } = server;
  expect((await operations())[0]?.params).toEqual({
    target: { planId: plan.id, vcpu: 4, memoryMib: 4_096, diskGib: 20, networkMbps: 200 },
    former: { planId, vcpu, memoryMib, diskGib },
  });
  expect(api.temporal.started.at(-1)).toMatchObject({
    name: 'resizeServer',
    workflowId: `server/${server.id}`,
    memo: { operationId: operation.id },
  });
  expect((await resize({ planId: plan.id })).body).toMatchObject({
    status: 409,
    code: 'server_busy',
    operation: { id: operation.id },
  });
});

it('refuses to shrink a disk, naming the field and what to do, and keeps the disk when told so', async () => {
  const { resize, operations } = await someServer({ diskGib: 40 });
  const plan = await somePlan();
  const refused = await resize({ planId: plan.id });
  expect(refused.body).toMatchObject({
    status: 422,
    code: 'disk_shrink',
    detail: expect.stringContaining('"keepDisk": true'),
    issues: [{ field: 'planId', message: 'this plan has a disk of 20 GiB, the server one of 40 GiB' }],
  });
  expect(await operations()).toEqual([]);
  expect((await resize({ planId: plan.id, keepDisk: true })).status).toBe(202);
  expect((await operations())[0]?.params.target).toMatchObject({ vcpu: 4, diskGib: 40 });
});

it('refuses a plan that is not there, disabled, or the one the server has', async () => {
  const { server, resize, operations } = await someServer();
  const disabled = await somePlan({ enabled: false });
  for (const planId of [disabled.id, server.id, server.planId]) {
    const { body } = await resize({ planId });
    expect([body.code, body.issues[0].field]).toEqual(['invalid_input', 'planId']);
  }
  expect(await operations()).toEqual([]);
});

it('refuses what the node has no room for, and says that the server could be moved first', async () => {
  const { resize, operations } = await someServer();
  for (const [size, lack] of [
    [{ memoryMib: 65_537 }, 'MiB of memory more where'],
    [{ vcpu: 17 }, '17 processors where there are 16'],
    [{ diskGib: 2_048 }, '2038 GiB of disk more where 1024 are free'],
  ] as const) {
    const { body } = await resize({ planId: (await somePlan(size)).id });
    expect(body).toMatchObject({ status: 422, code: 'no_capacity' });
    expect(body.title).toContain(lack);
    expect(body.detail).toContain('moved to another node first');
  }
  expect(await operations()).toEqual([]);
});

it('lets only one of two servers grow at once into the room that is left for one', async () => {
  const small = await buildCatalog(api.database, { nodes: 1, nodeMemoryMib: 8_192 });
  const place = { clusterId: small.cluster.id, nodeId: small.nodes[0]?.id ?? null };
  const { id: planId } = await somePlan({ memoryMib: 6_144, diskGib: 10 });
  const servers = await Promise.all([someServer(place), someServer(place)]);
  const answers = await Promise.all(servers.map(async ({ resize }) => resize({ planId })));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 422]);
  await Node.query(api.database).findById(String(place.nodeId)).patch({ memoryMib: 16_384 });
  const refused = servers[answers.findIndex(({ status }) => status === 422)];
  expect((await refused?.resize({ planId }))?.status).toBe(202);
});

it('lets a server shrink on a node that is too full', async () => {
  const { resize } = await someServer({ memoryMib: 70_000 });
  expect((await resize({ planId: (await somePlan()).id })).status).toBe(202);
});

it('changes an imported server too', async () => {
  const owner = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner });
  const ids = { accountId: account.id, clusterId: catalog.cluster.id };
  const server = await buildImportedServer(api.database, { ...ids, vmid: 101 });
  const { resize, operations } = await callsAbout(server, owner);
  expect((await resize({ planId: (await somePlan({ diskGib: 40 })).id })).status).toBe(202);
  expect((await operations())[0]?.params.former).toMatchObject({ planId: null, vcpu: 2, diskGib: 40 });
});

it('says what holds the server first, and refuses one that is not in use or whose account is suspended', async () => {
  const { id: planId } = await somePlan();
  const suspended = await someServer({ lifecycle: 'suspended' });
  expect((await suspended.resize({ planId })).body.code).toBe('invalid_state');
  await buildOperation(api.database, { server: suspended.server, type: 'unsuspend' });
  expect((await suspended.resize({ planId })).body.code).toBe('server_busy');
  const unpaid = await someServer({}, { suspendedAt: new Date() });
  expect((await unpaid.resize({ planId })).body.code).toBe('quota_exceeded');
  const stranger = await callsAbout(unpaid.server, await buildUser(api.database));
  expect((await stranger.resize({ planId })).status).toBe(404);
});

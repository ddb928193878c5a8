import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AdoptionPreview, type VmInspection } from '../../contract/adoptions.ts';
import { Operation } from '../../db/models/operation.ts';
import { Server } from '../../db/models/server.ts';
import { VmidLease } from '../../db/models/vmid-lease.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import {
  buildAccount,
  buildCatalog,
  buildImportedServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import { ClusterUnreachable } from '../errors.ts';

const VM: VmInspection = {
  vmid: 142,
  node: 'pve1',
  name: 'Shop.example.net',
  uuid: '4d3c2b1a-0000-4000-8000-000000000142',
  status: 'running',
  os: 'Linux',
  vcpu: 4,
  memoryMib: 3_072,
  diskGib: 25,
  addresses: ['198.51.100.42/24'],
  isTemplate: false,
  lock: null,
  description: 'shop of Ada',
  tags: ['prod'],
  configDigest: 'a'.repeat(40),
};

let api: TestApi;
let catalog: Catalog;
let admin: string;
let accountId: string;
/** What the worker finds. */
let found: VmInspection | null | Error;
beforeAll(async () => {
  api = await startTestApi({
    inspectVm: async ({ vmid }) => {
      if (found instanceof Error) throw found;
      return found && { ...found, vmid };
    },
  });
  catalog = await buildCatalog(api.database);
  admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
  accountId = (await buildAccount(api.database)).id;
});
beforeEach(() => (found = VM));
afterAll(() => api.close());

let vmid = 200;
const wish = (overrides: object = {}) => ({ clusterId: catalog.cluster.id, vmid, accountId, ...overrides });
const preview = (overrides: object = {}, token = admin) =>
  api.call('POST', '/admin/adoptions/preview', { token, body: wish(overrides) });
const adopt = (digest: string, overrides: object = {}) =>
  api.call('POST', '/admin/adoptions', { token: admin, body: wish({ digest, ...overrides }) });

it('shows what would be recorded and changed', async () => {
  const { status, body } = await preview();
  expect(status).toBe(200);
  expect(AdoptionPreview.parse(body)).toMatchObject({
    status: 'running',
    record: {
      name: 'shop',
      node: 'pve1',
      plan: 'Adopted',
      os: 'Linux',
      vcpu: 4,
      memoryMib: 3_072,
      diskGib: 25,
      addresses: ['198.51.100.42/24'],
    },
    changes: [
      { property: 'description', from: 'shop of Ada', to: 'shop of Ada\nberth:<server id>' },
      { property: 'tags', from: 'prod', to: 'prod;berth' },
    ],
    obstacles: [],
  });
});

it('adopts what was shown, with the name and the plan that were chosen', async () => {
  vmid += 1;
  const chosen = { name: 'ada-shop', planId: catalog.plan.id };
  const { body: shown } = await preview(chosen);
  const { status, body } = await adopt(shown.digest, chosen);
  expect(status).toBe(202);
  expect(body.server).toMatchObject({
    name: 'ada-shop',
    status: 'provisioning',
    plan: { id: catalog.plan.id, name: catalog.plan.name },
    template: { id: null, name: 'Linux' },
    vcpu: 4,
    node: 'pve1',
    deleteProtection: true,
  });
  const server = await Server.query(api.database).findById(body.server.id);
  expect(server).toMatchObject({
    accountId,
    macAddress: null,
    templateId: null,
    hostname: 'Shop.example.net',
    vmIdentity: { name: 'Shop.example.net', uuid: VM.uuid },
  });
  const operation = await Operation.query(api.database).findById(body.operation.id);
  expect(operation?.params).toEqual({
    adoption: { vmid, configDigest: VM.configDigest, addresses: VM.addresses, hadTag: false },
  });
});

it('adopts once although it is asked for twice with one key', async () => {
  vmid += 1;
  const { body: shown } = await preview();
  const request = { token: admin, body: wish({ digest: shown.digest }), headers: { 'Idempotency-Key': 'k' } };
  const first = await api.call('POST', '/admin/adoptions', request);
  const second = await api.call('POST', '/admin/adoptions', request);
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body.server.id).toBe(first.body.server.id);
});

it('refuses to adopt a VM that is not as it was shown', async () => {
  const { body: shown } = await preview();
  found = { ...VM, memoryMib: 4_096 };
  expect((await adopt(shown.digest)).body).toMatchObject({
    code: 'conflict',
    title: `VM ${vmid} is not as it was shown.`,
  });
});

it('does not take a VM that started or moved meanwhile for a changed one', async () => {
  vmid += 1;
  const { body: shown } = await preview();
  found = { ...VM, status: 'stopped' };
  expect((await adopt(shown.digest)).status).toBe(202);
});

const OTHER = '0f0e0d0c-1111-4222-8333-444455556666';
it.each<[string, Partial<VmInspection>]>([
  ['It is a template.', { isTemplate: true }],
  ['It is locked (backup).', { lock: 'backup' }],
  ['It is in quarantine.', { tags: ['prod', 'berth-quarantine'] }],
  ['It has no disk to boot from.', { diskGib: null }],
  ['No name for the server can be made of its own.', { name: '___' }],
  [
    `It carries the marker of a server that is not deleted here (${OTHER}).`,
    { description: `berth:${OTHER}` },
  ],
])('names what is in the way, and adopts nothing: %s', async (problem, of) => {
  found = { ...VM, ...of };
  const { body: shown } = await preview();
  expect(shown.obstacles).toMatchObject([{ problem, remedy: expect.any(String) as string }]);
  expect((await adopt(shown.digest)).body).toMatchObject({ code: 'conflict', title: problem });
});

it('names the server that has the VM or its address already', async () => {
  vmid += 1;
  const { id: clusterId } = catalog.cluster;
  const [address] = VM.addresses;
  const owner = await buildImportedServer(api.database, {
    accountId,
    clusterId,
    vmid,
    addresses: [address ?? ''],
  });
  const { body } = await preview();
  expect(body.obstacles.map(({ problem }: { problem: string }) => problem)).toEqual([
    `It is the VM of the server ${owner.name} (${owner.id}) already.`,
    `Its address 198.51.100.42 is that of the server ${owner.name}.`,
  ]);
  await VmidLease.query(api.database).delete().where({ serverId: owner.id });
  await owner.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
  found = { ...VM, description: `berth:${owner.id}` };
  const { body: after } = await preview();
  expect(after.obstacles).toEqual([]);
  expect(after.changes[0]).toMatchObject({ to: 'berth:<server id>' });
});

it('says which field names nothing', async () => {
  const issues = async (overrides: object) => (await preview(overrides)).body.issues;
  expect(await issues({ accountId: OTHER })).toMatchObject([
    { field: 'accountId', message: 'there is no such account' },
  ]);
  expect(await issues({ planId: OTHER })).toMatchObject([
    { field: 'planId', message: 'there is no such plan' },
  ]);
  expect(await issues({ clusterId: OTHER })).toMatchObject([
    { field: 'clusterId', message: 'there is no such cluster' },
  ]);
  found = null;
  expect(await issues({})).toMatchObject([{ field: 'vmid', message: 'the cluster has no VM with this id' }]);
});

it('says that nobody could look, and why', async () => {
  found = new ClusterUnreachable('Proxmox: no answer');
  expect(await preview()).toMatchObject({
    status: 503,
    body: { code: 'unavailable', detail: 'Proxmox: no answer' },
  });
});

it('is for administrators only', async () => {
  const customer = await api.logIn(await buildUser(api.database));
  expect((await preview({}, customer)).status).toBe(403);
});

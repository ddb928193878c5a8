import { afterAll, beforeAll, expect, it } from 'vitest';
import { Accepted } from '../../contract/servers.ts';
import { Operation } from '../../db/models/operation.ts';
import { Secret } from '../../db/models/secret.ts';
import { Server } from '../../db/models/server.ts';
import { Template } from '../../db/models/template.ts';
import { TemplateVm } from '../../db/models/template-vm.ts';
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

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG//rrbBtRk4ReQVNPjK7f0sD8CWHV4Vd+QLJISlDRCa ada@laptop';

let api: TestApi;
let catalog: Catalog;
let template: Template;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database, { snippets: true });
  template = await someTemplate('other');
});
afterAll(async () => api.close());

/** On the node that servers are on, unless told otherwise. */
async function someTemplate(name: string, overrides: Partial<Template> = {}, isThere = true) {
  const os = { osName: 'Ubuntu', osVersion: '24.04', defaultUser: 'ubuntu', minDiskGib: 4 };
  const added = await Template.query(api.database).insertAndFetch({ name, ...os, ...overrides });
  const nodeId = String(catalog.nodes[isThere ? 0 : 1]?.id);
  await TemplateVm.query(api.database).insert({
    templateId: added.id,
    nodeId,
    vmid: 9_500,
    storage: 'local-lvm',
  });
  return added;
}

async function callsAbout({ id }: Server, owner: Awaited<ReturnType<typeof buildUser>>) {
  const token = await api.logIn(owner);
  return {
    token,
    rebuild: async (body: object) => api.call('POST', `/servers/${id}/rebuild`, { token, body }),
    operations: async () => Operation.query(api.database).where({ serverId: id }),
  };
}

async function someServer(overrides: Partial<Server> = {}) {
  const owner = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner });
  const server = await buildServer(api.database, { account, catalog, ...overrides });
  return { server, ...(await callsAbout(server, owner)) };
}

it('is accepted with its secrets sealed and keys kept apart until it has succeeded', async () => {
  const { server, token, rebuild, operations } = await someServer();
  const input = { sshKeys: [KEY], password: 'correct horse', userData: '#cloud-config\n' };
  const answer = await rebuild({ templateId: template.id, ...input });
  expect(answer.status).toBe(202);
  const { operation } = Accepted.parse(answer.body);
  expect(operation.steps.map(({ name }) => name)).toEqual([
    'check',
    'stop',
    'destroy',
    'clone',
    'configure',
    'resize',
    'start',
    'ready',
  ]);
  const [{ params } = { params: {} }] = await operations();
  expect(params).toEqual({ templateId: template.id, sshKeyIds: [expect.any(String)] });
  expect(await api.database('server_ssh_keys').where({ serverId: server.id })).toEqual([]);
  const held = await Server.query(api.database).findById(server.id).throwIfNotFound();
  const ids = [String(held.passwordSecretId), String(held.userDataSecretId)];
  expect(await Secret.query(api.database).findByIds(ids).resultSize()).toBe(2);
  expect(held.templateId).toBe(catalog.template.id);
  expect(api.temporal.started.at(-1)).toMatchObject({
    name: 'rebuildServer',
    workflowId: `server/${server.id}`,
  });

  await api.call('POST', `/operations/${operation.id}/cancel`, { token });
  expect(await Secret.query(api.database).findByIds(ids).resultSize()).toBe(0);
  const given = await Server.query(api.database).findById(server.id);
  expect(given).toMatchObject({ lifecycle: 'active', passwordSecretId: null, userDataSecretId: null });
});

it('takes kept keys by their ids, and refuses one that the account does not keep', async () => {
  const { server, token, rebuild, operations } = await someServer();
  const kept = await api.call('POST', '/ssh-keys', { token, body: { publicKey: KEY } });
  const refused = await rebuild({ templateId: template.id, sshKeyIds: [server.id] });
  expect(refused.body.issues[0].field).toBe('sshKeyIds.0');
  expect((await rebuild({ templateId: template.id, sshKeyIds: [kept.body.id] })).status).toBe(202);
  const [{ params } = { params: {} }] = await operations();
  expect(params).toEqual({ templateId: template.id, sshKeyIds: [kept.body.id] });
});

it('is refused while the server is protected, which says how to lift that', async () => {
  const { server, token, rebuild, operations } = await someServer();
  const path = `/servers/${server.id}`;
  const protectedNow = await api.call('PATCH', path, { token, body: { rebuildProtection: true } });
  expect(protectedNow.body.rebuildProtection).toBe(true);
  const refused = await rebuild({ templateId: template.id });
  expect(refused.body).toMatchObject({ status: 409, code: 'server_protected' });
  expect(refused.body.detail).toContain(`PATCH ${path} with {"rebuildProtection": false}`);
  expect(await operations()).toEqual([]);
  await api.call('PATCH', path, { token, body: { rebuildProtection: false } });
  expect((await rebuild({ templateId: template.id })).status).toBe(202);
});

it('refuses a template that is unknown, disabled, on another node or too large, and a damaged key', async () => {
  const { server, rebuild, operations } = await someServer();
  const disabled = await someTemplate('disabled', { enabled: false });
  const elsewhere = await someTemplate('elsewhere', {}, false);
  const large = await someTemplate('large', { minDiskGib: 50 });
  for (const [templateId, message] of [
    [server.id, 'there is no such template'],
    [disabled.id, 'there is no such template'],
    [elsewhere.id, 'elsewhere is not on the node of this server'],
    [large.id, 'large needs a disk of 50 GiB; this server has 10'],
  ]) {
    const { body } = await rebuild({ templateId });
    expect(body).toMatchObject({ status: 422, issues: [{ field: 'templateId', message }] });
  }
  const cut = KEY.split(' ').map((part, index) => (index === 1 ? part.slice(0, 40) : part));
  const { body } = await rebuild({ templateId: template.id, sshKeys: [cut.join(' ')] });
  expect(body.issues[0].field).toBe('sshKeys.0');
  expect(await operations()).toEqual([]);
});

it('refuses user data where the cluster has no place for it', async () => {
  const plain = await buildCatalog(api.database);
  const place = { clusterId: plain.cluster.id, nodeId: plain.nodes[0]?.id ?? null };
  const { rebuild } = await someServer(place);
  const body = { templateId: plain.template.id, userData: '#cloud-config\n' };
  expect((await rebuild(body)).body.code).toBe('user_data_unsupported');
});

it('refuses an imported server with the reason', async () => {
  const owner = await buildUser(api.database);
  const { id: accountId } = await buildAccount(api.database, { owner });
  const ids = { accountId, clusterId: catalog.cluster.id };
  const { rebuild } = await callsAbout(await buildImportedServer(api.database, { ...ids, vmid: 101 }), owner);
  const { body } = await rebuild({ templateId: template.id });
  expect(body).toMatchObject({ status: 409, code: 'invalid_state' });
  expect(body.title).toContain('was not built by Berth');
});

it('says what holds the server first, and is for its owner and for servers in use', async () => {
  const { server, rebuild } = await someServer({ lifecycle: 'suspended' });
  const input = { templateId: template.id };
  expect((await rebuild(input)).body.code).toBe('invalid_state');
  await buildOperation(api.database, { server, type: 'unsuspend' });
  expect((await rebuild(input)).body.code).toBe('server_busy');
  const stranger = await callsAbout(server, await buildUser(api.database));
  expect((await stranger.rebuild(input)).status).toBe(404);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ClusterList, ConnectionReport, CreatedCluster } from '../../contract/clusters.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { Cluster } from '../../db/models/cluster.ts';
import { Secret } from '../../db/models/secret.ts';
import { connectionOf, testConnection } from '../../proxmox/connection-test.ts';
import { startSimulator, type Simulator } from '../../testbed/proxmox/simulator.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildUser } from '../../tests/builders.ts';

const UNCLAIMED = { vmid: 142, node: 'pve1', status: 'running', vcpu: 2, memoryMib: 2_048, diskGib: 20 };

let api: TestApi;
let simulator: Simulator;
let admin: string;
let customer: string;
beforeAll(async () => {
  [api, simulator] = await Promise.all([
    startTestApi({
      testConnection: (given) => testConnection(connectionOf(given)),
      listUnclaimedVms: async ({ clusterId, search }) => ({
        items: [{ ...UNCLAIMED, name: `${search} of ${clusterId}` }],
        nextCursor: null,
        total: 1,
      }),
    }),
    startSimulator(),
  ]);
  admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
  customer = await api.logIn(await buildUser(api.database));
});
afterAll(async () => {
  await api.close();
  await simulator.close();
});
beforeEach(async () => {
  await Cluster.query(api.database).delete();
});

const connection = () => ({
  endpoints: [simulator.url],
  tokenId: simulator.token.id,
  tokenSecret: simulator.token.secret,
  tlsFingerprint: simulator.fingerprint,
});
const cluster = () => ({ name: 'fra1', location: 'Frankfurt', ...connection() });

it('tests a connection and saves nothing', async () => {
  const { status, body } = await api.call('POST', '/admin/clusters/test', {
    token: admin,
    body: connection(),
  });
  expect(status).toBe(200);
  expect(ConnectionReport.parse(body)).toEqual({
    ok: true,
    version: '9.2.11',
    endpoints: [{ endpoint: simulator.url, fingerprint: simulator.fingerprint }],
    findings: [],
  });
  expect(await Cluster.query(api.database).resultSize()).toBe(0);
});

it('warns of a rescue medium that is missing, and of nothing when it is there', async () => {
  const codesOf = async (rescueIso: string) => {
    const body = { ...connection(), rescueIso };
    const answer = await api.call('POST', '/admin/clusters/test', { token: admin, body });
    const report = ConnectionReport.parse(answer.body);
    return [report.ok, ...report.findings.map(({ code, level }) => `${level} ${code}`)];
  };
  expect(await codesOf('local:iso/rescue.iso')).toEqual([true]);
  expect(await codesOf('local:iso/other.iso')).toEqual([true, 'warning rescue_iso_missing']);
  expect(await codesOf('nowhere:iso/rescue.iso')).toEqual([true, 'warning rescue_iso_missing']);
});

it('answers what is wrong with a connection, not an error', async () => {
  const { tlsFingerprint: _pin, ...unpinned } = connection();
  const { status, body } = await api.call('POST', '/admin/clusters/test', { token: admin, body: unpinned });
  expect(status).toBe(200);
  expect(ConnectionReport.parse(body)).toMatchObject({
    ok: false,
    version: null,
    findings: [{ code: 'tls_self_signed', fingerprint: simulator.fingerprint }],
  });
});

it('adds a cluster that passes, with the token sealed and the deed in the audit log', async () => {
  const answer = await api.call('POST', '/admin/clusters', { token: admin, body: cluster() });
  expect(answer.status).toBe(201);
  const created = CreatedCluster.parse(answer.body);
  expect(created.report.ok).toBe(true);
  expect(created.cluster).toMatchObject({ name: 'fra1', tlsFingerprint: simulator.fingerprint });
  const { items } = ClusterList.parse((await api.call('GET', '/admin/clusters', { token: admin })).body);
  expect(items).toEqual([created.cluster]);

  const row = await Cluster.query(api.database).findById(created.cluster.id).throwIfNotFound();
  const sealed = await Secret.query(api.database).findById(row.tokenSecretId).throwIfNotFound();
  expect(api.secretBox.open(sealed, sealed.purpose)).toBe(simulator.token.secret);
  const deeds = await AuditEntry.query(api.database).where({ subjectId: row.id });
  expect(deeds).toMatchObject([{ action: 'cluster.create', details: { name: 'fra1' } }]);
  const told = JSON.stringify([answer.body, items, deeds, api.logLines]);
  expect(told).not.toContain(simulator.token.secret);
});

it('adds no cluster that fails, and says why', async () => {
  const body = { ...cluster(), tokenSecret: 'hunter2-hunter2' };
  const answer = await api.call('POST', '/admin/clusters', { token: admin, body });
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'cluster_unusable', findings: [{ code: 'token_refused', level: 'error' }] },
  });
  expect(JSON.stringify([answer.body, api.logLines])).not.toContain('hunter2');
  expect(await Cluster.query(api.database).resultSize()).toBe(0);
  expect(await Secret.query(api.database).where({ purpose: 'cluster-token' }).resultSize()).toBe(1);
});

it('changes no cluster that is there', async () => {
  await api.call('POST', '/admin/clusters', { token: admin, body: cluster() });
  const again = { ...cluster(), location: 'Elsewhere' };
  const answer = await api.call('POST', '/admin/clusters', { token: admin, body: again });
  expect(answer).toMatchObject({ status: 409, body: { code: 'name_taken' } });
  expect(await Cluster.query(api.database)).toMatchObject([{ location: 'Frankfurt' }]);
});

it('limits what may be done at once on a cluster', async () => {
  const { body } = await api.call('POST', '/admin/clusters', { token: admin, body: cluster() });
  const created = CreatedCluster.parse(body).cluster;
  expect(created).toMatchObject({ copiesPerStorage: 4, startsPerNode: 8 });
  const change = async (limits: object, id = created.id) =>
    api.call('PATCH', `/admin/clusters/${id}`, { token: admin, body: limits });
  expect(await change({ copiesPerStorage: 2 })).toMatchObject({ status: 200, body: { copiesPerStorage: 2 } });
  expect(await change({ startsPerNode: 9 })).toMatchObject({
    body: { copiesPerStorage: 2, startsPerNode: 9 },
  });
  expect((await change({})).status).toBe(422);
  expect(await change({ startsPerNode: 0 })).toMatchObject({
    status: 422,
    body: { issues: [{ field: 'startsPerNode' }] },
  });
  expect((await change({ startsPerNode: 1 }, randomUUID())).status).toBe(404);
  const deeds = await AuditEntry.query(api.database).where({
    subjectId: created.id,
    action: 'cluster.update',
  });
  expect(deeds[0]).toMatchObject({ details: { copiesPerStorage: 2 } });
});

describe('a cluster that is there', () => {
  let id: string;
  const change = async (body: object) => api.call('PATCH', `/admin/clusters/${id}`, { token: admin, body });
  const kept = async () => {
    const row = await Cluster.query(api.database).findById(id).throwIfNotFound();
    const sealed = await Secret.query(api.database).findById(row.tokenSecretId).throwIfNotFound();
    return { row, secret: api.secretBox.open(sealed, sealed.purpose) };
  };
  beforeEach(async () => {
    const { body } = await api.call('POST', '/admin/clusters', { token: admin, body: cluster() });
    ({ id } = body.cluster);
  });

  it('gets another token and another way to trust it, with the secret told to nobody', async () => {
    const { tokenSecretId: former } = (await kept()).row;
    const { tlsFingerprint: _pin, ...reach } = connection();
    const answer = await change({ connection: { ...reach, tlsCa: simulator.ca }, location: 'Berlin' });
    expect(answer).toMatchObject({
      status: 200,
      body: { location: 'Berlin', tlsFingerprint: null, hasTlsCa: true },
    });
    expect(await kept()).toMatchObject({ secret: simulator.token.secret, row: { tlsCa: simulator.ca } });
    expect(await Secret.query(api.database).findById(former)).toBeUndefined();
    const deeds = await AuditEntry.query(api.database).where({ subjectId: id, action: 'cluster.update' });
    expect(deeds).toMatchObject([{ details: { location: 'Berlin', tokenId: simulator.token.id } }]);
    expect(JSON.stringify([answer.body, deeds, api.logLines])).not.toContain(simulator.token.secret);
  });

  it('keeps the token it has when the new one does not work', async () => {
    const answer = await change({ connection: { ...connection(), tokenSecret: 'hunter2-hunter2' } });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'cluster_unusable', findings: [{ code: 'token_refused' }] },
    });
    expect(await kept()).toMatchObject({ secret: simulator.token.secret });
  });

  it('is not reached elsewhere with the secret it has', async () => {
    const { tokenSecret: _secret, ...reach } = connection();
    expect(
      await change({ connection: { ...reach, endpoints: ['https://elsewhere.example.net'] } }),
    ).toMatchObject({
      status: 422,
      body: { issues: [{ field: 'connection.tokenSecret' }] },
    });
  });

  it('tells which VMs no server holds', async () => {
    const list = (path: string) => api.call('GET', path, { token: admin });
    expect(await list(`/admin/clusters/${id}/unclaimed-vms?search=shop`)).toMatchObject({
      status: 200,
      body: { items: [{ vmid: 142, name: `shop of ${id}` }], total: 1 },
    });
    expect((await list(`/admin/clusters/${randomUUID()}/unclaimed-vms`)).status).toBe(404);
  });
});

it.each([
  ['plain HTTP', { endpoints: ['http://pve1.example.test:8006'] }, 'endpoints.0'],
  ['a password in the address', { endpoints: ['https://root:hunter2@pve1.example.test'] }, 'endpoints.0'],
  ['no address', { endpoints: [] }, 'endpoints'],
  ['a secret in the token id', { tokenId: 'berth@pve!berth=hunter2' }, 'tokenId'],
  ['a short fingerprint', { tlsFingerprint: 'AB:CD' }, 'tlsFingerprint'],
  ['two ways to trust', { tlsCa: '-----BEGIN CERTIFICATE-----' }, 'tlsCa'],
  ['an unknown field', { verify: false }, 'verify'],
])('refuses %s, naming the field', async (_what, wrong, field) => {
  const body = { ...connection(), ...wrong };
  const answer = await api.call('POST', '/admin/clusters/test', { token: admin, body });
  expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input', issues: [{ field }] } });
  expect(JSON.stringify(answer.body)).not.toContain('hunter2');
});

it.each([
  ['GET', '/admin/clusters'],
  ['POST', '/admin/clusters'],
  ['POST', '/admin/clusters/test'],
  ['PATCH', '/admin/clusters/3fa85f64-5717-4562-b3fc-2c963f66afa6'],
])('%s %s is for administrators only', async (method, path) => {
  const body = method === 'GET' ? {} : { body: cluster() };
  expect(await api.call(method, path, body)).toMatchObject({
    status: 401,
    body: { code: 'unauthenticated' },
  });
  expect(await api.call(method, path, { token: customer, ...body })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  });
});

it('says what servers boot the rescue system from, and takes it back', async () => {
  const { body } = await api.call('POST', '/admin/clusters', { token: admin, body: cluster() });
  const { id } = body.cluster;
  const change = async (rescueIso: unknown, token = admin) =>
    api.call('PATCH', `/admin/clusters/${id}`, { token, body: { rescueIso } });
  expect(body.cluster.rescueIso).toBeNull();
  expect((await change('local:iso/rescue.iso')).body).toMatchObject({ rescueIso: 'local:iso/rescue.iso' });
  expect((await change(null)).body).toMatchObject({ id, rescueIso: null });
  const refused = await change('rescue.iso');
  expect([refused.status, refused.body.issues]).toMatchObject([422, [{ field: 'rescueIso' }]]);
  expect((await change(null, customer)).status).toBe(403);
  const deeds = await AuditEntry.query(api.database).where({ subjectId: id, action: 'cluster.update' });
  expect(deeds.map(({ details }) => details)).toEqual([
    { rescueIso: 'local:iso/rescue.iso' },
    { rescueIso: null },
  ]);
  const unknown = '/admin/clusters/00000000-0000-4000-8000-000000000000';
  expect((await api.call('PATCH', unknown, { token: admin, body: { rescueIso: null } })).status).toBe(404);
});

it('tests a cluster it has with the token it has', async () => {
  const added = await api.call('POST', '/admin/clusters', { token: admin, body: cluster() });
  const path = `/admin/clusters/${added.body.cluster.id}/test`;
  const { status, body } = await api.call('POST', path, { token: admin });
  expect([
    status,
    ConnectionReport.parse(body).ok,
    JSON.stringify(body).includes(simulator.token.secret),
  ]).toEqual([200, true, false]);
  expect((await api.call('POST', `/admin/clusters/${randomUUID()}/test`, { token: admin })).status).toBe(404);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accepted, Server } from '../../contract/servers.ts';
import { Operation } from '../../contract/operations.ts';
import { buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
import { loggedInCustomer, startTestApi, type TestApi } from '../../tests/api.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG//rrbBtRk4ReQVNPjK7f0sD8CWHV4Vd+QLJISlDRCa ada@laptop';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database, { addresses: 200 });
});
afterAll(async () => api.close());

const order = (overrides: object = {}) => ({
  name: 'web-1',
  planId: catalog.plan.id,
  templateId: catalog.template.id,
  ...overrides,
});

describe('ordering a server', () => {
  it('carries its labels and stands where it was ordered to', async () => {
    const { token } = await loggedInCustomer(api);
    const elsewhere = await buildCatalog(api.database);
    await elsewhere.cluster.$query(api.database).patch({ location: 'Oslo' });
    const body = {
      ...order(),
      templateId: elsewhere.template.id,
      planId: elsewhere.plan.id,
      labels: { app: 'shop' },
    };
    const answer = await api.call('POST', '/servers', { token, body: { ...body, location: 'Oslo' } });
    expect(Accepted.parse(answer.body).server).toMatchObject({ labels: { app: 'shop' }, location: 'Oslo' });
    const full = await api.call('POST', '/servers', { token, body: { ...body, location: 'Testville' } });
    expect([full.status, full.body.code]).toEqual([422, 'no_capacity']);
    const unheardOf = await api.call('POST', '/servers', { token, body: { ...body, location: 'Atlantis' } });
    expect(unheardOf.body).toMatchObject({ code: 'invalid_input', issues: [{ field: 'location' }] });
  });

  it('answers 202 with server, operation and where to follow it, and starts the workflow', async () => {
    const { token, user, account } = await loggedInCustomer(api);
    const answer = await api.call('POST', '/servers', {
      token,
      body: order(),
      headers: { 'X-Request-Id': 'req-1' },
    });
    expect(answer.status).toBe(202);
    const { server, operation } = Accepted.parse(answer.body);
    expect(answer.headers.get('Location')).toBe(`/operations/${operation.id}`);
    expect(server).toMatchObject({ name: 'web-1', status: 'provisioning', memoryMib: 1024, node: null });
    expect(server.ipAddresses).toHaveLength(1);
    expect(operation).toMatchObject({ type: 'provision', status: 'pending', requestId: 'req-1' });
    const started = api.temporal.started.find(({ memo }) => memo.operationId === operation.id);
    expect(started).toMatchObject({
      name: 'provisionServer',
      workflowId: `server/${server.id}`,
      memo: { operationId: operation.id, requestedBy: user.id, requestId: 'req-1' },
      options: {
        staticSummary: 'provision web-1',
        args: [{ operationId: operation.id, serverId: server.id }],
      },
    });
    const audit = await api.database('audit_log').where({ subjectId: server.id }).first();
    expect(audit).toMatchObject({ action: 'server.provision', accountId: account.id, userId: user.id });

    expect(Server.parse((await api.call('GET', `/servers/${server.id}`, { token })).body)).toEqual(server);
    expect(Operation.parse((await api.call('GET', `/operations/${operation.id}`, { token })).body)).toEqual(
      operation,
    );
    expect((await api.call('GET', '/servers', { token })).body.items).toEqual([server]);
  });

  it('is accepted while Temporal is away', async () => {
    const { token } = await loggedInCustomer(api);
    api.temporal.isAway = true;
    const answer = await api.call('POST', '/servers', { token, body: order() });
    api.temporal.isAway = false;
    expect(answer.status).toBe(202);
    expect(await api.database('operations').where({ id: answer.body.operation.id }).first()).toMatchObject({
      status: 'pending',
    });
  });

  it('seals password and user data, keeps keys by fingerprint, and draws a MAC of Proxmox', async () => {
    const withSnippets = await buildCatalog(api.database, { snippets: true });
    const { token, account } = await loggedInCustomer(api);
    const body = order({
      planId: withSnippets.plan.id,
      templateId: withSnippets.template.id,
      password: 'not a secret yet',
      userData: '#cloud-config\n',
      sshKeys: [KEY, KEY.replace('ada@laptop', 'ada@desk')],
    });
    const { server } = (await api.call('POST', '/servers', { token, body })).body;
    const row = await api.database('servers').where({ id: server.id }).first();
    expect(row.macAddress).toMatch(/^bc:24:11:/);
    const open = async (id: string, purpose: string) =>
      api.secretBox.open(await api.database('secrets').where({ id }).first(), purpose);
    expect(await open(row.passwordSecretId, 'server-password')).toBe('not a secret yet');
    expect(await open(row.userDataSecretId, 'server-user-data')).toBe('#cloud-config\n');
    const keys = await api.database('ssh_keys').where({ accountId: account.id });
    expect(keys).toMatchObject([{ fingerprint: 'SHA256:wPbsKSanE+QUqfsaBw/C1tDQkDgQ1avt8ULiDasCy24' }]);
    expect(await api.database('server_ssh_keys').where({ serverId: server.id })).toHaveLength(1);
    expect(JSON.stringify(api.temporal.started)).not.toContain('not a secret yet');
    expect(api.logLines.join('')).not.toContain('not a secret yet');
  });

  it('refuses user data where the cluster has no place for it', async () => {
    const { token } = await loggedInCustomer(api);
    const answer = await api.call('POST', '/servers', { token, body: order({ userData: '#cloud-config' }) });
    expect([answer.status, answer.body.code]).toEqual([422, 'user_data_unsupported']);
  });

  it('refuses unknown or disabled goods and a disk that is too small, naming the field', async () => {
    const { token } = await loggedInCustomer(api);
    const missing = await api.call('POST', '/servers', {
      token,
      body: order({ planId: catalog.template.id }),
    });
    expect(missing.body).toMatchObject({ status: 422, code: 'invalid_input', issues: [{ field: 'planId' }] });
    const big = await buildCatalog(api.database);
    await big.template.$query(api.database).patch({ minDiskGib: 50 });
    const body = order({ planId: big.plan.id, templateId: big.template.id });
    expect((await api.call('POST', '/servers', { token, body })).body.issues[0].field).toBe('planId');
    await big.template.$query(api.database).patch({ enabled: false });
    expect((await api.call('POST', '/servers', { token, body })).body.issues[0].field).toBe('templateId');
    const cut = await api.call('POST', '/servers', { token, body: order({ sshKeys: [KEY.slice(0, 60)] }) });
    expect(cut.body).toMatchObject({ code: 'invalid_input', issues: [{ field: 'sshKeys.0' }] });
  });

  it('refuses more servers than the account may have, also when two are ordered at once', async () => {
    const { token, account } = await loggedInCustomer(api, { maxServers: 1 });
    const answers = await Promise.all(
      [1, 2, 3].map(async () => api.call('POST', '/servers', { token, body: order() })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 422, 422]);
    expect(answers.find(({ status }) => status === 422)?.body.code).toBe('quota_exceeded');
    expect(await api.database('servers').where({ accountId: account.id })).toHaveLength(1);
  });

  it('does not count an order that was cancelled', async () => {
    const { token, account } = await loggedInCustomer(api, { maxServers: 1 });
    await buildServer(api.database, { account, catalog, lifecycle: 'cancelled' });
    expect((await api.call('POST', '/servers', { token, body: order() })).status).toBe(202);
  });

  it('refuses a suspended account and a user without one', async () => {
    const suspended = await loggedInCustomer(api, { suspendedAt: new Date() });
    expect((await api.call('POST', '/servers', { token: suspended.token, body: order() })).body.code).toBe(
      'quota_exceeded',
    );
    const token = await api.logIn(await buildUser(api.database));
    expect((await api.call('POST', '/servers', { token, body: order() })).body.code).toBe('forbidden');
  });

  it('refuses what no node has room for', async () => {
    const small = await buildCatalog(api.database, { nodes: 1, nodeMemoryMib: 1500 });
    const { token } = await loggedInCustomer(api);
    const body = order({ planId: small.plan.id, templateId: small.template.id });
    const { server } = (await api.call('POST', '/servers', { token, body })).body;
    await api.database('servers').where({ id: server.id }).update({ nodeId: small.nodes[0]?.id });
    const refused = await api.call('POST', '/servers', { token, body });
    expect([refused.status, refused.body.code]).toEqual([422, 'no_capacity']);
  });

  it('gives each address once, and refuses when none is left, leaving nothing behind', async () => {
    const narrow = await buildCatalog(api.database, { addresses: 3 });
    const { token, account } = await loggedInCustomer(api);
    const body = order({ planId: narrow.plan.id, templateId: narrow.template.id });
    const others = await Promise.all([1, 2, 3, 4, 5].map(async () => loggedInCustomer(api)));
    const answers = await Promise.all(
      others.map(async (other) => api.call('POST', '/servers', { token: other.token, body })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 202, 202, 422, 422]);
    const given = answers
      .filter(({ status }) => status === 202)
      .map((answer) => answer.body.server.ipAddresses[0].address);
    expect(new Set(given).size).toBe(3);
    const refused = await api.call('POST', '/servers', {
      token,
      body,
      headers: { 'Idempotency-Key': 'retry-me' },
    });
    expect([refused.status, refused.body.code]).toEqual([422, 'no_address_left']);
    expect(await api.database('servers').where({ accountId: account.id })).toHaveLength(0);
    expect(await api.database('idempotency_keys').where({ key: 'retry-me' })).toHaveLength(0);
  });

  it('goes to another cluster when the best one has no address left', async () => {
    const [full, other] = [
      await buildCatalog(api.database, { addresses: 0 }),
      await buildCatalog(api.database, { nodes: 1 }),
    ];
    const [node] = other.nodes;
    await api
      .database('template_vms')
      .insert({ templateId: full.template.id, nodeId: node?.id, vmid: 9100, storage: 'local-lvm' });
    const { token, account } = await loggedInCustomer(api);
    await buildServer(api.database, { account, catalog: other, lifecycle: 'active' });
    const body = order({ planId: full.plan.id, templateId: full.template.id });
    const { server } = (await api.call('POST', '/servers', { token, body })).body;
    expect(await api.database('servers').where({ id: server.id }).first()).toMatchObject({
      clusterId: other.cluster.id,
    });
    expect(server.ipAddresses).toHaveLength(1);
  });

  it('leases an IPv6 address too where there is a pool', async () => {
    const dual = await buildCatalog(api.database, { addressesV6: 1 });
    const { token } = await loggedInCustomer(api);
    const body = order({ planId: dual.plan.id, templateId: dual.template.id });
    const { server } = (await api.call('POST', '/servers', { token, body })).body;
    expect(server.ipAddresses).toMatchObject([
      { family: 4, prefix: 24 },
      { family: 6, prefix: 64, gateway: expect.stringMatching(/^2001:db8:.*::1$/) },
    ]);
    expect((await api.call('POST', '/servers', { token, body })).body.code).toBe('no_address_left');
  });
});

describe('Idempotency-Key', () => {
  it('gives a repeat the same answer, whatever the order of its fields, and makes one server', async () => {
    const { token, account } = await loggedInCustomer(api);
    const headers = { 'Idempotency-Key': 'order-1' };
    const first = await api.call('POST', '/servers', { token, body: order(), headers });
    const { name, ...rest } = order();
    const repeat = await api.call('POST', '/servers', { token, body: { ...rest, name }, headers });
    expect(repeat.status).toBe(202);
    expect(repeat.body).toEqual(first.body);
    expect(repeat.headers.get('Location')).toBe(first.headers.get('Location'));
    expect(await api.database('servers').where({ accountId: account.id })).toHaveLength(1);
  });

  it('makes one server of two requests at once', async () => {
    const { token, account } = await loggedInCustomer(api);
    const headers = { 'Idempotency-Key': 'twice' };
    const answers = await Promise.all(
      [1, 2].map(async () => api.call('POST', '/servers', { token, body: order(), headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(await api.database('servers').where({ accountId: account.id })).toHaveLength(1);
  });

  it('refuses a key used for another request, and a key that is none', async () => {
    const { token } = await loggedInCustomer(api);
    const headers = { 'Idempotency-Key': 'one' };
    await api.call('POST', '/servers', { token, body: order(), headers });
    const other = await api.call('POST', '/servers', { token, body: order({ name: 'web-2' }), headers });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    for (const key of ['', 'with space', 'x'.repeat(256)]) {
      const refused = await api.call('POST', '/servers', {
        token,
        body: order(),
        headers: { 'Idempotency-Key': key },
      });
      expect([refused.status, refused.body.code]).toEqual([400, 'invalid_idempotency_key']);
    }
  });

  it("does not meet another user's keys, and a refused request leaves none", async () => {
    const [one, two] = [await loggedInCustomer(api), await loggedInCustomer(api, { maxServers: 0 })];
    const headers = { 'Idempotency-Key': 'shared' };
    expect((await api.call('POST', '/servers', { token: one.token, body: order(), headers })).status).toBe(
      202,
    );
    expect((await api.call('POST', '/servers', { token: two.token, body: order(), headers })).status).toBe(
      422,
    );
    await two.account.$query(api.database).patch({ maxServers: 1 });
    expect((await api.call('POST', '/servers', { token: two.token, body: order(), headers })).status).toBe(
      202,
    );
  });
});

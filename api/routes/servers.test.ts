import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accepted, Server, type ServerList } from '../../contract/servers.ts';
import { Operation } from '../../contract/operations.ts';
import {
  buildAccount,
  buildApiToken,
  buildCatalog,
  buildImportedServer,
  buildMember,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG//rrbBtRk4ReQVNPjK7f0sD8CWHV4Vd+QLJISlDRCa ada@laptop';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database, { addresses: 200 });
});
afterAll(async () => api.close());

async function someCustomer({ maxServers = 10, suspendedAt = null as Date | null } = {}) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user, maxServers, suspendedAt });
  return { user, account, token: await api.logIn(user) };
}

const order = (overrides: object = {}) => ({
  name: 'web-1',
  planId: catalog.plan.id,
  templateId: catalog.template.id,
  ...overrides,
});

describe('ordering a server', () => {
  it('carries its labels and stands where it was ordered to', async () => {
    const { token } = await someCustomer();
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
    const { token, user, account } = await someCustomer();
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
    const { token } = await someCustomer();
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
    const { token, account } = await someCustomer();
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
    const { token } = await someCustomer();
    const answer = await api.call('POST', '/servers', { token, body: order({ userData: '#cloud-config' }) });
    expect([answer.status, answer.body.code]).toEqual([422, 'user_data_unsupported']);
  });

  it('refuses unknown or disabled goods and a disk that is too small, naming the field', async () => {
    const { token } = await someCustomer();
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
    const { token, account } = await someCustomer({ maxServers: 1 });
    const answers = await Promise.all(
      [1, 2, 3].map(async () => api.call('POST', '/servers', { token, body: order() })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 422, 422]);
    expect(answers.find(({ status }) => status === 422)?.body.code).toBe('quota_exceeded');
    expect(await api.database('servers').where({ accountId: account.id })).toHaveLength(1);
  });

  it('refuses a suspended account and a user without one', async () => {
    const suspended = await someCustomer({ suspendedAt: new Date() });
    expect((await api.call('POST', '/servers', { token: suspended.token, body: order() })).body.code).toBe(
      'quota_exceeded',
    );
    const token = await api.logIn(await buildUser(api.database));
    expect((await api.call('POST', '/servers', { token, body: order() })).body.code).toBe('forbidden');
  });

  it('refuses what no node has room for', async () => {
    const small = await buildCatalog(api.database, { nodes: 1, nodeMemoryMib: 1500 });
    const { token } = await someCustomer();
    const body = order({ planId: small.plan.id, templateId: small.template.id });
    const { server } = (await api.call('POST', '/servers', { token, body })).body;
    await api.database('servers').where({ id: server.id }).update({ nodeId: small.nodes[0]?.id });
    const refused = await api.call('POST', '/servers', { token, body });
    expect([refused.status, refused.body.code]).toEqual([422, 'no_capacity']);
  });

  it('gives each address once, and refuses when none is left, leaving nothing behind', async () => {
    const narrow = await buildCatalog(api.database, { addresses: 3 });
    const { token, account } = await someCustomer();
    const body = order({ planId: narrow.plan.id, templateId: narrow.template.id });
    const others = await Promise.all([1, 2, 3, 4, 5].map(async () => someCustomer()));
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
    const { token, account } = await someCustomer();
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
    const { token } = await someCustomer();
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
    const { token, account } = await someCustomer();
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
    const { token, account } = await someCustomer();
    const headers = { 'Idempotency-Key': 'twice' };
    const answers = await Promise.all(
      [1, 2].map(async () => api.call('POST', '/servers', { token, body: order(), headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(await api.database('servers').where({ accountId: account.id })).toHaveLength(1);
  });

  it('refuses a key used for another request, and a key that is none', async () => {
    const { token } = await someCustomer();
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
    const [one, two] = [await someCustomer(), await someCustomer({ maxServers: 0 })];
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

describe('changing a server', () => {
  async function serverOf(overrides: Parameters<typeof buildServer>[1] | object = {}) {
    const customer = await someCustomer();
    const server = await buildServer(api.database, { account: customer.account, catalog, ...overrides });
    return { ...customer, server };
  }

  it('accepts an action and tells the workflow which', async () => {
    const { token, server } = await serverOf();
    const body = { action: 'shutdown', force: true, timeoutSeconds: 30 };
    const answer = await api.call('POST', `/servers/${server.id}/actions`, { token, body });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ server: { status: 'running', operation: { type: 'shutdown' } } });
    const operation = await api.database('operations').where({ id: answer.body.operation.id }).first();
    expect(operation.params).toEqual({ force: true, timeoutSeconds: 30 });
    const started = api.temporal.started.find(({ memo }) => memo.operationId === operation.id);
    expect(started).toMatchObject({ name: 'powerServer', options: { args: [{ action: 'shutdown' }] } });
  });

  it('refuses options the action does not have', async () => {
    const { token, server } = await serverOf();
    const body = { action: 'stop', force: true, timeoutSeconds: 30 };
    const answer = await api.call('POST', `/servers/${server.id}/actions`, { token, body });
    expect(answer.body.issues.map(({ field }: { field: string }) => field)).toEqual([
      'force',
      'timeoutSeconds',
    ]);
  });

  it('lets one of two actions at once through, and names it to the other', async () => {
    const { token, server } = await serverOf();
    const act = async (action: string) =>
      api.call('POST', `/servers/${server.id}/actions`, { token, body: { action } });
    const answers = await Promise.all([act('reboot'), act('stop')]);
    const accepted = answers.find(({ status }) => status === 202);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({
      code: 'server_busy',
      operation: { id: accepted?.body.operation.id, type: accepted?.body.operation.type, status: 'pending' },
    });
    expect((await api.call('DELETE', `/servers/${server.id}`, { token })).body.code).toBe('server_busy');
  });

  it.each([
    ['provisioning', 'Wait until it has been built.'],
    ['failed', 'delete it'],
    ['suspended', 'suspension'],
  ] as const)('refuses an action on a server that is %s, saying what to do', async (lifecycle, advice) => {
    const { token, server } = await serverOf({ lifecycle });
    const answer = await api.call('POST', `/servers/${server.id}/actions`, {
      token,
      body: { action: 'start' },
    });
    expect([answer.status, answer.body.code]).toEqual([409, 'invalid_state']);
    expect(answer.body.detail).toContain(advice);
    expect(await api.database('operations').where({ serverId: server.id })).toHaveLength(0);
  });

  it.each(['active', 'failed', 'suspended', 'provisioning', 'deleting'] as const)(
    'deletes a server that is %s',
    async (lifecycle) => {
      const { token, server } = await serverOf({ lifecycle });
      const answer = await api.call('DELETE', `/servers/${server.id}`, { token });
      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({ server: { status: 'deleting' }, operation: { type: 'terminate' } });
    },
  );

  it('hides a deleted server and keeps its operations readable', async () => {
    const { token, server } = await serverOf({ lifecycle: 'deleted', deletedAt: new Date() });
    const operation = await buildOperation(api.database, {
      server,
      status: 'succeeded',
      finishedAt: new Date(),
    });
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/operations'],
    ] as const) {
      expect((await api.call(method, `/servers/${server.id}${path}`, { token })).status).toBe(404);
    }
    expect((await api.call('GET', '/servers', { token })).body.items).toEqual([]);
    expect((await api.call('GET', `/operations/${operation.id}`, { token })).body).toMatchObject({
      serverName: server.name,
    });
  });

  it("answers 404 for someone else's server and operation, and lets an admin in", async () => {
    const { server } = await serverOf();
    const operation = await buildOperation(api.database, { server });
    const { token } = await someCustomer();
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const calls = [
      ['GET', `/servers/${server.id}`],
      ['GET', `/servers/${server.id}/operations`],
      ['GET', `/operations/${operation.id}`],
      ['DELETE', `/servers/${server.id}`],
      ['POST', `/servers/${server.id}/actions`, { action: 'start' }],
      ['POST', `/operations/${operation.id}/cancel`],
    ] as const;
    for (const [method, path, body] of calls) {
      const options = body ? { body } : {};
      expect((await api.call(method, path, { token, ...options })).body.code).toBe('not_found');
      expect((await api.call(method, path, { token: admin, ...options })).status).not.toBe(404);
    }
  });
});

describe('an imported server', () => {
  let vmids = 100;
  async function importedServer(overrides: Partial<Parameters<typeof buildImportedServer>[1]> = {}) {
    const customer = await someCustomer();
    vmids += 1;
    const server = await buildImportedServer(api.database, {
      accountId: customer.account.id,
      clusterId: catalog.cluster.id,
      vmid: vmids,
      ...overrides,
    });
    return { ...customer, server };
  }

  it('is shown with what came along, its addresses of both kinds in order', async () => {
    const pooled = await api
      .database('ip_addresses')
      .where({ poolId: catalog.pool.id })
      .orderBy('address', 'desc')
      .first();
    const { token, server } = await importedServer({
      name: 'shop',
      addresses: ['9.1.1.2/28', '2001:db8:ffff::7'],
      lifecycle: 'suspended',
      suspendReason: 'Overdue on payment',
    });
    await api.database('ip_leases').insert({ ipAddressId: pooled.id, serverId: server.id });
    const { body } = await api.call('GET', `/servers/${server.id}`, { token });
    expect(Server.parse(body)).toMatchObject({
      name: 'shop',
      hostname: 'shop.example.net',
      status: 'suspended',
      suspendReason: 'Overdue on payment',
      plan: { id: null, name: 'VPS Power' },
      template: { id: null, name: 'ubuntu-22.04' },
      defaultUser: null,
      deleteProtection: true,
      ipAddresses: [
        { address: '9.1.1.2', prefix: 28, gateway: null, family: 4 },
        { address: pooled.address, prefix: 24, gateway: catalog.pool.gateway, family: 4 },
        { address: '2001:db8:ffff::7', prefix: 128, gateway: null, family: 6 },
      ],
    });
    expect((await api.call('GET', '/servers', { token })).body.items).toEqual([body]);
    const action = { token, body: { action: 'start' } };
    expect((await api.call('POST', `/servers/${server.id}/actions`, action)).body.code).toBe('invalid_state');
    await api.database('ip_leases').where({ serverId: server.id }).delete();
  });

  it('shows an operating system nobody knows as such', async () => {
    const { token, server } = await importedServer({ os: null, hostname: null });
    expect((await api.call('GET', `/servers/${server.id}`, { token })).body).toMatchObject({
      template: { id: null, name: 'Unknown' },
      hostname: null,
    });
  });

  it('is found by part of its host name or address', async () => {
    const { token, account, server } = await importedServer({
      hostname: 'Shop.Example.ORG',
      addresses: ['9.2.3.4/24'],
    });
    await buildServer(api.database, { account, catalog });
    for (const search of ['shop.example.org', '9.2.3']) {
      const { items } = (await api.call('GET', `/servers?search=${search}`, { token })).body;
      expect(items.map(({ id }: Server) => id)).toEqual([server.id]);
    }
    expect((await api.call('GET', '/servers?search=9.2.3.4/2', { token })).body.items).toEqual([]);
  });

  it('takes actions like any other', async () => {
    const { token, server } = await importedServer();
    const answer = await api.call('POST', `/servers/${server.id}/actions`, {
      token,
      body: { action: 'stop' },
    });
    expect([answer.status, answer.body.server?.operation?.type]).toEqual([202, 'stop']);
  });

  it('keeps its address to itself, also when a pool contains it', async () => {
    const small = await buildCatalog(api.database, { addresses: 2 });
    const [first, second] = await api
      .database('ip_addresses')
      .where({ poolId: small.pool.id })
      .orderBy('address');
    const { server } = await importedServer({ addresses: [`${first.address}/24`] });
    const { token } = await someCustomer();
    const body = order({ planId: small.plan.id, templateId: small.template.id });
    const ordered = (await api.call('POST', '/servers', { token, body })).body;
    expect(ordered.server.ipAddresses).toMatchObject([{ address: second.address }]);
    expect((await api.call('POST', '/servers', { token, body })).body.code).toBe('no_address_left');
    await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
    expect((await api.call('POST', '/servers', { token, body })).status).toBe(202);
  });

  it('is not deleted before its protection is lifted', async () => {
    const { token, user, account, server } = await importedServer();
    const path = `/servers/${server.id}`;
    const refused = await api.call('DELETE', path, { token });
    expect(refused.body).toMatchObject({ status: 409, code: 'server_protected' });
    expect(refused.body.detail).toContain(`PATCH ${path} with {"deleteProtection": false}`);
    expect(await api.database('operations').where({ serverId: server.id })).toEqual([]);
    const lifted = await api.call('PATCH', path, { token, body: { deleteProtection: false } });
    expect([lifted.status, Server.parse(lifted.body).deleteProtection]).toEqual([200, false]);
    const entry = await api.database('audit_log').where({ subjectId: server.id }).first();
    expect(entry).toMatchObject({
      action: 'server.update',
      userId: user.id,
      accountId: account.id,
      details: { deleteProtection: false },
    });
    expect((await api.call('DELETE', path, { token })).status).toBe(202);
  });
});

describe('updating a server', () => {
  async function someServer(overrides: Parameters<typeof buildServer>[1] | object = {}) {
    const customer = await someCustomer();
    const server = await buildServer(api.database, { account: customer.account, catalog, ...overrides });
    return { ...customer, server, path: `/servers/${server.id}` };
  }

  it('renames it at once, says so in the audit log, and does nothing else', async () => {
    const { token, server, path } = await someServer({ name: 'before' });
    const answer = await api.call('PATCH', path, { token, body: { name: ' After ' } });
    expect([answer.status, answer.body.name]).toEqual([200, 'after']);
    expect((await api.call('GET', path, { token })).body).toEqual(answer.body);
    expect(await api.database('audit_log').where({ subjectId: server.id })).toMatchObject([
      { action: 'server.update', details: { name: 'after', formerName: 'before' } },
    ]);
    expect(await api.database('operations').where({ serverId: server.id })).toEqual([]);
  });

  it('is protected by those who may delete it, not by operators or their kind of token', async () => {
    const { user, account } = await someCustomer();
    const { id } = await buildServer(api.database, { account, catalog });
    const operator = await api.logIn(await buildMember(api.database, { account, role: 'operator' }));
    const ofOwner = await buildApiToken(api.database, user, { permission: 'operate' });
    for (const token of [operator, ofOwner]) {
      const patch = async (body: object) =>
        (await api.call('PATCH', `/servers/${id}`, { token, body })).status;
      expect([await patch({ deleteProtection: true }), await patch({ labels: {} })]).toEqual([403, 200]);
    }
  });

  it('is told to open dashboards, also the protection', async () => {
    const { token, server, path } = await someServer();
    await api.database('events').where({ serverId: server.id }).delete();
    await api.call('PATCH', path, { token, body: { deleteProtection: true } });
    expect(await api.database('events').where({ serverId: server.id })).toHaveLength(1);
    await api.call('PATCH', path, { token, body: { deleteProtection: true } });
    expect(await api.database('events').where({ serverId: server.id })).toHaveLength(1);
    expect(await api.database('audit_log').where({ subjectId: server.id })).toHaveLength(1);
  });

  it('replaces its labels, as they are, and protects it against rebuilding', async () => {
    const { token, server, path } = await someServer();
    await api.call('PATCH', path, { token, body: { labels: { team: 'web', 'cost/centre': '4711 – Köln' } } });
    const body = { labels: { team: 'db', note: '' }, rebuildProtection: true };
    const answer = await api.call('PATCH', path, { token, body });
    expect(Server.parse(answer.body)).toMatchObject(body);
    await api.call('PATCH', path, { token, body });
    expect(await api.database('audit_log').where({ subjectId: server.id }).orderBy('id')).toMatchObject([
      { details: { labels: { team: 'web', 'cost/centre': '4711 – Köln' } } },
      { action: 'server.update', details: body },
    ]);
    const cleared = await api.call('PATCH', path, { token, body: { labels: {} } });
    expect(cleared.body).toMatchObject({ labels: {}, rebuildProtection: true });
  });

  it('is done once under an Idempotency-Key', async () => {
    const { token, server, path } = await someServer();
    const once = { token, headers: { 'Idempotency-Key': `update-${server.id}` }, body: { name: 'once' } };
    const first = await api.call('PATCH', path, once);
    await api.call('PATCH', path, { token, body: { name: 'later' } });
    expect((await api.call('PATCH', path, once)).body).toEqual(first.body);
    expect((await api.call('GET', path, { token })).body.name).toBe('later');
    const other = await api.call('PATCH', path, { ...once, body: { name: 'other' } });
    expect(other.body.code).toBe('idempotency_key_reused');
  });

  it.each([
    ['an empty body', {}, ''],
    ['no body at all', undefined, ''],
    ['an unknown field', { name: 'fine', planId: 'x' }, 'planId'],
    ['a name that is none', { name: 'not a name' }, 'name'],
    ['a protection that is neither on nor off', { deleteProtection: null }, 'deleteProtection'],
    ['a label whose key is none', { labels: { 'Team A': 'x' } }, 'labels.Team A'],
    ['a label whose value is none', { labels: { team: 7 } }, 'labels.team'],
    ['a label that is too long', { labels: { team: 'x'.repeat(256) } }, 'labels.team'],
    ['a label with a line break', { labels: { team: 'a\nb' } }, 'labels.team'],
    [
      'too many labels',
      { labels: Object.fromEntries([...Array(51).keys()].map((n) => [`k${n}`, ''])) },
      'labels',
    ],
  ])('refuses %s and changes nothing', async (_what, body, field) => {
    const { token, server, path } = await someServer();
    const answer = await api.call('PATCH', path, { token, body });
    expect([answer.status, answer.body.code, answer.body.issues[0].field]).toEqual([
      422,
      'invalid_input',
      field,
    ]);
    expect(await api.database('servers').where({ id: server.id }).first()).toMatchObject({
      name: server.name,
    });
  });

  it('is for its owner alone, and for nobody once it is deleted', async () => {
    const { token, server, path } = await someServer();
    const stranger = await someCustomer();
    const body = { deleteProtection: true };
    expect((await api.call('PATCH', path, { token: stranger.token, body })).status).toBe(404);
    expect((await api.call('PATCH', path, { body })).status).toBe(401);
    await server.$query(api.database).patch({ lifecycle: 'deleting' });
    expect((await api.call('PATCH', path, { token, body })).body.code).toBe('invalid_state');
    await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
    expect((await api.call('PATCH', path, { token, body })).status).toBe(404);
    expect((await server.$query(api.database)).deleteProtection).toBe(false);
  });

  it('protects, so that a deletion at the same moment either came first or is refused', async () => {
    const { token, path } = await someServer();
    const [update, removal] = await Promise.all([
      api.call('PATCH', path, { token, body: { deleteProtection: true } }),
      api.call('DELETE', path, { token }),
    ]);
    expect([
      [200, 409],
      [409, 202],
    ]).toContainEqual([update.status, removal.status]);
  });
});

describe('listing servers', () => {
  it('pages through them without gap or repeat, in every order, while others come and go', async () => {
    const { token, account } = await someCustomer();
    const createdAt = new Date();
    for (let index = 0; index < 7; index += 1) {
      await buildServer(api.database, { account, catalog, name: `s-${index}`, createdAt });
    }
    for (const sort of ['createdAt', '-createdAt', 'name', '-name']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: ServerList = (
          await api.call('GET', `/servers?limit=3&sort=${sort}${cursor ? `&cursor=${cursor}` : ''}`, {
            token,
          })
        ).body;
        seen.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
        if (seen.length === 3)
          await buildServer(api.database, {
            account,
            catalog,
            name: sort.startsWith('-') ? 'z' : '0',
            createdAt: new Date(sort.startsWith('-') ? Date.now() + 1000 : 0),
          });
      } while (cursor);
      const names = ['s-0', 's-1', 's-2', 's-3', 's-4', 's-5', 's-6'];
      expect(seen.toSorted()).toEqual(names);
      if (sort === 'name') expect(seen).toEqual(names);
      if (sort === '-name') expect(seen).toEqual(names.toReversed());
      await api.database('servers').where({ accountId: account.id }).whereIn('name', ['z', '0']).delete();
    }
  });

  it('refuses a cursor that is not of this list', async () => {
    const { token, account } = await someCustomer();
    for (let index = 0; index < 2; index += 1) await buildServer(api.database, { account, catalog });
    const { nextCursor } = (await api.call('GET', '/servers?limit=1&sort=name', { token })).body;
    for (const cursor of ['nonsense', nextCursor]) {
      const refused = await api.call('GET', `/servers?sort=createdAt&cursor=${cursor}`, { token });
      expect(refused.body).toMatchObject({
        status: 422,
        code: 'invalid_input',
        issues: [{ field: 'cursor' }],
      });
    }
  });

  it('derives the status honestly, and filters by what it shows', async () => {
    const { token, account } = await someCustomer();
    const stale = new Date(Date.now() - 61_000);
    await buildServer(api.database, { account, catalog, name: 'fresh' });
    await buildServer(api.database, { account, catalog, name: 'off', powerState: 'stopped' });
    await buildServer(api.database, { account, catalog, name: 'stale', powerObservedAt: stale });
    await buildServer(api.database, {
      account,
      catalog,
      name: 'never',
      powerObservedAt: null,
      powerState: 'unknown',
    });
    await buildServer(api.database, { account, catalog, name: 'broken', lifecycle: 'failed' });
    const names = async (query: string) => {
      const { items } = (await api.call<ServerList>('GET', `/servers?sort=name&${query}`, { token })).body;
      return items.map(({ name, status }) => `${name} ${status}`);
    };
    expect(await names('')).toEqual([
      'broken failed',
      'fresh running',
      'never unknown',
      'off stopped',
      'stale unknown',
    ]);
    expect(await names('status=unknown')).toEqual(['never unknown', 'stale unknown']);
    expect(await names('status=running')).toEqual(['fresh running']);
    expect(await names('status=failed')).toEqual(['broken failed']);
    expect(await names('search=FRE')).toEqual(['fresh running']);
    expect(await names('search=%25')).toEqual([]);
  });

  it('says what was last seen of the VM beside its status, and null before anything was', async () => {
    const { token, account } = await someCustomer();
    const server = await buildServer(api.database, { account, catalog });
    const observed = async () =>
      Server.parse((await api.call('GET', `/servers/${server.id}`, { token })).body).observed;
    expect(await observed()).toBeNull();
    const at = new Date();
    await api.database('server_observations').insert({
      serverId: server.id,
      observedAt: at,
      uptimeSeconds: 61,
      cpu: 0.25,
      memoryBytes: 3 * 1024 ** 3,
      netInBytes: 5 * 1024 ** 4,
      lock: 'backup',
      agentAddresses: ['203.0.113.9', '2001:db8::9'],
      agentSeenAt: at,
    });
    expect(await observed()).toEqual({
      at: at.toISOString(),
      missingSince: null,
      lock: 'backup',
      uptimeSeconds: 61,
      cpu: 0.25,
      memoryUsedMib: 3 * 1024,
      diskReadBytes: null,
      diskWrittenBytes: null,
      netInBytes: 5 * 1024 ** 4,
      netOutBytes: null,
      agentAddresses: ['203.0.113.9', '2001:db8::9'],
      agentSeenAt: at.toISOString(),
    });
  });

  it('filters by a label, all of it', async () => {
    const { token, account } = await someCustomer();
    await buildServer(api.database, { account, catalog, name: 'one', labels: { team: 'web', a: '1=2' } });
    await buildServer(api.database, { account, catalog, name: 'two', labels: { team: 'website' } });
    await buildServer(api.database, { account, catalog, name: 'three' });
    const names = async (label: string) => {
      const path = `/servers?label=${encodeURIComponent(label)}`;
      const { items } = (await api.call<ServerList>('GET', path, { token })).body;
      return items.map(({ name }) => name);
    };
    expect(await names('team=web')).toEqual(['one']);
    expect(await names('a=1=2')).toEqual(['one']);
    expect(await names('team=')).toEqual([]);
    const refused = await api.call('GET', '/servers?label=team', { token });
    expect(refused.body.issues).toEqual([{ field: 'label', message: 'write it as key=value' }]);
  });

  it('finds a server by part of its address', async () => {
    const { token } = await someCustomer();
    const { server } = (await api.call('POST', '/servers', { token, body: order() })).body;
    const { address } = server.ipAddresses[0];
    const found = await api.call('GET', `/servers?search=${address.slice(3)}`, { token });
    expect(found.body.items.map(({ id }: Server) => id)).toContain(server.id);
  });

  it('shows the live operation with the step it is at', async () => {
    const { token, account } = await someCustomer();
    const server = await buildServer(api.database, { account, catalog, lifecycle: 'provisioning' });
    await buildOperation(api.database, {
      server,
      type: 'provision',
      status: 'running',
      startedAt: new Date(),
      step: 'clone',
      percent: 42,
    });
    const { items } = (await api.call('GET', '/servers', { token })).body;
    expect(items[0].operation).toMatchObject({
      type: 'provision',
      step: 'clone',
      stepTitle: 'Copy the template',
      percent: 42,
    });
  });

  it('shows an admin everything, a customer their own', async () => {
    const [one, two] = [await someCustomer(), await someCustomer()];
    const mine = await buildServer(api.database, { account: one.account, catalog, name: 'seen-by-admin' });
    expect((await api.call('GET', '/servers', { token: two.token })).body.items).toEqual([]);
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const { items } = (await api.call('GET', '/servers?search=seen-by-admin', { token: admin })).body;
    expect(items.map(({ id }: Server) => id)).toEqual([mine.id]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from '../../contract/servers.ts';
import { buildCatalog, buildImportedServer, buildServer, type Catalog } from '../../tests/builders.ts';
import { loggedInCustomer, startTestApi, type TestApi } from '../../tests/api.ts';

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

describe('an imported server', () => {
  let vmids = 100;
  async function importedServer(overrides: Partial<Parameters<typeof buildImportedServer>[1]> = {}) {
    const customer = await loggedInCustomer(api);
    vmids += 1;
    const server = await buildImportedServer(api.database, {
      accountId: customer.account.id,
      clusterId: catalog.cluster.id,
      vmid: vmids,
      ...overrides,
    });
    return { ...customer, server };
  }

  it('says what it costs to those who may order, until it is given another plan', async () => {
    const { token, server } = await importedServer();
    const priceOf = async () => (await api.call('GET', `/servers/${server.id}/price`, { token })).body;
    expect(await priceOf()).toEqual({ price: null });
    const billing = { cycle: 'Monthly', amount: '12.50', currency: 'EUR', nextDue: '2026-12-01' };
    await api.database('server_billing').insert({ serverId: server.id, ...billing });
    expect(await priceOf()).toEqual({ price: billing });
    await server.$query(api.database).patch({ planId: catalog.plan.id });
    expect(await priceOf()).toEqual({ price: null });
    await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
    expect(await priceOf()).toMatchObject({ code: 'not_found' });
  });

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
    const { token } = await loggedInCustomer(api);
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

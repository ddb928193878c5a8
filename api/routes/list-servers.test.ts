import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server, type ServerList } from '../../contract/servers.ts';
import { buildCatalog, buildOperation, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
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

describe('listing servers', () => {
  it('pages through them without gap or repeat, in every order, while others come and go', async () => {
    const { token, account } = await loggedInCustomer(api);
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
    const { token, account } = await loggedInCustomer(api);
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
    const { token, account } = await loggedInCustomer(api);
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
    const { token, account } = await loggedInCustomer(api);
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
    const { token, account } = await loggedInCustomer(api);
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
    expect(refused.body.issues).toMatchObject([{ field: 'label', message: 'write it as key=value' }]);
  });

  it('finds a server by part of its address', async () => {
    const { token } = await loggedInCustomer(api);
    const { server } = (await api.call('POST', '/servers', { token, body: order() })).body;
    const { address } = server.ipAddresses[0];
    const found = await api.call('GET', `/servers?search=${address.slice(3)}`, { token });
    expect(found.body.items.map(({ id }: Server) => id)).toContain(server.id);
  });

  it('shows the live operation with the step it is at', async () => {
    const { token, account } = await loggedInCustomer(api);
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
    const [one, two] = [await loggedInCustomer(api), await loggedInCustomer(api)];
    const mine = await buildServer(api.database, { account: one.account, catalog, name: 'seen-by-admin' });
    expect((await api.call('GET', '/servers', { token: two.token })).body.items).toEqual([]);
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const { items } = (await api.call('GET', '/servers?search=seen-by-admin', { token: admin })).body;
    expect(items.map(({ id }: Server) => id)).toEqual([mine.id]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accepted, Server } from '../../contract/servers.ts';
import { Operation } from '../../contract/operations.ts';
import { buildAccount, buildCatalog, buildUser, type Catalog } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database, { addresses: 100 });
});
afterAll(async () => api.close());

async function someCustomer({ maxServers = 10 } = {}) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user, maxServers });
  return { user, account, token: await api.logIn(user) };
}

const order = (name = 'web-1') => ({ name, planId: catalog.plan.id, templateId: catalog.template.id });

describe('ordering a server', () => {
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
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase, type Database } from '../db/connect.ts';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../tests/builders.ts';
import { startTestApi, type TestApi } from '../tests/api.ts';

describe('two API processes on one database', () => {
  let first: TestApi;
  let second: TestApi;
  /** The second one's own connections. */
  let database: Database;
  let catalog: Catalog;
  beforeAll(async () => {
    first = await startTestApi();
    const { databaseUrl, jwtSecret, secretBox, temporal } = first;
    database = connectDatabase(databaseUrl);
    second = await startTestApi({ database, jwtSecret, secretBox, temporal: temporal.client });
    catalog = await buildCatalog(first.database);
  });
  afterAll(async () => {
    await second.close();
    await database.destroy();
    await first.close();
  });

  async function someone() {
    const user = await buildUser(first.database);
    const account = await buildAccount(first.database, { owner: user });
    return { account, token: await first.logIn(user) };
  }

  it('make one server of one order that reaches both at once', async () => {
    const { token } = await someone();
    const body = { name: 'twice', planId: catalog.plan.id, templateId: catalog.template.id };
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      [first, second].map((api) => api.call('POST', '/servers', { token, body, headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.body.server.id).toBe(answers[1]?.body.server.id);
    expect((await second.call('GET', '/servers', { token })).body.items).toHaveLength(1);
  });

  it('accept one of two actions on a server, and tell the other what is in its way', async () => {
    const { token, account } = await someone();
    const server = await buildServer(first.database, { account, catalog });
    const answers = await Promise.all([
      first.call('POST', `/servers/${server.id}/actions`, { token, body: { action: 'stop' } }),
      second.call('POST', `/servers/${server.id}/actions`, { token, body: { action: 'reboot' } }),
    ]);
    const [accepted, refused] = answers.toSorted((a, b) => a.status - b.status);
    expect([accepted?.status, refused?.status]).toEqual([202, 409]);
    expect(refused?.body.operation.id).toBe(accepted?.body.operation.id);
  });

  it('honour a session and end it together', async () => {
    const { token } = await someone();
    expect((await second.call('GET', '/users/me', { token })).status).toBe(200);
    await first.call('POST', '/logout', { token });
    expect((await second.call('GET', '/users/me', { token })).status).toBe(401);
  });
});

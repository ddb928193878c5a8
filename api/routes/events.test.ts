import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import jwt from 'jsonwebtoken';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../contract/auth.ts';
import {
  buildAccount,
  buildApiToken,
  buildCatalog,
  buildMember,
  buildOperation,
  buildServer,
  buildUser,
  PASSWORD,
  type Catalog,
} from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { until } from '../../tests/until.ts';

let api: TestApi;
let catalog: Catalog;
const open: AbortController[] = [];
beforeAll(async () => {
  api = await startTestApi({ streamRecheckMs: 100 });
  catalog = await buildCatalog(api.database);
});
afterEach(() => {
  for (const controller of open.splice(0)) controller.abort();
});
afterAll(async () => api.close());

async function someCustomer() {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user });
  const server = await buildServer(api.database, { account, catalog });
  return { user, account, server, token: await api.logIn(user) };
}

/** Opens the feed and gathers what comes. */
async function follow(token: string, lastEventId?: string) {
  const controller = new AbortController();
  open.push(controller);
  const response = await fetch(`${api.url}/events`, {
    signal: controller.signal,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    },
  });
  const seen: EventSourceMessage[] = [];
  const feed = { response, seen, isOver: false, close: () => controller.abort() };
  const stream = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  const read = async () => {
    for await (const message of stream ?? []) seen.push(message);
  };
  read()
    .catch(() => undefined) // aborted by the test
    .finally(() => (feed.isOver = true));
  return feed;
}

const lastId = async () => String((await api.database('events').max('id as id').first())?.id ?? 0);

describe('the feed', () => {
  it('carries changes of servers and operations, as whole states, within moments', async () => {
    const { server, token } = await someCustomer();
    const feed = await follow(token);
    expect(feed.response.headers.get('Content-Type')).toContain('text/event-stream');
    expect(feed.response.headers.get('X-Accel-Buffering')).toBe('no');
    await server.$query(api.database).patch({ powerState: 'stopped' });
    await until(() => feed.seen.length > 0);
    expect(feed.seen[0]).toMatchObject({ event: 'server', id: expect.stringMatching(/^\d+$/) });
    expect(JSON.parse(feed.seen[0]?.data ?? '')).toMatchObject({ id: server.id, status: 'stopped' });

    const operation = await buildOperation(api.database, { server });
    await until(() => feed.seen.some(({ event }) => event === 'operation'));
    const sent = feed.seen.find(({ event }) => event === 'operation');
    expect(JSON.parse(sent?.data ?? '')).toMatchObject({ id: operation.id, status: 'pending' });
    // The server's own line shows the operation too.
    await until(() => JSON.parse(feed.seen.at(-1)?.data ?? '{}').operation?.id === operation.id);
    await operation.$query(api.database).patch({ status: 'succeeded', finishedAt: new Date() });
    await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
    await until(() => feed.seen.some(({ event }) => event === 'server-deleted'));
  });

  it("keeps one account's changes from another, and shows an admin all", async () => {
    const [one, two] = [await someCustomer(), await someCustomer()];
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const feeds = [await follow(one.token), await follow(two.token), await follow(admin)];
    await one.server.$query(api.database).patch({ powerState: 'stopped' });
    await two.server.$query(api.database).patch({ powerState: 'stopped' });
    await until(() => (feeds[2]?.seen.length ?? 0) >= 2 && feeds.every(({ seen }) => seen.length > 0));
    const idsOf = (index: number) => new Set(feeds[index]?.seen.map(({ data }) => JSON.parse(data).id));
    expect(idsOf(0)).toEqual(new Set([one.server.id]));
    expect(idsOf(1)).toEqual(new Set([two.server.id]));
    expect(idsOf(2)).toEqual(new Set([one.server.id, two.server.id]));
  });

  it('replays what a client missed, and what was committed late, but nothing of others', async () => {
    const [one, two] = [await someCustomer(), await someCustomer()];
    const seenUpTo = await lastId();
    await one.server.$query(api.database).patch({ powerState: 'stopped' });
    await two.server.$query(api.database).patch({ powerState: 'stopped' });
    const feed = await follow(one.token, seenUpTo);
    await until(() => feed.seen.length > 0);
    const states = feed.seen.map(({ data }) => JSON.parse(data));
    expect(states.at(-1)).toMatchObject({ id: one.server.id, status: 'stopped' });
    expect(states.every(({ id }) => id === one.server.id)).toBe(true);
  });

  it('tells what changed after something was read, to one who begins where the session says', async () => {
    const { user, server } = await someCustomer();
    const answer = await api.call('POST', '/login', { body: { email: user.email, password: PASSWORD } });
    const { accessToken, latestEventId } = Session.parse(answer.body);
    const { body } = await api.call('GET', '/servers', { token: accessToken });
    expect(body.items[0].status).not.toBe('stopped');
    await server.$query(api.database).patch({ powerState: 'stopped' });
    const feed = await follow(accessToken, String(latestEventId));
    await until(() => feed.seen.length > 0);
    expect(JSON.parse(feed.seen.at(-1)?.data ?? '')).toMatchObject({ id: server.id, status: 'stopped' });
  });

  it('gives each of many who come back together what they may see by now', async () => {
    const [one, two, former] = [await someCustomer(), await someCustomer(), await someCustomer()];
    const member = await buildMember(api.database, { account: one.account, role: 'viewer' });
    await api
      .database('memberships')
      .insert({ accountId: one.account.id, userId: former.user.id, role: 'owner' });
    const guest = await buildUser(api.database);
    const grant = { serverId: two.server.id, userId: guest.id, role: 'operator' };
    await api.database('serverGrants').insert(grant);
    const admin = await buildUser(api.database, { role: 'admin' });
    const tokens = await Promise.all([member, guest, admin].map(async (user) => api.logIn(user)));
    const seenUpTo = await lastId();
    for (const { server } of [one, two, former])
      await server.$query(api.database).patch({ powerState: 'stopped' });
    await api.database('memberships').where({ accountId: one.account.id, userId: former.user.id }).delete();
    const all = [one.token, two.token, former.token, ...tokens];
    const feeds = await Promise.all(all.map(async (token) => follow(token, seenUpTo)));
    const ours = [one, two, former].map(({ server }) => server.id);
    const [a, b, c] = ours;
    // In order of their changes: what somebody must not see would come before the last of what they may see.
    const told = () =>
      feeds.map(({ seen }) => seen.map(({ data }) => JSON.parse(data).id).filter((id) => ours.includes(id)));
    const expected = [[a], [b], [c], [a], [b], [a, b, c]];
    await until(() => told().every((ids, index) => ids.length >= (expected[index]?.length ?? 0)));
    expect(told()).toEqual(expected);
  });

  it.each([['1'], ['999999999'], ['nonsense']])(
    'tells a client that resumes from %s to start over',
    async (id) => {
      const { token } = await someCustomer();
      // Pruned, as after a day.
      await api
        .database('events')
        .where('id', '<', (Number(await lastId()) || 0) - 1)
        .delete();
      const feed = await follow(token, id);
      await until(() => feed.seen.length > 0);
      expect(feed.seen[0]?.event).toBe('reset');
    },
  );

  it('needs a session', async () => {
    expect((await api.call('GET', '/events')).body.code).toBe('unauthenticated');
  });

  it('lets go of a client that has gone', async () => {
    const { token } = await someCustomer();
    const streams = async () =>
      Number(/berth_event_streams (\d+)/.exec((await api.call('GET', '/metrics')).body)?.[1]);
    const before = await streams();
    const feed = await follow(token);
    await until(async () => (await streams()) === before + 1);
    feed.close();
    await until(async () => (await streams()) === before);
  });

  it('ends when the session does, and when the access token does', async () => {
    const { user, token } = await someCustomer();
    const { iat: _iat, exp: _exp, ...claims } = jwt.decode(token) as jwt.JwtPayload;
    const short = await follow(jwt.sign(claims, api.jwtSecret, { expiresIn: 2 }));
    const feed = await follow(token);
    await until(() => short.isOver);
    expect(feed.isOver).toBe(false);
    await user.$query(api.database).patch({ disabledAt: new Date() });
    await until(() => feed.isOver);
  });

  it('is open to an API token until that is revoked', async () => {
    const { user, server } = await someCustomer();
    const feed = await follow(await buildApiToken(api.database, user, { permission: 'view' }));
    await until(async () => {
      await server.$query(api.database).patch({ name: `renamed-${feed.seen.length}` });
      return feed.seen.length > 0;
    });
    await api.database('api_tokens').where({ userId: user.id }).update({ revokedAt: new Date() });
    await until(() => feed.isOver);
  });

  it('is open to an administrator who looks through the eyes of the customer', async () => {
    const { user, token } = await someCustomer();
    const admin = await buildUser(api.database, { role: 'admin' });
    await api.database('sessions').where({ userId: user.id }).update({ adminId: admin.id });
    const feed = await follow(token);
    expect(feed.response.status).toBe(200);
    await admin.$query(api.database).patch({ disabledAt: new Date() });
    await until(() => feed.isOver);
  });

  it('shows nothing more of an account its user has left', async () => {
    const { user, account, server, token } = await someCustomer();
    const other = await buildAccount(api.database, { owner: user });
    const kept = await buildServer(api.database, { account: other, catalog });
    const feed = await follow(token);
    await api.database('memberships').where({ accountId: account.id }).delete();
    const sightings = (id: string) => feed.seen.filter(({ data }) => JSON.parse(data).id === id).length;
    // Both change together, again and again, until only the other one is still heard of.
    const heard = async () => {
      const before = [sightings(server.id), sightings(kept.id)];
      for (const one of [server, kept]) {
        await api.database.raw(
          `update servers set power_state = case power_state when 'running' then 'stopped' else 'running' end where id = ?`,
          [one.id],
        );
      }
      await until(() => sightings(kept.id) > (before[1] ?? 0));
      return sightings(server.id) > (before[0] ?? 0);
    };
    await until(async () => !(await heard()));
    expect(await heard()).toBe(false);
  });

  it('goes on after the database cut its connection, missing nothing', async () => {
    const { server, token } = await someCustomer();
    const feed = await follow(token);
    await api.database.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'berth events'`,
    );
    await server.$query(api.database).patch({ powerState: 'stopped' });
    await until(() => feed.seen.some(({ data }) => JSON.parse(data).status === 'stopped'));
  });
});

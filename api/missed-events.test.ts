import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Server } from '../db/models/server.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { createMissedEvents } from './missed-events.ts';

let testDatabase: TestDatabase;
let missed: ReturnType<typeof createMissedEvents>;
/** Two accounts with two servers each. */
let servers: Server[][];
/** From before anything changed. */
let lastEventId: string;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  missed = createMissedEvents(database);
  const catalog = await buildCatalog(database);
  const twoServers = async () => {
    const account = await buildAccount(database);
    return [
      await buildServer(database, { account, catalog }),
      await buildServer(database, { account, catalog }),
    ];
  };
  servers = [await twoServers(), await twoServers()];
  lastEventId = await newestId();
  for (const server of servers.flat()) await buildOperation(database, { server });
});
afterAll(async () => testDatabase.drop());

const newestId = async () => String((await testDatabase.database('events').max('id as id').first())?.id);
const reachOfAccount = (index: number) => ({
  accountIds: [servers[index]?.[0]?.accountId ?? ''],
  serverIds: [],
});
const serversIn = (bytes: Buffer | null) =>
  new Set([...String(bytes).matchAll(/^event: server\ndata: \{"id":"([^"]+)"/gm)].map(([, id]) => id));
const idsOf = (found: Server[] | undefined) => new Set(found?.map(({ id }) => id));
const isReset = (bytes: Buffer | null) => String(bytes).includes('event: reset');

/** Changes of an account that nobody else has to do with, until the test is over. */
const STRANGERS = randomUUID();
async function addChanges(count: number): Promise<void> {
  await testDatabase.database.raw(
    'insert into events (account_id, server_id) select ?, gen_random_uuid() from generate_series(1, ?)',
    [STRANGERS, count],
  );
}
afterEach(async () => testDatabase.database('events').where({ accountId: STRANGERS }).delete());

describe('streams that come back together', () => {
  it('are each told what they may see and nothing else', async () => {
    const [one, two] = [reachOfAccount(0), reachOfAccount(1)];
    const single = { accountIds: [], serverIds: [servers[1]?.[1]?.id ?? ''] };
    const nothing = { accountIds: [], serverIds: [] };
    const reaches = [one, two, single, nothing, null, { ...one, serverIds: single.serverIds }];
    const answers = await Promise.all(reaches.map(async (reach) => missed({ reach, lastEventId })));
    expect(answers.map(({ bytes }) => serversIn(bytes))).toEqual([
      idsOf(servers[0]),
      idsOf(servers[1]),
      new Set(single.serverIds),
      new Set(),
      idsOf(servers.flat()),
      new Set([...idsOf(servers[0]), ...single.serverIds]),
    ]);
    expect(answers[3]?.bytes).toBeNull();
  });

  it('share what is read and what is sent', async () => {
    const statements: string[] = [];
    const note = ({ sql }: { sql: string }) => statements.push(sql);
    testDatabase.database.on('query', note);
    const reach = reachOfAccount(0);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => missed({ reach: { ...reach }, lastEventId })),
    );
    testDatabase.database.off('query', note);
    // The newest id, the changes, those committed late, the servers, the operations.
    expect(statements).toHaveLength(5);
    expect(new Set(answers.map(({ bytes }) => bytes)).size).toBe(1);
  });

  it('go on where the newest event was, each from where it left off', async () => {
    const reach = reachOfAccount(0);
    const newest = await newestId();
    const [all, begun] = await Promise.all([
      missed({ reach, lastEventId }),
      missed({ reach, lastEventId: '' }),
    ]);
    expect(begun).toEqual({ latestId: Number(newest), bytes: null });
    expect(all.latestId).toBe(Number(newest));
    expect(serversIn(all.bytes)).toEqual(idsOf(servers[0]));
  });

  it('start over where one cannot be told any more, and only there', async () => {
    await addChanges(1_001);
    const answers = await Promise.all([
      missed({ reach: { accountIds: [STRANGERS], serverIds: [] }, lastEventId }),
      missed({ reach: reachOfAccount(0), lastEventId }),
      missed({ reach: reachOfAccount(0), lastEventId: '999999999' }),
      missed({ reach: reachOfAccount(0), lastEventId: 'nonsense' }),
    ]);
    expect(answers.map(({ bytes }) => isReset(bytes))).toEqual([true, false, true, true]);
  });

  it('start over when so much has happened to all that it is not looked through', async () => {
    await addChanges(10_000);
    const newest = String(Number(await newestId()) - 1);
    const reach = reachOfAccount(0);
    const [old, recent] = await Promise.all([
      missed({ reach, lastEventId }),
      missed({ reach, lastEventId: newest }),
    ]);
    expect([isReset(old.bytes), isReset(recent.bytes)]).toEqual([true, false]);
  });

  it('are told what was committed after events with higher ids', async () => {
    const { database } = testDatabase;
    const late = await database.transaction();
    await late('servers').where({ id: servers[0]?.[0]?.id }).update({ powerState: 'stopped' });
    await addChanges(1);
    const seenUpTo = await newestId();
    await late.commit();
    const { bytes } = await missed({ reach: reachOfAccount(0), lastEventId: seenUpTo });
    expect(serversIn(bytes)).toContain(servers[0]?.[0]?.id);
  });

  it('are not told of a server that has been given to another account since', async () => {
    const { database } = testDatabase;
    const [given, kept] = servers[1] ?? [];
    const to = await buildAccount(database);
    const seenUpTo = await newestId();
    for (const server of [given, kept]) await server?.$query(database).patch({ powerState: 'stopped' });
    await database('servers').where({ id: given?.id }).update({ accountId: to.id });
    const answer = await missed({ reach: reachOfAccount(1), lastEventId: seenUpTo });
    expect(serversIn(answer.bytes)).toEqual(new Set([kept?.id]));
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { Account } from '../db/models/account.ts';
import { buildMember, buildOperation, PASSWORD } from '../tests/builders.ts';
import { Server } from '../db/models/server.ts';
import { until } from '../tests/until.ts';
import { manyStreams, type Streams } from './event-streams.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { addServers } from './many-servers.ts';
import { percentile, printRatio, printTable } from './numbers.ts';
import { readCpu, readMemory } from './process-usage.ts';

/** What many open dashboards cost one api process, and how soon all of them are shown a change. All see the same account: the most there is to send. */
const STREAMS = Number(process.env['STREAMS'] ?? 1_000);
const USERS = Number(process.env['USERS'] ?? 20);
const CHANGES = Number(process.env['CHANGES'] ?? 100);
const IDLE_SECONDS = Number(process.env['IDLE_SECONDS'] ?? 30);
/** Between changes one at a time. */
const APART_MS = 300;
const MISSED = 10;
const SERVERS = 100;
/** What Berth may add to the end of a task (design, budgets). */
const BUDGET_MS = 300;

interface Part {
  title: string;
  changes: number;
  firstMs: number[];
  allMs: number[];
  /** Messages of operations that some stream was not shown. */
  lost: number;
  seconds: number;
  cpu: { api: number; postgres: number };
  memoryMib: number;
}

await withEstate({ apiOnly: true, speed: 0 }, async (estate) => {
  await addServers(estate, SERVERS, 1);
  const tokens = await signIn(estate);
  const before = await readMemory(estate.pids().api, 'VmRSS');
  const streams = manyStreams(estate.apiUrl);
  try {
    const openedAt = performance.now();
    await streams.open(Array.from({ length: STREAMS }, (_, index) => ({ token: tokenOf(tokens, index) })));
    const openMs = performance.now() - openedAt;
    const parts = [
      await measure(estate, streams, 'nothing happens', async () => {
        await delay(IDLE_SECONDS * 1_000);
        return [];
      }),
      await measure(estate, streams, 'one at a time', () => oneAtATime(estate)),
      await measure(estate, streams, 'all at once', () => atOnce(estate, CHANGES)),
      await measure(estate, streams, 'all come back', () => comeBack(estate, streams, tokens)),
    ];
    const peak = await readMemory(estate.pids().api, 'VmHWM');
    console.log(
      `${STREAMS} streams of ${USERS} users, opened in ${(openMs / 1_000).toFixed(1)} s; ` +
        `api process ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB at most; ` +
        `${streams.ended} streams ended by themselves`,
    );
    report(parts);
  } finally {
    streams.closeAll();
  }
});

function tokenOf(tokens: string[], index: number): string {
  return tokens[index % tokens.length] ?? '';
}

/** Access tokens of the sessions of USERS members of the account that has the servers. */
async function signIn({ database, accountId, apiUrl }: BenchEstate): Promise<string[]> {
  const account = await Account.query(database).findById(accountId).throwIfNotFound();
  const tokens: string[] = [];
  for (let index = 0; index < USERS; index += 1) {
    const { email } = await buildMember(database, { account, role: 'viewer' });
    const answer = await fetch(`${apiUrl}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    if (!answer.ok) throw new Error(`POST /login answered ${answer.status}`);
    tokens.push(((await answer.json()) as { accessToken: string }).accessToken);
  }
  return tokens;
}

interface Change {
  operationId: string;
  /** When it was about to be written (performance.now()). */
  at: number;
}

/** A finished operation of some server: it cannot be in the way of another. */
async function change({ database }: BenchEstate, index: number): Promise<Change> {
  const server = await Server.query(database)
    .findOne({ name: `server-${1 + (index % SERVERS)}` })
    .throwIfNotFound();
  const at = performance.now();
  const operation = await buildOperation(database, { server, status: 'succeeded', finishedAt: new Date() });
  return { operationId: operation.id, at };
}

async function oneAtATime(estate: BenchEstate): Promise<Change[]> {
  const changes: Change[] = [];
  for (let index = 0; index < CHANGES; index += 1) {
    const next = delay(APART_MS);
    changes.push(await change(estate, index));
    await next;
  }
  return changes;
}

async function atOnce(estate: BenchEstate, count: number): Promise<Change[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => change(estate, index)));
}

/** As after a restart: every stream is gone, something changes, and all of them come back at the same moment for what they missed. */
async function comeBack(estate: BenchEstate, streams: Streams, tokens: string[]): Promise<Change[]> {
  const lastEventIds = streams.all.map(({ lastEventId }) => lastEventId);
  streams.closeAll();
  const changes = await atOnce(estate, MISSED);
  const at = performance.now();
  await streams.open(
    lastEventIds.map((lastEventId, index) => ({ token: tokenOf(tokens, index), lastEventId })),
  );
  return changes.map(({ operationId }) => ({ operationId, at }));
}

/** Waits until every stream has been shown every change, or nothing has come for a while. */
async function measure(
  estate: BenchEstate,
  streams: Streams,
  title: string,
  make: () => Promise<Change[]>,
): Promise<Part> {
  const { api, postgres } = estate.pids();
  const before = { at: performance.now(), api: await readCpu(api), postgres: await readCpu(postgres) };
  const changes = await make();
  const countOf = ({ operationId }: Change) => streams.shown.get(operationId)?.streams ?? 0;
  await until(() => changes.every((one) => countOf(one) === STREAMS), 60_000).catch(() => undefined);
  const seconds = (performance.now() - before.at) / 1_000;
  const shown = (one: Change) => streams.shown.get(one.operationId);
  return {
    title,
    changes: changes.length,
    firstMs: changes.map((one) => (shown(one)?.firstAt ?? Infinity) - one.at),
    allMs: changes.map((one) => (shown(one)?.lastAt ?? Infinity) - one.at),
    lost: changes.reduce((sum, one) => sum + STREAMS - countOf(one), 0),
    seconds,
    cpu: {
      api: (await readCpu(api)) - before.api,
      postgres: (await readCpu(postgres)) - before.postgres,
    },
    memoryMib: await readMemory(api, 'VmRSS'),
  };
}

function report(parts: Part[]): void {
  const ms = (values: number[], share: number) =>
    values.length === 0 ? '–' : percentile(values, share).toFixed(0);
  console.log('milliseconds from the change to the first stream, and to the last');
  printTable(
    [
      'part',
      'changes',
      'first p50',
      'p95',
      'all p50',
      'p95',
      'lost',
      'seconds',
      'api CPU s',
      'PostgreSQL CPU s',
      'api MiB',
    ],
    parts.map(({ title, changes, firstMs, allMs, lost, seconds, cpu, memoryMib }) => [
      title,
      String(changes),
      ms(firstMs, 0.5),
      ms(firstMs, 0.95),
      ms(allMs, 0.5),
      ms(allMs, 0.95),
      String(lost),
      seconds.toFixed(1),
      cpu.api.toFixed(2),
      cpu.postgres.toFixed(2),
      memoryMib.toFixed(0),
    ]),
  );
  const lost = parts.reduce((sum, part) => sum + part.lost, 0);
  const one = parts.find(({ title }) => title === 'one at a time');
  const ratio = lost > 0 ? Infinity : percentile(one?.allMs ?? [], 0.95) / BUDGET_MS;
  printRatio(ratio, '≤ 1 of 300 ms until all were shown a change (p95), none lost');
}

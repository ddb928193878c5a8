import { fileURLToPath } from 'node:url';
import { listServers } from '../api/server-rows.ts';
import { ListServersQuery } from '../contract/servers.ts';
import type { Database } from '../db/connect.ts';
import { freePort } from '../testbed/free-port.ts';
import { startService } from '../testbed/service.ts';
import { waitUntil } from '../testbed/wait-until.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { loadUrl } from './http-load.ts';
import { addServers } from './many-servers.ts';
import { median, percentile, printRatio, printTable } from './numbers.ts';

/** The throughput of GET /servers against a bare Koa + pg handler with the same SQL and JSON, in alternating rounds. */
const SERVERS = 10_000;
const CLIENTS = Number(process.env['CLIENTS'] ?? 16);
const ROUNDS = Number(process.env['ROUNDS'] ?? 6);
const ROUND_MS = 4_000;
/** Berth's default (BERTH_DATABASE_POOL). */
const POOL = 20;

interface Contest {
  title: string;
  berth: number[];
  bare: number[];
  p95: { berth: number; bare: number };
}

await withEstate({ apiOnly: true, speed: 0 }, async (estate) => {
  await addServers(estate, SERVERS, 1);
  const contests = [await contest(estate, 'one account has all 10,000')];
  await addServers(estate, SERVERS, 100);
  contests.push(await contest(estate, 'one of 100 accounts, 100 each'));
  const row = ({ title, berth, bare, p95 }: Contest) => [
    title,
    median(berth).toFixed(0),
    median(bare).toFixed(0),
    ratioOf(berth, bare).toFixed(2),
    p95.berth.toFixed(1),
    p95.bare.toFixed(1),
  ];
  console.log(`${CLIENTS} clients, ${ROUNDS} rounds of ${ROUND_MS / 1_000} s each, medians`);
  printTable(['servers', 'Berth/s', 'bare/s', 'ratio', 'Berth p95 ms', 'bare p95 ms'], contests.map(row));
  printRatio(Math.min(...contests.map(({ berth, bare }) => ratioOf(berth, bare))), '≥ 0.7');
});

/** Of neighbouring rounds, so that what slows the computer down for a while slows both. */
function ratioOf(berth: number[], bare: number[]): number {
  return median(berth.map((value, index) => value / (bare[index] ?? Number.NaN)));
}

async function contest(estate: BenchEstate, title: string): Promise<Contest> {
  const bareServer = await startBareServer(estate);
  try {
    const url = `${estate.apiUrl}/servers?limit=50`;
    const headers = { authorization: `Bearer ${await estate.accessToken()}` };
    await expectSameAnswer(url, headers, bareServer.url);
    const berth = () => loadUrl(url, { clients: CLIENTS, ms: ROUND_MS, headers });
    const bare = () => loadUrl(bareServer.url, { clients: CLIENTS, ms: ROUND_MS });
    await berth();
    await bare();
    const results = { berth: [] as number[], bare: [] as number[] };
    const latencies = { berth: [] as number[], bare: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const turns = [['berth', berth] as const, ['bare', bare] as const];
      for (const [name, run] of round % 2 === 0 ? turns : turns.toReversed()) {
        const result = await run();
        results[name].push(result.requestsPerSecond);
        latencies[name].push(...result.latencies);
      }
    }
    const p95 = { berth: percentile(latencies.berth, 0.95), bare: percentile(latencies.bare, 0.95) };
    return { title, ...results, p95 };
  } finally {
    await bareServer.stop();
  }
}

async function startBareServer({ database, databaseUrl, accountId }: BenchEstate) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const query = ListServersQuery.parse({ limit: 50 });
  const { sql, bindings } = await sqlOf(database, accountId, query);
  const service = await startService({
    name: 'bare handler',
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-list-server.ts', import.meta.url))],
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      POOL: String(POOL),
      SQL: sql,
      BINDINGS: JSON.stringify({ bindings, limit: query.limit, sort: query.sort }),
    },
    ready: (signal) =>
      waitUntil(
        () =>
          fetch(url).then(
            ({ ok }) => ok,
            () => false,
          ),
        { signal, what: 'the bare handler' },
      ),
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
  });
  return { url, stop: () => service.stop() };
}

/** The statement Berth itself sends, as it sends it. */
async function sqlOf(
  database: Database,
  accountId: string,
  query: ListServersQuery,
): Promise<{ sql: string; bindings: unknown[] }> {
  const seen: { sql: string; bindings: unknown[] }[] = [];
  const note = (sent: { sql: string; bindings?: unknown[] }) =>
    seen.push({ sql: sent.sql, bindings: sent.bindings ?? [] });
  database.on('query', note);
  await listServers(database, { accountIds: [accountId], serverIds: [] }, query, null);
  database.off('query', note);
  const [statement] = seen;
  if (!statement) throw new Error('no statement was seen');
  return statement;
}

async function expectSameAnswer(
  url: string,
  headers: Record<string, string>,
  bareUrl: string,
): Promise<void> {
  const [berth, bare] = await Promise.all([
    fetch(url, { headers }).then((answer) => answer.text()),
    fetch(bareUrl).then((answer) => answer.text()),
  ]);
  if (berth !== bare) throw new Error('the two handlers do not answer the same');
}

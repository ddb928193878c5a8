import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectDatabase, type Database } from '../db/connect.ts';
import { ensureCluster } from '../db/ensure-cluster.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { queryRows } from '../db/query-rows.ts';
import { createSecretBox } from '../db/secrets.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import type { Simulator } from '../testbed/proxmox/simulator.ts';
import { startService, type RunningService } from '../testbed/service.ts';
import { nodeOf } from './call-log.ts';
import { startDurablePostgres } from './durable-postgres.ts';
import { printRatio, printTable } from './numbers.ts';
import { readCpu, readMemory } from './process-usage.ts';
import { createScratch } from './scratch-database.ts';
import { withCleanUp, type Undo } from './with-clean-up.ts';

/** What the watcher of a cluster costs in calls, processor time and memory, and how fresh it keeps what is known. */
const NODES = 20;
const SIZES = (process.env['SIZES'] ?? '100,10000').split(',').map(Number);
const SECONDS = Number(process.env['SECONDS'] ?? 60);
/** In which the first looks at everything are over. */
const WARM_UP_MS = 30_000;
const SAMPLE_MS = 1_000;
const CALL_SAMPLE_MS = 10_000;
const FIRST_VMID = 100_000;

interface Cluster {
  url: string;
  fingerprint: string;
  controlUrl: string;
  token: { id: string; secret: string };
}

interface Cost {
  vms: number;
  firstLookMs: number;
  /** Calls per second to the node that got most. */
  busiest: number;
  /** Seconds since the state that was seen longest ago. */
  oldest: number;
  usageOldest: number;
  /** Processor seconds per second. */
  watcher: number;
  postgres: number;
  memoryMib: number;
  peakMib: number;
  heldUp: { p99: number; max: number };
}

await withCleanUp(async (undo) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-watcher-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startDurablePostgres(folder, undo);
  const costs: Cost[] = [];
  for (const vms of SIZES) costs.push(await withCost(vms, folder, postgres, undo));
  console.log(`${NODES} nodes, over ${SECONDS} s; load average ${loadavg()[0]?.toFixed(1)}`);
  printTable(
    [
      'VMs',
      'first look s',
      'calls/s/node',
      'oldest state s',
      'oldest usage s',
      'watcher CPU s/s',
      'PostgreSQL CPU s/s',
      'MiB',
      'peak MiB',
      'held up p99 ms',
      'max',
    ],
    costs.map((cost) => [
      String(cost.vms),
      (cost.firstLookMs / 1_000).toFixed(1),
      cost.busiest.toFixed(2),
      cost.oldest.toFixed(1),
      cost.usageOldest.toFixed(1),
      cost.watcher.toFixed(3),
      cost.postgres.toFixed(3),
      cost.memoryMib.toFixed(0),
      cost.peakMib.toFixed(0),
      cost.heldUp.p99.toFixed(0),
      cost.heldUp.max.toFixed(0),
    ]),
  );
  printRatio(Math.max(...costs.map(({ busiest }) => busiest)), '≤ 1 call per second per node');
});

async function withCost(
  vms: number,
  folder: string,
  postgres: { url: string; pid: number },
  undo: Undo[],
): Promise<Cost> {
  await using scratch = await createScratch(postgres.url, `watcher_${vms}`);
  const database = connectDatabase(scratch.url);
  const cluster = await startCluster(vms, folder, undo);
  const secretsKey = randomBytes(32);
  await migrateToLatest(database);
  await addServers(database, secretsKey, cluster, vms);
  const startedAt = performance.now();
  const watcher = await startWatcher(scratch.url, secretsKey, cluster);
  const firstLookMs = performance.now() - startedAt;
  try {
    await delay(WARM_UP_MS);
    const measured = await measure(database, cluster, {
      watcher: watcher.service.pid,
      postgres: postgres.pid,
    });
    const memoryMib = await readMemory(watcher.service.pid, 'VmRSS');
    const peakMib = await readMemory(watcher.service.pid, 'VmHWM');
    await watcher.service.stop();
    return { vms, firstLookMs, ...measured, memoryMib, peakMib, heldUp: watcher.heldUp() };
  } finally {
    await watcher.service.stop();
    await database.destroy();
    await cluster.service.stop();
  }
}

async function measure(
  database: Database,
  { controlUrl }: Cluster,
  pids: { watcher: number; postgres: number },
): Promise<Pick<Cost, 'busiest' | 'oldest' | 'usageOldest' | 'watcher' | 'postgres'>> {
  const from = Date.now();
  const before = { watcher: await readCpu(pids.watcher), postgres: await readCpu(pids.postgres) };
  const ages = { oldest: 0, usageOldest: 0 };
  const calls = new Map<string, number>();
  let countedUntil = from;
  const count = async () => {
    // It remembers the last 2,000.
    const list = (await (await fetch(`${controlUrl}/calls`)).json()) as Simulator['calls'];
    const until = Date.now() - 100;
    for (const call of list.filter(({ at }) => at > countedUntil && at <= until)) {
      calls.set(nodeOf(call), (calls.get(nodeOf(call)) ?? 0) + 1);
    }
    countedUntil = until;
  };
  for (let sampled = 0; Date.now() - from < SECONDS * 1_000; sampled += 1) {
    await delay(SAMPLE_MS);
    const [age] = await queryRows<{ state: number; usage: number }>(
      database,
      `select extract(epoch from now() - min(power_observed_at))::float as state,
         extract(epoch from now() - min(observed_at))::float as usage
       from servers join server_observations on server_id = id`,
    );
    ages.oldest = Math.max(ages.oldest, age?.state ?? Infinity);
    ages.usageOldest = Math.max(ages.usageOldest, age?.usage ?? Infinity);
    if (sampled % (CALL_SAMPLE_MS / SAMPLE_MS) === 0) await count();
  }
  await count();
  const seconds = (countedUntil - from) / 1_000;
  calls.delete('');
  const took = (Date.now() - from) / 1_000;
  return {
    ...ages,
    busiest: Math.max(...calls.values()) / seconds,
    watcher: ((await readCpu(pids.watcher)) - before.watcher) / took,
    postgres: ((await readCpu(pids.postgres)) - before.postgres) / took,
  };
}

async function startCluster(
  count: number,
  folder: string,
  undo: Undo[],
): Promise<Cluster & { service: RunningService }> {
  const file = join(folder, `vms-${count}.jsonl`);
  await writeFile(file, Array.from({ length: count }, (_, n) => JSON.stringify(seedVm(n))).join('\n'));
  const main = fileURLToPath(new URL('../testbed/proxmox/main.ts', import.meta.url));
  let printed: string | undefined;
  const service = await startService({
    name: 'simulator',
    command: process.execPath,
    args: [main, '--port', '0', '--nodes', String(NODES), '--vms', file, '--speed', '1'],
    onLine: (line) => (printed ??= line.startsWith('{') ? line : undefined),
    ready: async (signal) => {
      while (printed === undefined) await delay(10, undefined, { signal });
    },
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  });
  undo.push(() => service.stop());
  return { service, ...(JSON.parse(printed ?? '') as Cluster) };
}

function seedVm(n: number): SeedVm {
  return {
    vmid: FIRST_VMID + n,
    node: `pve${1 + (n % NODES)}`,
    name: `customer-${n}`,
    cores: 2,
    memoryMib: 4_096,
    diskGib: 40,
    mac: `BC:24:11:${n.toString(16).padStart(6, '0').match(/../g)?.join(':').toUpperCase()}`,
    ip: `10.64.${n >> 8}.${n & 255}/16`,
    isRunning: true,
  };
}

async function addServers(
  database: Database,
  secretsKey: Buffer,
  { url, fingerprint, token }: Cluster,
  count: number,
): Promise<void> {
  const cluster = await ensureCluster(database, createSecretBox(secretsKey), {
    name: 'default',
    location: 'Benchville',
    endpoints: [url],
    tlsFingerprint: fingerprint,
    tlsCa: null,
    tokenId: token.id,
    tokenSecret: token.secret,
    snippetsStorage: null,
    snippetsDir: null,
  });
  await database.raw(
    `with account as (insert into accounts (name) values ('bench') returning id), server as (
       insert into servers (account_id, name, cluster_id, plan_name, vm_identity, vcpu, memory_mib, disk_gib, lifecycle)
       select account.id, 'customer-' || n, ?, 'Bench', '{"name": "customer", "uuid": null}', 2, 4096, 40, 'active'
       from account, generate_series(0, ?::int - 1) n returning id, substr(name, 10)::int as n
     ) insert into vmid_leases (cluster_id, vmid, server_id) select ?, ? + n, id from server`,
    [cluster.id, count, cluster.id, FIRST_VMID],
  );
  await database.raw('vacuum analyze');
}

async function startWatcher(
  databaseUrl: string,
  secretsKey: Buffer,
  { url, fingerprint, token }: Cluster,
): Promise<{ service: RunningService; heldUp: () => Cost['heldUp'] }> {
  const lines: string[] = [];
  const service = await startService({
    name: 'watcher',
    command: process.execPath,
    args: [fileURLToPath(new URL('watcher-process.ts', import.meta.url))],
    env: {
      DATABASE_URL: databaseUrl,
      BERTH_SECRETS_KEY: secretsKey.toString('base64'),
      PROXMOX_URL: url,
      PROXMOX_FINGERPRINT: fingerprint,
      PROXMOX_TOKEN_ID: token.id,
      PROXMOX_TOKEN_SECRET: token.secret,
    },
    onLine: (line) => {
      lines.push(line);
      if (line.includes('"level"')) console.error(line);
    },
    ready: async (signal) => {
      while (!lines.includes('ready')) await delay(10, undefined, { signal });
    },
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  });
  return { service, heldUp: () => JSON.parse(lines.at(-1) ?? '') as Cost['heldUp'] };
}

import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import { startService } from '../testbed/service.ts';
import { median, percentile, printRatio, printTable } from './numbers.ts';
import { createTaskLoad, type MakeCall } from './simulator-tasks.ts';
import { withCleanUp, type Undo } from './with-clean-up.ts';

/** How fast the simulator answers as a process on one core, with many VMs and many tasks that run all the time. */
const NODES = 20;
const VMS = Number(process.env['VMS'] ?? 10_000);
const TASKS = Number(process.env['TASKS'] ?? 500);
const CLIENTS = Number(process.env['CLIENTS'] ?? 16);
const SECONDS = Number(process.env['SECONDS'] ?? 30);
/** The share of calls that has nothing to do with tasks, at least. */
const READINGS = 0.4;
const WARM_UP_MS = 10_000;
const WATCH_EVERY_MS = 1_000;
const BUDGET_MS = 100;
const FIRST_VMID = 100_000;

interface Target {
  pid: number;
  url: string;
  token: { id: string; secret: string };
  ca: string;
}

await withCleanUp(async (undo) => {
  const target = await startTarget(undo);
  const latencies = new Map<string, number[]>();
  const agent = new Agent({ connections: CLIENTS, pipelining: 1, connect: { ca: target.ca } });
  undo.push(() => agent.destroy());
  const call: MakeCall = async (name, method, path, form) => {
    const startedAt = performance.now();
    const answer = await agent.request({
      origin: target.url,
      path: `/api2/json${path}`,
      method: method as 'GET',
      headers: {
        authorization: `PVEAPIToken=${target.token.id}=${target.token.secret}`,
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form ?? null,
    });
    const text = await answer.body.text();
    const tookMs = performance.now() - startedAt;
    const ofKind = latencies.get(name) ?? [];
    latencies.set(name, ofKind);
    ofKind.push(tookMs);
    if (answer.statusCode !== 200) throw new Error(`${method} ${path} answered ${answer.statusCode} ${text}`);
    // The longest answer is not read, so that this program does not wait for itself.
    return path === '/cluster/resources' ? text : (JSON.parse(text) as { data: unknown }).data;
  };

  const load = createTaskLoad(call, { tasks: TASKS, nodes: NODES, largeVm: stoppedVm });
  let isOver = false;
  const client = async (): Promise<void> => {
    while (!isOver) if (Math.random() < READINGS || !(await load.step())) await read(call);
  };
  let counts: number[] = [];
  const watch = async (): Promise<void> => {
    while (!isOver) {
      counts.push(await load.count());
      await call('GET cluster/resources', 'GET', '/cluster/resources');
      await delay(WATCH_EVERY_MS);
    }
  };
  const clients = Promise.all([...Array.from({ length: CLIENTS - 1 }, client), watch()]);
  const measure = async (): Promise<void> => {
    await delay(WARM_UP_MS);
    latencies.clear();
    counts = [];
    const before = { at: performance.now(), cpuMs: await cpuMsOf(target.pid) };
    await delay(SECONDS * 1_000);
    const seconds = (performance.now() - before.at) / 1_000;
    const cpuMs = (await cpuMsOf(target.pid)) - before.cpuMs;
    isOver = true;
    await print(latencies, { target, seconds, cpuMs, tasks: median(counts) });
  };
  await Promise.all([clients, measure()]);
});

async function startTarget(undo: Undo[]): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-simulator-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const vms = join(folder, 'vms.jsonl');
  await writeFile(vms, Array.from({ length: VMS }, (_, n) => JSON.stringify(seedVm(n))).join('\n'));
  const main = fileURLToPath(new URL('../testbed/proxmox/main.ts', import.meta.url));
  const args = [main, '--port', '0', '--nodes', String(NODES), '--vms', vms, '--speed', '1'];
  args.push('--state-file', join(folder, 'state.json'));
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  if (!hasTaskset)
    console.log('there is no taskset here: the simulator may use several cores for its garbage');
  const [command, ...rest] = hasTaskset
    ? ['taskset', '--cpu-list', '0', process.execPath, ...args]
    : [process.execPath, ...args];
  const startedAt = performance.now();
  let printed: string | undefined;
  const service = await startService({
    name: 'simulator',
    command,
    args: rest,
    onLine: (line) => (printed ??= line.startsWith('{') ? line : undefined),
    ready: async (signal) => {
      while (printed === undefined) await delay(10, undefined, { signal });
    },
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  });
  undo.push(() => service.stop());
  console.log(
    `${NODES} nodes, ${VMS} VMs: listens after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
  );
  return { pid: service.pid, ...(JSON.parse(printed ?? '') as Omit<Target, 'pid'>) };
}

function seedVm(n: number): SeedVm {
  const hex = n.toString(16).padStart(6, '0');
  return {
    vmid: FIRST_VMID + n,
    node: nodeOf(n),
    name: `customer-${n}`,
    cores: 1 + (n % 4),
    memoryMib: 1024 * (1 + (n % 8)),
    diskGib: 10 + (n % 50),
    mac: `BC:24:11:${hex.match(/../g)?.join(':').toUpperCase()}`,
    ip: `10.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}/16`,
    isRunning: !isStopped(n),
  };
}

/** Every fifth VM of a node. */
function isStopped(n: number): boolean {
  return Math.floor(n / NODES) % 5 === 0;
}

function anyVm(isWanted: (n: number) => boolean): number {
  for (;;) {
    const n = Math.floor(Math.random() * VMS);
    if (isWanted(n)) return n;
  }
}

function stoppedVm(): { vmid: number; node: string } {
  const n = anyVm(isStopped);
  return { vmid: FIRST_VMID + n, node: nodeOf(n) };
}

function nodeOf(n: number): string {
  return `pve${1 + (n % NODES)}`;
}

/** One of the readings that clients make, some more often than others; now and then a change of a config. */
async function read(call: MakeCall): Promise<void> {
  // One that runs, since a clone of a stopped one would keep its lock.
  const n = anyVm((one) => !isStopped(one));
  const node = `/nodes/${nodeOf(n)}`;
  const vm = `${node}/qemu/${FIRST_VMID + n}`;
  const dice = Math.random() * 100;
  if (dice < 45) await call('GET status/current', 'GET', `${vm}/status/current`);
  else if (dice < 70) await call('GET config', 'GET', `${vm}/config`);
  else if (dice < 80) await call('PUT config', 'PUT', `${vm}/config`, `description=note-${n}-${Date.now()}`);
  else if (dice < 88) await call('GET node status', 'GET', `${node}/status`);
  else if (dice < 94) await call('GET node tasks', 'GET', `${node}/tasks?source=all&limit=50`);
  else if (dice < 98) await call('GET qemu list', 'GET', `${node}/qemu`);
  else await call('GET nextid', 'GET', '/cluster/nextid');
}

/** Processor time that a process has used, in milliseconds; Linux counts it in hundredths of a second. */
async function cpuMsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function print(
  latencies: Map<string, number[]>,
  run: { target: Target; seconds: number; cpuMs: number; tasks: number },
): Promise<void> {
  const { target, seconds, cpuMs, tasks } = run;
  const all = [...latencies.values()].flat();
  const shares = [0.5, 0.95, 0.99, 1];
  const row = (name: string, values: number[]): string[] => [
    name,
    String(values.length),
    ...shares.map((share) => percentile(values, share).toFixed(1)),
  ];
  const kinds = [...latencies].toSorted(([a], [b]) => a.localeCompare(b));
  printTable(
    ['call', 'calls', 'p50 ms', 'p95', 'p99', 'max'],
    [...kinds.map(([name, values]) => row(name, values)), row('all', all)],
  );
  const status = await readFile(`/proc/${target.pid}/status`, 'utf8');
  const mib = (name: string): string =>
    (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024).toFixed(0);
  console.log(
    `${(all.length / seconds).toFixed(0)} requests/s over ${seconds.toFixed(0)} s from ${CLIENTS} clients; ` +
      `${tasks} tasks running (median); load average ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `the simulator took ${(cpuMs / seconds / 10).toFixed(0)} % of a core, ` +
      `${(cpuMs / all.length).toFixed(2)} ms per request; ${mib('VmRSS')} MiB, at most ${mib('VmHWM')}`,
  );
  printRatio(percentile(all, 0.99) / BUDGET_MS, `p99/${BUDGET_MS} ms ≤ 1`);
}

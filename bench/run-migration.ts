import { setTimeout as delay } from 'node:timers/promises';
import { createRun, startRun } from '../migrate/start-run.ts';
import { MigrationRun } from '../db/models/migration-run.ts';
import { queryRows } from '../db/query-rows.ts';
import type { RunSummary } from '../migrate/run/verify-run.ts';
import type { MigrationEstate } from './migration-estate.ts';
import { readCpu, readMemory } from './process-usage.ts';

export interface PhaseTime {
  name: string;
  ms: number;
  /** What the phase went through; undefined where nothing is counted. */
  rows?: number | undefined;
  /** The most memory the worker had taken by its end. */
  peakMib: number;
  cpu: Cpu;
}

/** Processor seconds, which what else runs on the computer changes less than the time taken. */
export interface Cpu {
  worker: number;
  postgres: number;
  mariadb: number;
}

export interface MigrationResult {
  /** From the first activity to the last. */
  ms: number;
  /** Users, clients and services of the source. */
  rows: number;
  phases: PhaseTime[];
  /** Of the worker: before the run, and the highest; NaN where the system does not tell. */
  memoryMib: { before: number; peak: number };
  /** From the start of the run to its end. */
  cpu: Cpu;
  summary: RunSummary;
}

/** What is going on: the phase, and of those that go from entity to entity which one. */
const NOW = `
  select r.phase || coalesce(' ' || (
      select g.entity || 's' from migration_ranges g
      where g.run_id = r.id and not g.done and r.phase in ('people', 'servers', 'load')
        and g.stage = case r.phase when 'load' then 'load' else 'read' end
      order by array_position(array['user', 'client', 'service'], g.entity) limit 1), '') as name,
    r.status, r.cause_message as cause
  from migration_runs r where r.id = ?`;

/** Runs a migration on a worker of its own, and says where the time went. */
export async function runMigration(
  estate: MigrationEstate,
  { nodeArgs = [] as string[] } = {},
): Promise<MigrationResult> {
  const worker = await estate.startWorker(nodeArgs);
  try {
    return await measureRun(estate, worker.pid);
  } finally {
    await worker.stop();
  }
}

async function measureRun(
  { database, secretBox, temporal, sourceUrl, mapping, servers }: MigrationEstate,
  pid: number,
): Promise<MigrationResult> {
  const readAll = async (): Promise<Cpu> => ({
    worker: await readCpu(pid),
    postgres: await readCpu(servers.postgres),
    mariadb: await readCpu(servers.mariadb),
  });
  const start = await readAll();
  const before = await readMemory(pid, 'VmRSS');
  const run = await createRun(database, secretBox, {
    sourceUrl,
    sourceLabel: 'bench',
    mapping,
    dryRun: false,
    dryRunHours: null,
  });
  await startRun(temporal, run);
  const phases = new Map<string, { ms: number; peakMib: number; cpu: Cpu }>();
  let used = start;
  let current: string | undefined;
  for (let last = performance.now(); ;) {
    await delay(100);
    const [now] = await queryRows<{ name: string; status: string; cause: string | null }>(database, NOW, [
      run.id,
    ]);
    if (!now || now.cause !== null) throw new Error(`the run stands still: ${now?.cause}`);
    current ??= now.name;
    const isOver = now.status === 'succeeded';
    // Looking at every process of the computer costs more than a little of it.
    if (now.name === current && !isOver) continue;
    const at = performance.now();
    const peakMib = await readMemory(pid, 'VmHWM');
    const cpu = await readAll();
    const former = phases.get(current) ?? { ms: 0, cpu: NO_CPU };
    phases.set(current, {
      ms: former.ms + at - last,
      peakMib,
      cpu: combine(former.cpu, combine(cpu, used, -1)),
    });
    if (isOver) break;
    [current, last, used] = [now.name, at, cpu];
  }
  const peak = await readMemory(pid, 'VmHWM');
  const { startedAt, finishedAt, summary, totals } = await MigrationRun.query(database)
    .findById(run.id)
    .throwIfNotFound();
  if (!startedAt || !finishedAt) throw new Error('the run has no times');
  const all = Object.values(totals).reduce((sum, count) => sum + count, 0);
  const rowsOf = (name: string) => {
    const [, entity] = /^\w+ (user|client|service)s$/.exec(name) ?? [];
    return entity ? totals[entity as keyof typeof totals] : name === 'settle' ? all : undefined;
  };
  return {
    ms: finishedAt.getTime() - startedAt.getTime(),
    rows: all,
    phases: [...phases].map(([name, measured]) => ({ name, ...measured, rows: rowsOf(name) })),
    memoryMib: { before, peak },
    cpu: [...phases.values()].reduce((sum, { cpu }) => combine(sum, cpu), NO_CPU),
    // The last phase has written it.
    summary: summary as unknown as RunSummary,
  };
}

const NO_CPU: Cpu = { worker: 0, postgres: 0, mariadb: 0 };

function combine(a: Cpu, b: Cpu, sign = 1): Cpu {
  return {
    worker: a.worker + sign * b.worker,
    postgres: a.postgres + sign * b.postgres,
    mariadb: a.mariadb + sign * b.mariadb,
  };
}

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createRun, startRun } from '../migrate/start-run.ts';
import { MigrationRun } from '../db/models/migration-run.ts';
import { queryRows } from '../db/query-rows.ts';
import type { RunSummary } from '../migrate/run/verify-run.ts';
import type { MigrationEstate } from './migration-estate.ts';

export interface PhaseTime {
  name: string;
  ms: number;
  /** What the phase went through; undefined where nothing is counted. */
  rows?: number | undefined;
  /** The most memory the worker had taken by its end. */
  peakMib: number;
}

export interface MigrationResult {
  /** From the first activity to the last. */
  ms: number;
  /** Users, clients and services of the source. */
  rows: number;
  phases: PhaseTime[];
  /** Of the worker: before the run, and the highest; NaN where the system does not tell. */
  memoryMib: { before: number; peak: number };
  /** Of the worker: processor time since it was started, which what else runs on the computer changes less than `ms`. */
  cpuSeconds: number;
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
  { database, secretBox, temporal, sourceUrl, mapping }: MigrationEstate,
  pid: number,
): Promise<MigrationResult> {
  const before = await readMemory(pid, 'VmRSS');
  const run = await createRun(database, secretBox, {
    sourceUrl,
    sourceLabel: 'bench',
    mapping,
    dryRun: false,
    dryRunHours: null,
  });
  await startRun(temporal, run);
  const phases = new Map<string, { ms: number; peakMib: number }>();
  for (let last = performance.now(); ;) {
    await delay(50);
    const [now] = await queryRows<{ name: string; status: string; cause: string | null }>(database, NOW, [
      run.id,
    ]);
    if (!now || now.cause !== null) throw new Error(`the run stands still: ${now?.cause}`);
    if (now.status === 'succeeded') break;
    const at = performance.now();
    const peakMib = await readMemory(pid, 'VmHWM');
    phases.set(now.name, { ms: (phases.get(now.name)?.ms ?? 0) + at - last, peakMib });
    last = at;
  }
  const peak = await readMemory(pid, 'VmHWM');
  const cpuSeconds = await readCpu(pid);
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
    cpuSeconds,
    // The last phase has written it.
    summary: summary as unknown as RunSummary,
  };
}

async function readMemory(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Linux counts in hundredths of a second. */
async function readCpu(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) / 100;
}

import { setTimeout as delay } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import type { Database } from '../../db/connect.ts';
import { isTargetAway } from '../run/target-away.ts';
import { MigrationRun, type RunPhase } from '../../db/models/migration-run.ts';
import { queryRows } from '../../db/query-rows.ts';

/** Where a run stands, for people and programs. */
export interface RunProgress {
  runId: string;
  source: string;
  dryRun: boolean;
  status: MigrationRun['status'];
  phase: RunPhase;
  cause: { code: string; message: string } | null;
  /** Rows read and written, each counted once. */
  done: number;
  total: number;
}

export async function readProgress(database: Database, runId: string): Promise<RunProgress> {
  const run = await MigrationRun.query(database).findById(runId).throwIfNotFound();
  const [rows] = await queryRows<{ done: number }>(
    database,
    'select coalesce(sum(rows), 0)::int as done from migration_ranges where run_id = ?',
    [runId],
  );
  const { user = 0, client = 0, service = 0 } = run.totals;
  const total = 2 * (user + client + service);
  const isOver = run.status === 'succeeded' || run.status === 'rolled_back';
  return {
    runId,
    source: run.source,
    dryRun: run.dryRun,
    status: run.status,
    phase: run.phase,
    cause: run.causeCode ? { code: run.causeCode, message: run.causeMessage ?? '' } : null,
    done: isOver ? total : Math.min(rows?.done ?? 0, total),
    total,
  };
}

export const PHASE_WORDS: Record<RunPhase, string> = {
  preflight: 'checking source and target',
  clusters: 'reading the VMs of the clusters',
  people: 'reading users and clients',
  servers: 'reading services, finding their VMs',
  settle: 'settling what depends on each other',
  load: 'writing into Berth',
  verify: 'comparing with the source',
  done: 'done',
};

/** Causes that the run looks at again by itself. */
const PASSING = new Set([
  'source_unreachable',
  'source_damaged',
  'target_unreachable',
  'cluster_unreachable',
  'worker_lost',
  'internal_error',
]);

/** True when somebody has to do something before the run goes on. */
export const isStuck = ({ status, cause }: RunProgress): boolean =>
  status === 'paused' && (cause === null || !PASSING.has(cause.code));

const isOver = ({ status }: RunProgress): boolean =>
  status !== 'pending' && status !== 'running' && status !== 'paused';

const POLL_MS = 500;
const LINE_EVERY_MS = 5_000;

export interface FollowOptions {
  database: Database;
  runId: string;
  signal: AbortSignal;
  /** Progress goes here; the result is the caller's to print. */
  out: NodeJS.WriteStream;
}

/**
 * Shows a run until it is over or stands still, as a bar on a terminal and as a line every few seconds elsewhere. Ends
 * early with `signal`; the run goes on.
 */
export async function followRun({ database, runId, signal, out }: FollowOptions): Promise<RunProgress> {
  let last: RunProgress | undefined;
  const show = out.isTTY ? showBar(out) : showLines(out);
  try {
    for (;;) {
      try {
        last = await readProgress(database, runId);
        show.update(last);
        if (isOver(last) || isStuck(last)) return last;
      } catch (err) {
        // The run outlives that, and so does who follows it.
        if (!last || !isTargetAway(err)) throw err;
      }
      if (signal.aborted) return last;
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    show.end();
  }
}

interface Display {
  update(progress: RunProgress): void;
  end(): void;
}

function showBar(out: NodeJS.WriteStream): Display {
  const bar = new SingleBar(
    {
      format: '{bar} {percentage}% · {value}/{total} rows · {rate} rows/s · ETA {eta_formatted} · {what}',
      etaBuffer: 30,
      stream: out,
      hideCursor: true,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  );
  const rate = createRate();
  let isStarted = false;
  return {
    update(progress) {
      const payload = { what: describe(progress), rate: rate(progress.done) };
      if (!isStarted) bar.start(Math.max(progress.total, 1), progress.done, payload);
      isStarted = true;
      bar.setTotal(Math.max(progress.total, 1));
      bar.update(progress.done, payload);
    },
    end: () => bar.stop(),
  };
}

function showLines(out: NodeJS.WriteStream): Display {
  const rate = createRate();
  let said = '';
  let saidAt = -Infinity;
  return {
    update(progress) {
      const what = describe(progress);
      const now = performance.now();
      const perSecond = rate(progress.done);
      if (what === said && now - saidAt < LINE_EVERY_MS) return;
      const left = perSecond > 0 ? Math.round((progress.total - progress.done) / perSecond) : null;
      const eta = left === null || progress.done === progress.total ? '' : `, about ${left} s left`;
      out.write(`${progress.done}/${progress.total} rows, ${perSecond} rows/s${eta}: ${what}\n`);
      [said, saidAt] = [what, now];
    },
    end: () => undefined,
  };
}

function describe({ status, phase, cause }: RunProgress): string {
  if (status === 'running') return PHASE_WORDS[phase];
  if (status !== 'paused') return status.replace('_', ' ');
  return cause ? `paused: ${cause.message}` : 'paused';
}

const RATE_WINDOW_MS = 10_000;

/** Rows per second over the last ten seconds. */
function createRate(): (done: number) => number {
  const seen: { at: number; done: number }[] = [];
  return (done) => {
    const at = performance.now();
    seen.push({ at, done });
    while (seen.length > 2 && at - (seen[0]?.at ?? at) > RATE_WINDOW_MS) seen.shift();
    const first = seen[0] ?? { at, done };
    return at === first.at ? 0 : Math.round(((done - first.done) * 1000) / (at - first.at));
  };
}

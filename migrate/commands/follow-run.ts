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
  createdAt: Date;
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
    createdAt: run.createdAt,
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
/** A database that is being restarted is waited for. */
const AWAY_FOR_MS = 120_000;

export interface FollowOptions {
  database: Database;
  runId: string;
  signal: AbortSignal;
  /** Progress goes here; the result is the caller's to print. */
  out: NodeJS.WriteStream;
}

/**
 * Shows a run until it is over or stands still, as a bar on a terminal and as a line every few seconds elsewhere. Ends
 * early with `signal`; the run goes on. Undefined when nothing was learned of the run until then.
 */
export async function followRun(options: FollowOptions): Promise<RunProgress | undefined> {
  const { database, runId, signal, out } = options;
  const show = out.isTTY ? showBar(out) : showLines(out);
  const measure = createMeasure();
  let last: RunProgress | undefined;
  let answeredAt = performance.now();
  try {
    for (;;) {
      try {
        last = await readProgress(database, runId);
        answeredAt = performance.now();
        show({ ...last, ...measure(last), what: describe(last) });
        if (isOver(last) || isStuck(last)) return last;
      } catch (err) {
        if (!isTargetAway(err) || performance.now() - answeredAt > AWAY_FOR_MS) throw err;
        const what = 'Berth’s PostgreSQL does not answer; asking again';
        show({ done: last?.done ?? 0, total: last?.total ?? 0, rate: 0, eta: '', what });
      }
      if (signal.aborted) return last;
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    show(null);
  }
}

interface Shown {
  done: number;
  total: number;
  /** Rows per second. */
  rate: number;
  /** Such as `2m 5s`; empty when there is nothing to go by. */
  eta: string;
  what: string;
}

/** Takes null as the end. */
type Display = (shown: Shown | null) => void;

function showBar(out: NodeJS.WriteStream): Display {
  const bar = new SingleBar(
    {
      format: '{bar} {percentage}% · {value}/{total} rows · {rate} rows/s{left} · {what}',
      stream: out,
      hideCursor: true,
      // On a narrow terminal the end is cut off, not wrapped.
      linewrap: false,
      barsize: Math.min(40, Math.max(10, out.columns - 100)),
    },
    Presets.shades_classic,
  );
  let isStarted = false;
  return (shown) => {
    if (!shown) return isStarted ? bar.stop() : undefined;
    const { done, total, rate, eta, what } = shown;
    const payload = { rate, what, left: eta && ` · ETA ${eta}` };
    if (!isStarted) bar.start(Math.max(total, 1), done, payload);
    isStarted = true;
    bar.setTotal(Math.max(total, 1));
    bar.update(done, payload);
  };
}

function showLines(out: NodeJS.WriteStream): Display {
  let said = '';
  let saidAt = -Infinity;
  return (shown) => {
    const now = performance.now();
    if (!shown || (shown.what === said && now - saidAt < LINE_EVERY_MS)) return;
    const { done, total, rate, eta, what } = shown;
    out.write(`${done}/${total} rows, ${rate} rows/s${eta && `, about ${eta} left`}: ${what}\n`);
    [said, saidAt] = [what, now];
  };
}

/** A run nobody takes up for so long is worth a word. */
const UNTAKEN_MS = 5_000;

function describe({ status, phase, cause, createdAt }: RunProgress): string {
  if (status === 'running') return cause ? `trying again: ${cause.message}` : PHASE_WORDS[phase];
  if (status === 'pending') {
    const isUntaken = Date.now() - createdAt.getTime() > UNTAKEN_MS;
    return isUntaken ? 'no worker has taken it up yet; does one run?' : 'waiting for a worker';
  }
  if (status !== 'paused') return status.replace('_', ' ');
  return cause ? `paused: ${cause.message}` : 'paused';
}

const RATE_WINDOW_MS = 10_000;

/** Rows per second over the last ten seconds, and how long the rest takes at that rate; at the end over all of it. */
export function createMeasure(
  now: () => number = () => performance.now(),
): (progress: Pick<RunProgress, 'done' | 'total' | 'status'>) => { rate: number; eta: string } {
  const seen: { at: number; done: number }[] = [];
  let first: { at: number; done: number } | undefined;
  return ({ done, total, status }) => {
    const at = now();
    first ??= { at, done };
    seen.push({ at, done });
    while (seen.length > 2 && at - (seen[0]?.at ?? at) > RATE_WINDOW_MS) seen.shift();
    const since = status === 'running' ? (seen[0] ?? first) : first;
    const rate = at > since.at ? ((done - since.done) * 1000) / (at - since.at) : 0;
    const isGoingOn = status === 'running' && rate > 0 && done < total;
    return { rate: Math.round(rate), eta: isGoingOn ? formatSeconds((total - done) / rate) : '' };
  };
}

function formatSeconds(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3_600)}h ${Math.floor((whole % 3_600) / 60)}m`;
}

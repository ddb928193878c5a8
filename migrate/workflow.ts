import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { migrationWorkflowId } from '../contract/temporal.ts';
import type { MigrationActivities } from './activities.ts';
import type { Entity, RangeInput, RunInput } from './run/deps.ts';
import type { RunCause } from './run/failures.ts';

/** Somebody asked for a pause, a resumption, or changed what the run waits for. */
export const wakeSignal = defineSignal('wake');

/** What records the state of a run: PostgreSQL may be away for long, and the run outlives that. */
const record = proxyActivities<MigrationActivities>({
  startToCloseTimeout: '2 minutes',
  // Without it a worker killed in the middle of one would be missed only after the two minutes.
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});
/**
 * What reads and writes rows. After some seconds without success the run pauses and shows the cause. A cancelled page is
 * waited for: what is cancelled writes nothing more.
 */
const work = proxyActivities<MigrationActivities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '20 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumAttempts: 5 },
});

/** How a part of the run ended; a cause is why it could not go on. */
type PartResult = { state: 'done' } | { state: 'paused'; cause: RunCause | null };

const PHASES = ['preflight', 'clusters', 'people', 'servers', 'settle', 'load', 'verify'] as const;
type Phase = (typeof PHASES)[number];
const TITLES: Record<Phase, string> = {
  preflight: 'Check source and target',
  clusters: 'Read the VMs of the clusters',
  people: 'Read users and clients',
  servers: 'Read services and find their VMs',
  settle: 'Settle what depends on each other',
  load: 'Write into Berth',
  verify: 'Compare with the source',
};

/** How long a cause that may pass is left alone. */
const LOOK_AGAIN = '5 seconds';
/** Temporal ends a workflow with 50,000 events. A new run of it costs a second, so there is none per phase. */
const LONG_HISTORY = 2_000;

/**
 * Moves a WHMCS estate into Berth. Where the run stands is in PostgreSQL; this history holds no row, and a new one is
 * begun when it has grown long. A run that cannot go on pauses with its cause and goes on where it was.
 */
export async function migrateSource({ runId }: RunInput): Promise<void> {
  let isAwake = false;
  setHandler(wakeSignal, () => void (isAwake = true));
  const renew = async () => {
    if (workflowInfo().historyLength > LONG_HISTORY) await continueAsNew<typeof migrateSource>({ runId });
  };
  try {
    const run = await record.beginRun({ runId });
    if (!run) return;
    let phase: Phase | undefined = PHASES.find((name) => name === run.phase);
    let isPauseWanted = false;
    while (phase) {
      describe(run.source, run.dryRun, phase, 'running');
      const result: PartResult = isPauseWanted
        ? { state: 'paused', cause: null }
        : await runPhase(runId, phase, run.dryRun);
      isPauseWanted = false;
      if (result.state === 'done') {
        phase = PHASES[PHASES.indexOf(phase) + 1];
        ({ isPauseWanted } = await record.enterPhase({ runId, phase: phase ?? 'done' }));
      } else {
        const { cause } = result;
        describe(run.source, run.dryRun, phase, cause ? `paused: ${cause.message}` : 'paused');
        await record.pauseRun({ runId, cause });
        const isPassing = cause?.isPassing ?? false;
        let looksAgain = isPassing;
        do {
          await (looksAgain ? condition(() => isAwake, LOOK_AGAIN) : condition(() => isAwake));
          // Whether the signal meant going on is in PostgreSQL, and so is one that came before the pause.
          isAwake = false;
          // Still paused after a look: somebody asked for that, and will say when it is over.
          looksAgain = false;
        } while ((await record.leavePause({ runId, isPassing })).isPaused);
      }
      await renew();
    }
    await record.finishRun({ runId, status: 'succeeded' });
  } catch (err) {
    if (!isCancellation(err)) throw err;
    await CancellationScope.nonCancellable(() => record.finishRun({ runId, status: 'cancelled' }));
    throw err;
  }
}

async function runPhase(runId: string, phase: Phase, dryRun: boolean): Promise<PartResult> {
  switch (phase) {
    case 'preflight':
      return attempt(() => work.preflight({ runId }));
    case 'clusters':
      return attempt(() => work.readClusters({ runId }));
    case 'people':
      return allRanges(runId, 'read', ['user', 'client']);
    case 'servers':
      return allRanges(runId, 'read', ['service']);
    case 'settle':
      return attempt(() => work.settleRun({ runId }));
    case 'load':
      if (dryRun) return attempt(() => work.loadDry({ runId }));
      return allRanges(runId, 'load', ['user', 'client', 'service']);
    case 'verify':
      return attempt(() => work.verifyRun({ runId }));
  }
}

/** While one waits for a database another one computes. */
const AT_ONCE = 3;

/** Each entity's ranges, one entity after the other since the later ones point to the earlier. */
async function allRanges(runId: string, stage: 'read' | 'load', entities: Entity[]): Promise<PartResult> {
  for (const entity of entities) {
    const open = await record.listRanges({ runId, stage, entity });
    // A workflow of its own keeps the history of many ranges out of this one; for one it only takes longer.
    const isSmall = open.length <= 1;
    let stopped: PartResult | undefined;
    const takeOne = async () => {
      for (let afterId = open.shift(); afterId !== undefined && !stopped; afterId = open.shift()) {
        const range = { runId, stage, entity, afterId };
        const result = await (isSmall ? migrateRange(range) : attempt(() => inChild(range)));
        if (result.state !== 'done') stopped ??= result;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, takeOne));
    if (stopped) return stopped;
  }
  return { state: 'done' };
}

function inChild(range: RangeInput): Promise<PartResult> {
  const { runId, stage, entity, afterId } = range;
  return executeChild(migrateRange, {
    workflowId: `${migrationWorkflowId(runId)}/${stage}/${entity}/${afterId}`,
    args: [range],
    staticSummary: `${stage} ${entity}s after ${afterId}`,
  });
}

/** A range of the ids of one entity. */
export async function migrateRange(range: RangeInput): Promise<PartResult> {
  return attempt(async () => {
    const state = range.stage === 'read' ? await work.readRange(range) : await work.loadRange(range);
    return state === 'done' ? { state } : { state, cause: null };
  });
}

async function attempt(body: () => Promise<PartResult | void>): Promise<PartResult> {
  try {
    return (await body()) ?? { state: 'done' };
  } catch (err) {
    const isOfWork = err instanceof ActivityFailure || err instanceof ChildWorkflowFailure;
    if (isCancellation(err) || !isOfWork) throw err;
    return { state: 'paused', cause: causeOf(err) };
  }
}

function causeOf({ cause }: ActivityFailure | ChildWorkflowFailure): RunCause {
  if (cause instanceof ApplicationFailure) {
    const isPassing = cause.nonRetryable !== true;
    return { code: cause.type ?? 'internal_error', message: cause.message, isPassing };
  }
  if (cause instanceof TimeoutFailure) {
    return { code: 'worker_lost', message: 'The worker stopped answering in mid-work', isPassing: true };
  }
  return { code: 'internal_error', message: cause?.message ?? 'unknown failure', isPassing: true };
}

/** Markdown for the Temporal UI. */
function describe(source: string, dryRun: boolean, current: Phase, state: string): void {
  const lines = PHASES.map((phase, index) => {
    const at = PHASES.indexOf(current);
    return `- ${TITLES[phase]}: ${index < at ? 'done' : index === at ? state : 'pending'}`;
  });
  setCurrentDetails([`**WHMCS source ${source}${dryRun ? ' (dry run)' : ''}**`, '', ...lines].join('\n'));
}

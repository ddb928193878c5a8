import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from './deps.ts';
import { sweepCancels, sweepDecisions, sweepPending, type SweepMemory } from './sweep-pending.ts';
import { sweepLost } from './sweep-lost.ts';
import { sweepFindings } from './start-finding.ts';
import { sweepMails } from './start-mail.ts';
import { prune } from './prune.ts';

type SweepDeps = Pick<Deps, 'database' | 'temporal' | 'log' | 'queuePrefix'>;

export interface SweeperTimes {
  everyMs: number;
  /** How long a pending operation is left to the request that made it. */
  pendingForMs: number;
  /** How often, and from what age on, running operations are compared with their workflows. */
  lostEveryMs: number;
  runningForMs: number;
  pruneEveryMs: number;
}

const TIMES: SweeperTimes = {
  everyMs: 2_000,
  pendingForMs: 3_000,
  lostEveryMs: 15_000,
  runningForMs: 60_000,
  pruneEveryMs: 600_000,
};

export interface Sweeper {
  stop(): Promise<void>;
}

/**
 * The timer loop of every api process: starts what was left pending, repairs, settlements and mails too, passes on cancels,
 * closes operations whose workflow is gone, and prunes. Outside Temporal on purpose, so that it works after Temporal was down.
 */
export function startSweeper(deps: SweepDeps, times: Partial<SweeperTimes> = {}): Sweeper {
  const set = { ...TIMES, ...times };
  const stopping = new AbortController();
  const starts: SweepMemory = { notBefore: new Map() };
  const cancels: SweepMemory = { notBefore: new Map() };
  const decisions: SweepMemory = { notBefore: new Map() };
  const mails: SweepMemory = { notBefore: new Map() };
  const suspects = new Map<string, number>();
  const chores = [
    { name: 'pending', everyMs: set.everyMs, run: async () => sweepPending(deps, starts, set.pendingForMs) },
    { name: 'cancels', everyMs: set.everyMs, run: async () => sweepCancels(deps, cancels, set.pendingForMs) },
    {
      name: 'decisions',
      everyMs: set.everyMs,
      run: async () => sweepDecisions(deps, decisions, set.pendingForMs),
    },
    { name: 'lost', everyMs: set.lostEveryMs, run: async () => sweepLost(deps, suspects, set.runningForMs) },
    { name: 'findings', everyMs: set.everyMs, run: async () => sweepFindings(deps, set.pendingForMs) },
    { name: 'mails', everyMs: set.everyMs, run: async () => sweepMails(deps, mails, set.pendingForMs) },
    { name: 'prune', everyMs: set.pruneEveryMs, run: async () => prune(deps.database) },
  ];
  const loops = chores.map(async ({ name, everyMs, run }) => {
    let isFailing = false;
    while (!stopping.signal.aborted) {
      // Jittered, so that several api processes do not ask the same at the same moment.
      await sleep(everyMs * (0.75 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (stopping.signal.aborted) return;
      try {
        await run();
        if (isFailing) deps.log.info({ chore: name }, 'sweep works again');
        isFailing = false;
      } catch (err) {
        // Once is enough: PostgreSQL or Temporal may be away for hours.
        deps.log[isFailing ? 'debug' : 'warn']({ err, chore: name }, 'sweep failed: trying again');
        isFailing = true;
      }
    }
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

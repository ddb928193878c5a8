import { setTimeout as delay } from 'node:timers/promises';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Database } from '../db/connect.ts';
import { Cluster } from '../db/models/cluster.ts';
import type { Log } from '../log.ts';
import { reconcileScheduleId, taskQueues, type ReconcileInput } from '../contract/temporal.ts';

export interface ScheduleOptionsOfClusters {
  client: Pick<Client, 'schedule'>;
  database: Database;
  queuePrefix?: string;
}

const LOOK_EVERY_MS = 60_000;

/** Keeps one Schedule per cluster, also of clusters that come and go while it runs. Ends with `signal`. */
export async function scheduleReconciles(
  options: ScheduleOptionsOfClusters & { log: Log; signal: AbortSignal },
): Promise<void> {
  const { log, signal } = options;
  const known = new Set<string>();
  let isFailing = false;
  while (!signal.aborted) {
    try {
      await syncSchedules(options, known);
      isFailing = false;
    } catch (err) {
      if (!isFailing) log.warn({ err }, 'the Schedules of comparisons cannot be written: trying again');
      isFailing = true;
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Creates the Schedules that are missing, brings those of another release up to date (a paused one stays paused), and
 * deletes those of clusters that are gone. `known` are cluster ids that need no look. Any number of workers may do it.
 */
export async function syncSchedules(
  { client, database, queuePrefix = '' }: ScheduleOptionsOfClusters,
  known = new Set<string>(),
): Promise<void> {
  const clusterIds = (await Cluster.query(database)).map(({ id }) => id);
  for (const clusterId of clusterIds) {
    if (known.has(clusterId)) continue;
    await ensureSchedule(client, scheduleOf(clusterId, queuePrefix));
    known.add(clusterId);
  }
  const beginning = reconcileScheduleId('', queuePrefix);
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(beginning) || clusterIds.includes(scheduleId.slice(beginning.length)))
      continue;
    await client.schedule
      .getHandle(scheduleId)
      .delete()
      .catch((err: unknown) => {
        if (!(err instanceof ScheduleNotFoundError)) throw err;
      });
  }
}

function scheduleOf(clusterId: string, queuePrefix: string) {
  const scheduleId = reconcileScheduleId(clusterId, queuePrefix);
  const input: ReconcileInput = { clusterId };
  return {
    scheduleId,
    spec: { intervals: [{ every: '10 minutes' }], jitter: '2 minutes' },
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcileCluster',
      workflowId: scheduleId,
      taskQueue: taskQueues(queuePrefix).servers,
      args: [input],
      workflowExecutionTimeout: '1 hour',
      staticSummary: 'compare the cluster with the record',
    },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute' },
  } satisfies ScheduleOptions;
}

async function ensureSchedule(
  client: Pick<Client, 'schedule'>,
  schedule: ReturnType<typeof scheduleOf>,
): Promise<void> {
  try {
    await client.schedule.create(schedule);
  } catch (err) {
    if (!(err instanceof ScheduleAlreadyRunning)) throw err;
    const { spec, action, policies } = schedule;
    await client.schedule
      .getHandle(schedule.scheduleId)
      .update(({ state }) => ({ spec, action, policies, state }));
  }
}

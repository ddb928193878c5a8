import { proxyActivities, workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import { proxmoxQueueOf } from '../contract/temporal.ts';
import type { DatabaseActivities, ProxmoxActivities } from '../activities/index.ts';

/** Activities that read and write PostgreSQL, which may be away for a while; an operation outlives that. */
export const database = (summary: string) =>
  proxyActivities<DatabaseActivities>({
    startToCloseTimeout: '15 seconds',
    scheduleToCloseTimeout: '12 hours',
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
    summary,
  });

const PROXMOX_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '4 hours',
  scheduleToCloseTimeout: '6 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1.7, maximumInterval: '30 seconds' },
};

/**
 * Activities that call a cluster; `summary` is what operations staff read beside them in the Temporal UI. What cannot
 * work is thrown as non-retryable by the activity itself; all else may heal (a lock, a node or a network that is away)
 * and is tried until the budget ends. The heartbeat lets another worker take over within 15 s.
 */
export const proxmox = (summary: string) => callsToProxmox(PROXMOX_OPTIONS, summary);

/**
 * Those that may have to wait for a slot: in line they are for a day at most, and what fails is tried as often as
 * elsewhere in six hours.
 */
export const proxmoxInLine = (summary: string) =>
  callsToProxmox(
    {
      ...PROXMOX_OPTIONS,
      startToCloseTimeout: '24 hours',
      scheduleToCloseTimeout: '24 hours',
      retry: { ...PROXMOX_OPTIONS.retry, maximumAttempts: 720 },
    },
    summary,
  );

const callsToProxmox = (options: ActivityOptions, summary: string) =>
  proxyActivities<ProxmoxActivities>({
    ...options,
    summary,
    taskQueue: proxmoxQueueOf(workflowInfo().taskQueue),
  });

/** For a look that somebody waits for: soon, or not at all. */
export const proxmoxNow = (summary: string) =>
  proxyActivities<ProxmoxActivities>({
    startToCloseTimeout: '8 seconds',
    scheduleToCloseTimeout: '8 seconds',
    retry: { initialInterval: '500 milliseconds', maximumAttempts: 3 },
    summary,
    taskQueue: proxmoxQueueOf(workflowInfo().taskQueue),
  });

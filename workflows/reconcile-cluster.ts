import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { failureOf, saidOf } from './failure-of.ts';
import { database } from './proxies.ts';
import { proxmoxQueueOf, type ReconcileInput } from '../contract/temporal.ts';
import type { ProxmoxActivities } from '../activities/index.ts';
import type { Said } from '../contract/said.ts';
import { say, told, type Told } from '../contract/sayings.ts';

/** Bounded, unlike an operation's: the next run comes by itself. */
const look = (summary: string) =>
  proxyActivities<ProxmoxActivities>({
    startToCloseTimeout: '15 minutes',
    scheduleToCloseTimeout: '20 minutes',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3 },
    summary,
    taskQueue: proxmoxQueueOf(workflowInfo().taskQueue),
  });

/**
 * Compares a cluster with the record: servers' VMs field by field, and what on the cluster or among the leases belongs to
 * nobody. It only takes note. What could not be read keeps what was known of it.
 */
export async function reconcileCluster({ clusterId }: ReconcileInput): Promise<void> {
  const run = { clusterId, runId: workflowInfo().runId };
  let serversRead = 0;
  const end = (status: 'complete' | 'incomplete' | 'failed', words: Partial<Told> = {}) => {
    const { summary: message = null, said } = words;
    return database(status).endReconcile({ ...run, status, serversRead, message, ...(said ? { said } : {}) });
  };
  try {
    const nodes = await look('find the nodes that can be read').beginReconcile(run);
    if (!nodes) return;
    const nodesRead: string[] = [];
    const failures: Said[] = [];
    const readNode = async (node: string): Promise<void> => {
      try {
        const { read, isWhole } = await look(`read the VMs of ${node}`).reconcileNode({ ...run, node });
        serversRead += read;
        if (isWhole) nodesRead.push(node);
        else failures.push(say('of_node', { node, reason: say('too_many_vms') }));
      } catch (err) {
        if (isCancellation(err) || !(err instanceof TemporalFailure)) throw err;
        failures.push(say('of_node', { node, reason: saidOf(failureOf(err)) }));
      }
    };
    await Promise.all(nodes.map(readNode));
    await look('compare servers and leases').reconcileLeases({ ...run, nodesRead });
    await look('read the storages').reconcileVolumes({ ...run, nodesRead });
    if (failures.length > 0) await end('incomplete', told(say('several', { parts: failures })));
    else await end('complete');
  } catch (err) {
    if (!(err instanceof TemporalFailure)) throw err;
    const { message: summary, said } = failureOf(err);
    await CancellationScope.nonCancellable(() => end('failed', { summary, ...(said ? { said } : {}) }));
    throw err;
  }
}

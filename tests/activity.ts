import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { orderServer } from './order.ts';
import type { Estate } from './stack.ts';
import { createClaimOperation } from '../activities/claim-operation.ts';
import { createDatabaseActivities, createProxmoxActivities } from '../activities/index.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { OperationClaim } from '../contract/temporal.ts';

interface Attempt {
  /** 2 and more: Temporal tries again. */
  attempt?: number;
  /** What the attempt before left. */
  heartbeatDetails?: unknown;
}

/** An attempt of an activity without a worker: `cancel()` on what it answers, `run(activity, input)`. */
export function newAttempt({ attempt = 1, heartbeatDetails }: Attempt = {}) {
  const info = { attempt, heartbeatDetails };
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

/** Runs one attempt of an activity. */
export async function attempt<I, O>(
  activity: (input: I) => Promise<O>,
  input: I,
  info: Attempt = {},
): Promise<O> {
  return newAttempt(info).run(activity, input);
}

/** Claims a pending operation, as the workflow's first activity does. */
export async function claim({ deps }: Estate, { id, serverId }: Operation): Promise<OperationClaim> {
  const input = { operationId: id, serverId };
  const claimed = await createClaimOperation(deps)({ ...input, runId: randomUUID() });
  if (!claimed) throw new Error(`operation ${id} cannot be claimed`);
  return { ...input, fence: claimed.fence };
}

export interface ServerUnderWork {
  server: Server;
  operation: Operation;
  claim: OperationClaim;
}

const STEPS = ['place', 'lease', 'clone', 'configure', 'start'] as const;

/** A server in the middle of its provision, the named step being the last one done; `vmid` and `node` are where its VM is. */
export async function serverAfter(
  estate: Estate,
  step: (typeof STEPS)[number],
  name?: string,
): Promise<ServerUnderWork & { vmid: number; node: string }> {
  const { server, operation } = await orderServer(estate, name);
  const held = await claim(estate, operation);
  const { placeServer } = createDatabaseActivities(estate.deps);
  const { leaseVmid, cloneTemplate, configureVm, startVm } = createProxmoxActivities(estate.deps);
  const { node } = await attempt(placeServer, held);
  const later = { lease: leaseVmid, clone: cloneTemplate, configure: configureVm, start: startVm };
  for (const name of STEPS.slice(1, STEPS.indexOf(step) + 1)) {
    if (name !== 'place') await attempt<OperationClaim, unknown>(later[name], held);
  }
  const lease = await VmidLease.query(estate.database).findOne({ serverId: server.id });
  const stored = await Server.query(estate.database).findById(server.id).throwIfNotFound();
  return { server: stored, operation, claim: held, vmid: lease?.vmid ?? 0, node };
}

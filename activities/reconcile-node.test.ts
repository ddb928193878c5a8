import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClusterAccess } from './cluster-access.ts';
import { createReconcileNode } from './reconcile-node.ts';
import { Orphan } from '../db/models/orphan.ts';
import { VmReading } from '../db/models/vm-reading.ts';
import { attempt } from '../tests/activity.ts';
import { buildImportedServer } from '../tests/builders.ts';
import { createEstate, type Estate } from '../tests/stack.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';

const SERVERS = 30;
const POLL_MS = 40;

let estate: Estate;
beforeAll(async () => {
  const vms: SeedVm[] = Array.from({ length: SERVERS }, (_, index) => ({
    vmid: 500 + index,
    node: 'pve1',
    name: `old-${index}`,
    cores: 2,
    memoryMib: 2048,
    diskGib: 40,
    mac: `BC:24:11:00:01:${index.toString(16).padStart(2, '0')}`,
    isRunning: true,
  }));
  estate = await createEstate({ vms });
  const { database, cluster, customer } = estate;
  for (const { vmid, name } of vms)
    await buildImportedServer(database, { accountId: customer.accountId, clusterId: cluster.id, vmid, name });
});
afterAll(async () => estate.close());

/** The activity over a connection of its own, with the times of its calls to the node. */
function readerWith(rereadMs: number) {
  const { deps, database, cluster } = estate;
  const calls: number[] = [];
  const clusters = createClusterAccess({
    database,
    secretBox: deps.secretBox,
    taskPollMs: POLL_MS,
    onCall: () => calls.push(performance.now()),
  });
  const reconcileNode = createReconcileNode({ ...deps, clusters, timing: { ...deps.timing, rereadMs } });
  const input = { clusterId: cluster.id, runId: 'run', node: 'pve1' };
  return { calls, clusters, run: async () => attempt(reconcileNode, input) };
}

it('reads every server once, no faster than the calls that are allowed', async () => {
  const { calls, clusters, run } = readerWith(600_000);
  try {
    expect(await run()).toEqual({ read: SERVERS, isWhole: true });
    expect(calls).toHaveLength(1 + SERVERS);
    const took = (calls.at(-1) ?? 0) - (calls[0] ?? 0);
    // Three may come at once after a pause.
    expect(took).toBeGreaterThan((SERVERS - 4) * POLL_MS);
    const readings = await VmReading.query(estate.database);
    expect(readings).toHaveLength(SERVERS);
    expect(readings[0]?.fields.map(({ field, agrees }) => [field, agrees])).toContainEqual(['memory', true]);
    expect(await Orphan.query(estate.database)).toEqual([]);
  } finally {
    await clusters.close();
  }
});

it('goes on where it was cut off: what was read is not due', async () => {
  await VmReading.query(estate.database)
    .whereIn('vmid', [503, 507])
    .patch({ readAt: new Date(Date.now() - 700_000) });
  await VmReading.query(estate.database).delete().where({ vmid: 511 });
  const { calls, clusters, run } = readerWith(600_000);
  try {
    expect(await run()).toEqual({ read: 3, isWhole: true });
    expect(calls).toHaveLength(1 + 3);
  } finally {
    await clusters.close();
  }
});

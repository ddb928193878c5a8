import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createLeaseVmid } from './lease-vmid.ts';
import type { Deps } from './deps.ts';
import { Cluster } from '../db/models/cluster.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { attempt, claim } from '../tests/activity.ts';
import { orderServer } from '../tests/order.ts';
import { createEstate, type Estate } from '../tests/stack.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate({ addresses: 60 });
});
afterAll(async () => estate.close());
afterEach(async () => {
  estate.simulator.faults.clear();
  await VmidLease.query(estate.database).delete();
  await IpLease.query(estate.database).delete();
  await setRange(100_000, 999_999);
});

const setRange = async (vmidMin: number, vmidMax: number) =>
  Cluster.query(estate.database).findById(estate.cluster.id).patch({ vmidMin, vmidMax });
const order = async () => claim(estate, (await orderServer(estate)).operation);
const lease = async (input: Awaited<ReturnType<typeof order>>, deps: Deps = estate.deps) =>
  attempt(createLeaseVmid(deps), input);
const leases = async () =>
  (await VmidLease.query(estate.database).orderBy('vmid')).map(({ vmid, serverId }) => ({ vmid, serverId }));

it('takes the lowest free id of the range and names the address', async () => {
  const first = await order();
  expect(await lease(first)).toEqual({ vmid: 100_000, addresses: ['203.0.113.10'] });
  expect(await lease(await order())).toMatchObject({ vmid: 100_001 });
  await VmidLease.query(estate.database).delete().where({ serverId: first.serverId });
  expect(await lease(await order())).toMatchObject({ vmid: 100_000 });
});

it('keeps the id when it is repeated', async () => {
  const input = await order();
  const first = await lease(input);
  expect(await lease(input)).toEqual(first);
  expect(await leases()).toEqual([{ vmid: first.vmid, serverId: input.serverId }]);
});

it('goes around guests that are not Berth’s', async () => {
  await setRange(9_000, 9_100); // the templates are 9000, 9001, 9010, 9011…
  expect(await lease(await order())).toMatchObject({ vmid: 9_002 });
});

it('goes around a guest that its token may not see', async () => {
  await setRange(9_000, 9_100);
  const clusters: Deps['clusters'] = {
    ...estate.deps.clusters,
    async of(id) {
      const connection = await estate.deps.clusters.of(id);
      // What a token without VM.Audit on a guest is shown.
      return { ...connection, proxmox: { ...connection.proxmox, clusterResources: async () => [] } };
    },
  };
  const input = await order();
  expect(await lease(input, { ...estate.deps, clusters })).toMatchObject({ vmid: 9_002 });
  expect(await leases()).toEqual([{ vmid: 9_002, serverId: input.serverId }]);
});

it('gives servers that lease at once ids of their own', async () => {
  const inputs = [await order()];
  while (inputs.length < 12) inputs.push(await order());
  const vmids = (await Promise.all(inputs.map(async (input) => lease(input)))).map(({ vmid }) => vmid);
  expect(new Set(vmids).size).toBe(12);
  const held = await leases();
  expect(held.map(({ vmid }) => vmid)).toEqual(vmids.toSorted((a, b) => a - b));
  for (const [index, { serverId }] of inputs.entries()) {
    expect(held.find((it) => it.serverId === serverId)?.vmid).toBe(vmids[index]);
  }
});

it('ends with no_vmid_left, naming the range, when it is used up', async () => {
  await setRange(9_000, 9_002);
  await lease(await order());
  await expect(lease(await order())).rejects.toMatchObject({
    type: 'no_vmid_left',
    nonRetryable: true,
    message: "Every VM id from 9000 to 9002 is in use; widen the cluster's range",
  });
});

it('leases nothing while Proxmox cannot be asked', async () => {
  estate.simulator.faults.add({
    path: '/cluster/resources$',
    action: 'status',
    status: 595,
    reason: 'no route',
  });
  await expect(lease(await order())).rejects.toThrow('no route');
  expect(await leases()).toEqual([]);
});

it('leases nothing for a run that lost its claim', async () => {
  const input = await order();
  await expect(lease({ ...input, fence: 0 })).rejects.toMatchObject({ type: 'stale_claim' });
  expect(await leases()).toEqual([]);
});

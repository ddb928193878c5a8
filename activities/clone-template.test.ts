import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createProxmoxActivities } from './index.ts';
import { attempt, serverAfter } from '../tests/activity.ts';
import { createEstate, type Estate } from '../tests/stack.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});
afterAll(async () => estate.close());
afterEach(() => estate.simulator.faults.clear());

const clone = async (work: Awaited<ReturnType<typeof serverAfter>>, number = 1) =>
  attempt(createProxmoxActivities(estate.deps).cloneTemplate, work.claim, { attempt: number });
const clones = (vmid: number) =>
  estate.simulator.state.tasks.filter(
    ({ type, log }) => type === 'qmclone' && log.some((line) => line.endsWith(` with ID ${vmid}`)),
  );
const refuseAsTaken = (vmid: number, count = 1) =>
  estate.simulator.faults.add({
    path: '/clone$',
    action: 'status',
    status: 500,
    reason: `unable to create VM ${vmid}: config file already exists`,
    count,
  });

it('ends when a guest that the token cannot see took the leased id', async () => {
  const work = await serverAfter(estate, 'lease');
  refuseAsTaken(work.vmid);
  estate.simulator.faults.add({
    path: '/cluster/nextid$',
    action: 'status',
    status: 400,
    reason: 'Parameter verification failed.',
    body: JSON.stringify({ data: null, errors: { vmid: `VM ${work.vmid} already exists` } }),
  });
  await expect(clone(work)).rejects.toMatchObject({ type: 'vmid_taken', nonRetryable: true });
});

it('tries again when the id is free after all', async () => {
  const work = await serverAfter(estate, 'lease');
  refuseAsTaken(work.vmid);
  await expect(clone(work)).rejects.toMatchObject({ type: 'vmid_taken', nonRetryable: false });
  await clone(work, 2);
  expect(clones(work.vmid)).toHaveLength(1);
});

it.each([0, 100])(
  'waits for the lock of a copy that was killed at %i %, and takes it for incomplete then',
  async (atPercent) => {
    const work = await serverAfter(estate, 'lease');
    estate.simulator.faults.add({ path: '/clone$', action: 'staleLock', atPercent });
    await expect(clone(work)).rejects.toMatchObject({ type: 'task_interrupted', nonRetryable: false });
    await expect(clone(work, 2)).rejects.toMatchObject({ type: 'vm_locked', nonRetryable: false });
    delete estate.simulator.state.vms[work.vmid]?.config['lock'];
    await expect(clone(work, 3)).rejects.toMatchObject({ type: 'task_interrupted', nonRetryable: true });
    await attempt(createProxmoxActivities(estate.deps).destroyVm, work.claim);
    expect(estate.simulator.state.vms[work.vmid]).toBeUndefined();
  },
);

it('waits for the copy of an earlier attempt instead of making a second one', async () => {
  const work = await serverAfter(estate, 'lease');
  estate.simulator.faults.add({ path: '/clone$', when: 'after', action: 'drop' });
  await expect(clone(work)).rejects.toMatchObject({ type: 'proxmox_unreachable', nonRetryable: false });
  await clone(work, 2);
  expect(clones(work.vmid)).toHaveLength(1);
});

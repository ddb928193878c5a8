import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  findOurVm,
  findVm,
  isMarked,
  loadVm,
  markerOf,
  observePower,
  requireOurVm,
  type VmContext,
} from './vm-context.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { attempt, serverAfter, type ServerUnderWork } from '../tests/activity.ts';
import { createEstate, type Estate } from '../tests/stack.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});
afterAll(async () => estate.close());
afterEach(() => estate.simulator.faults.clear());

const vmAt = (vmid: number) => {
  const vm = estate.simulator.state.vms[vmid];
  if (!vm) throw new Error(`the simulator has no VM ${vmid}`);
  return vm;
};
/** Runs `work` with the server's context, as an activity. */
const inContext = async <T>({ claim }: ServerUnderWork, work: (vm: VmContext) => Promise<T>): Promise<T> =>
  attempt(async () => work(await loadVm(estate.deps, claim)), claim);

it('knows a VM by its description or its SMBIOS uuid, and by nothing else', () => {
  const id = '6b3bd3d6-3f0e-4b28-9c8a-3f5b1d2f7e10';
  const of = (values: Record<string, string>) => isMarked({ values, digest: '' }, id);
  expect(of({ description: `${markerOf(id)}\n` })).toBe(true);
  expect(of({ description: `kept by the admin\n${markerOf(id)}` })).toBe(true);
  expect(of({ smbios1: `uuid=${id},serial=1` })).toBe(true);
  expect(of({ name: id, tags: 'berth', description: 'berth:other' })).toBe(false);
  expect(of({})).toBe(false);
});

it('finds nothing before an id is leased, and nothing while it is not cloned', async () => {
  const placed = await serverAfter(estate, 'place');
  expect(await inContext(placed, findVm)).toBeNull();
  const leased = await serverAfter(estate, 'lease');
  expect(await inContext(leased, findOurVm)).toBeNull();
  await expect(inContext(leased, requireOurVm)).rejects.toMatchObject({
    type: 'vm_gone',
    nonRetryable: true,
  });
});

it('finds the VM where it was built, still when either mark has been edited away', async () => {
  const work = await serverAfter(estate, 'configure');
  const { vmid, node } = work;
  expect(await inContext(work, findVm)).toMatchObject({ node, vmid, isOurs: true, isHalfBuilt: false });
  const { config } = vmAt(vmid);
  const { description } = config;
  config['description'] = 'notes of an admin';
  expect(await inContext(work, findOurVm)).toMatchObject({ vmid });
  Object.assign(config, { description, smbios1: 'uuid=00000000-0000-0000-0000-000000000000' });
  expect(await inContext(work, findOurVm)).toMatchObject({ vmid });
});

it('leaves a VM alone that took the id and has neither mark', async () => {
  const work = await serverAfter(estate, 'clone');
  const { config } = vmAt(work.vmid);
  Object.assign(config, {
    description: 'somebody else’s',
    smbios1: 'uuid=00000000-0000-0000-0000-000000000000',
  });
  expect(await inContext(work, findVm)).toMatchObject({ isOurs: false });
  await expect(inContext(work, findOurVm)).rejects.toMatchObject({
    type: 'vm_not_ours',
    nonRetryable: true,
    message: `VM ${work.vmid} on ${work.node} does not belong to this server; it was left alone`,
  });
});

it('takes a clone that is still being copied for its own, and says that it is half built', async () => {
  const work = await serverAfter(estate, 'lease');
  const half = { ...vmAt(9_000), vmid: work.vmid, node: work.node };
  estate.simulator.state.vms[work.vmid] = {
    ...half,
    config: { description: ' qmclone temporary file', lock: 'clone' },
  };
  expect(await inContext(work, findOurVm)).toMatchObject({ isHalfBuilt: true });
  vmAt(work.vmid).config = { description: markerOf(work.server.id), lock: 'clone' };
  expect(await inContext(work, findOurVm)).toMatchObject({ isHalfBuilt: true });
  vmAt(work.vmid).config = { description: markerOf(work.server.id) };
  expect(await inContext(work, findOurVm)).toMatchObject({ isHalfBuilt: false });
});

it('follows a VM that was moved to another node, and records where it is', async () => {
  const work = await serverAfter(estate, 'clone');
  const other = work.node === 'pve3' ? 'pve2' : 'pve3';
  vmAt(work.vmid).node = other;
  const state = await inContext(work, async (vm) => observePower(estate.deps, vm, await requireOurVm(vm)));
  expect(state).toBe('stopped');
  const stored = await Server.query(estate.database).findById(work.server.id).withGraphFetched('node');
  expect(stored).toMatchObject({ powerState: 'stopped', node: { name: other } });
});

it('never takes a node that is away for a VM that is gone', async () => {
  const work = await serverAfter(estate, 'clone');
  estate.simulator.faults.add({ action: 'nodeDown', node: work.node });
  await expect(inContext(work, findVm)).rejects.toMatchObject({ kind: 'unreachable' });
});

it('does not write an older observation of power over a newer one', async () => {
  const work = await serverAfter(estate, 'clone');
  const later = new Date(Date.now() + 60_000);
  await work.server.$query(estate.database).patch({ powerState: 'running', powerObservedAt: later });
  const asked = await inContext(work, async (vm) => observePower(estate.deps, vm, await requireOurVm(vm)));
  expect(asked).toBe('stopped');
  expect(await Server.query(estate.database).findById(work.server.id)).toMatchObject({
    powerState: 'running',
    powerObservedAt: later,
  });
});

it('loads all an activity needs, and nothing for a run that lost its claim', async () => {
  const work = await serverAfter(estate, 'lease', 'web-7');
  const { server, operation } = await inContext(work, async (vm) => vm);
  expect(operation.id).toBe(work.operation.id);
  expect(server).toMatchObject({
    name: 'web-7',
    vmidLease: { vmid: work.vmid },
    node: { name: work.node },
    plan: { name: 'Small' },
    template: { name: 'debian-12' },
    ipAddresses: [{ pool: { gateway: '203.0.113.1' } }],
  });
  const stale = { ...work, claim: { ...work.claim, fence: work.claim.fence - 1 } };
  await expect(inContext(stale, async (vm) => vm)).rejects.toMatchObject({ type: 'stale_claim' });
  expect(await Node.query(estate.database).resultSize()).toBe(3);
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inspectVm, listUnclaimedVms } from '../api/look-at-cluster.ts';
import { requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { taskQueues } from '../contract/temporal.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { ServerAddress } from '../db/models/server-address.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import type { VmInspection } from '../contract/adoptions.ts';

const FIRST_VMID = 401;
const seed = (vmid: number): SeedVm => ({
  vmid,
  node: 'pve1',
  name: `shop-${vmid}.example.net`,
  cores: 4,
  memoryMib: 3_072,
  diskGib: 25,
  mac: `BC:24:11:00:04:0${vmid % 10}`,
  ip: `198.51.100.${vmid % 100}/24`,
  isRunning: true,
});
const SEEDS = Array.from({ length: 9 }, (_, index) => seed(FIRST_VMID + index));

describe('adopting a VM', () => {
  let estate: WorkingEstate;
  let taken = 0;

  beforeAll(async () => {
    estate = await createWorkingEstate({ vms: SEEDS });
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  const look = (vmid: number) =>
    inspectVm(
      { ...estate.temporal, temporal: estate.temporal.client },
      { clusterId: estate.cluster.id, vmid },
    );

  /** Keeps the history of a look of this estate; its id is known only to whoever waited for the answer. */
  async function recordLook(name: string, workflowType: 'inspectVm' | 'listUnclaimedVms') {
    const { client, queuePrefix } = estate.temporal;
    const query = `WorkflowType = '${workflowType}' and TaskQueue = '${taskQueues(queuePrefix).servers}'`;
    let workflowId = '';
    await until(async () => {
      for await (const look of client.workflow.list({ query })) ({ workflowId } = look);
      return workflowId !== '';
    });
    await recordHistory(name, client.workflow.getHandle(workflowId));
  }

  it('lists the VMs that no server holds, by name or id', async () => {
    const list = async (search: string) =>
      listUnclaimedVms(
        { ...estate.temporal, temporal: estate.temporal.client },
        { clusterId: estate.cluster.id, search },
      );
    const { items } = await list('SHOP-409');
    expect(items).toEqual([
      {
        vmid: 409,
        node: 'pve1',
        name: 'shop-409.example.net',
        status: 'running',
        vcpu: 4,
        memoryMib: 3_072,
        diskGib: 25,
      },
    ]);
    expect((await list('409')).total).toBe(1);
    expect((await list('none')).items).toEqual([]);
    await recordLook('list-unclaimed-vms', 'listUnclaimedVms');
  });

  /** A VM as it was shown, before anybody has agreed. */
  async function shown(prepare?: (config: Record<string, string | number>) => void): Promise<VmInspection> {
    const vmid = FIRST_VMID + taken;
    taken += 1;
    prepare?.(estate.vmAt(vmid).config);
    const vm = await look(vmid);
    if (!vm) throw new Error(`VM ${vmid} was not found`);
    return vm;
  }

  /** What the API records once it has been agreed. */
  async function agree({ vmid, name, uuid, configDigest, addresses, tags, ...vm }: VmInspection) {
    const { id: nodeId } = await Node.query(estate.database).findOne({ name: vm.node }).throwIfNotFound();
    const server = await Server.query(estate.database).insertAndFetch({
      accountId: estate.customer.accountId,
      name: `shop-${vmid}`,
      clusterId: estate.cluster.id,
      nodeId,
      planName: 'Adopted',
      vcpu: vm.vcpu,
      memoryMib: vm.memoryMib,
      diskGib: vm.diskGib ?? 0,
      vmIdentity: { name, uuid },
      deleteProtection: true,
    });
    const adoption = { vmid, configDigest, addresses, hadTag: tags.includes('berth') };
    const operation = await requestOperation(estate, server, 'adopt', { adoption });
    return { server, operation };
  }

  async function adopt(vm: VmInspection) {
    const { server, operation } = await agree(vm);
    const handle = await startWorkflow(estate.temporal, operation);
    await handle.result().catch(() => undefined);
    const done = await settled(estate, operation);
    await recordHistory(`adopt-${done.status}`, handle);
    return { server: await Server.query(estate.database).findById(server.id).throwIfNotFound(), done };
  }

  const held = async ({ id: serverId }: Server) => ({
    vmid: (await VmidLease.query(estate.database).findOne({ serverId }))?.vmid,
    addresses: (await ServerAddress.query(estate.database).where({ serverId })).map(({ address }) => address),
    leases: await IpLease.query(estate.database).where({ serverId }).resultSize(),
  });
  const NOTHING = { vmid: undefined, addresses: [], leases: 0 };

  it('looks at a VM for somebody who waits, and finds none where there is none', async () => {
    expect(await shown()).toMatchObject({
      vmid: FIRST_VMID,
      node: 'pve1',
      name: 'shop-401.example.net',
      status: 'running',
      os: 'Linux',
      vcpu: 4,
      memoryMib: 3_072,
      diskGib: 25,
      addresses: ['198.51.100.1/24'],
      isTemplate: false,
      lock: null,
    });
    expect(await look(499)).toBeNull();
    await recordLook('inspect-vm', 'inspectVm');
  });

  it('marks the VM, changes nothing else, and records id and addresses', async () => {
    const vm = await shown((config) => Object.assign(config, { description: 'shop of Ada', tags: 'prod' }));
    const before = { ...estate.vmAt(vm.vmid).config };
    const { server, done } = await adopt(vm);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(server).toMatchObject({ lifecycle: 'active', powerState: 'running' });
    expect(estate.vmAt(vm.vmid).config).toEqual({
      ...before,
      description: `shop of Ada\nberth:${server.id}`,
      tags: 'berth;prod',
    });
    expect(estate.vmAt(vm.vmid).pending).toEqual({});
    expect(await held(server)).toEqual({ vmid: vm.vmid, addresses: ['198.51.100.2/24'], leases: 0 });
  });

  it('leases an address that is in a pool, so that no order gets it', async () => {
    const vm = await shown((config) => (config['ipconfig0'] = 'ip=203.0.113.15/24,gw=203.0.113.1'));
    const { server } = await adopt(vm);
    expect(await held(server)).toEqual({ vmid: vm.vmid, addresses: [], leases: 1 });
  });

  it('leaves a VM alone that has changed since it was shown', async () => {
    const vm = await shown();
    estate.vmAt(vm.vmid).config['cores'] = 8;
    const before = { ...estate.vmAt(vm.vmid).config };
    const { server, done } = await adopt(vm);
    expect(done).toMatchObject({ status: 'failed', errorCode: 'vm_changed' });
    expect(server.lifecycle).toBe('deleted');
    expect(estate.vmAt(vm.vmid).config).toEqual(before);
    expect(await held(server)).toEqual(NOTHING);
  });

  it('leaves a VM to the server that was faster', async () => {
    const vm = await shown();
    const [first, second] = [await agree(vm), await agree(vm)];
    for (const { operation } of [first, second]) await startWorkflow(estate.temporal, operation);
    const ends = [await settled(estate, first.operation), await settled(estate, second.operation)];
    const [loser] = ends.filter(({ status }) => status === 'failed');
    expect(ends.filter(({ status }) => status === 'succeeded')).toHaveLength(1);
    expect(['vmid_taken', 'vm_changed']).toContain(loser?.errorCode);
    const winner = ends.find(({ status }) => status === 'succeeded');
    expect(estate.vmAt(vm.vmid).config['description']).toBe(`berth:${winner?.serverId}`);
  });

  it.each(['before', 'after'] as const)(
    'marks the VM although the answer was lost %s it was written',
    async (when) => {
      const vm = await shown();
      estate.simulator.faults.add({ method: 'PUT', path: '/config$', when, action: 'drop' });
      const { server, done } = await adopt(vm);
      expect(done).toMatchObject({ status: 'succeeded' });
      expect(estate.vmAt(vm.vmid).config['description']).toBe(`berth:${server.id}`);
    },
  );

  it('takes the marker out again when it is cancelled', async () => {
    const vm = await shown();
    const before = { ...estate.vmAt(vm.vmid).config };
    const { server, operation } = await agree(vm);
    estate.simulator.faults.add({
      action: 'delay',
      ms: 5_000,
      when: 'after',
      method: 'PUT',
      path: '/config$',
    });
    const handle = await startWorkflow(estate.temporal, operation);
    await until(() => String(estate.vmAt(vm.vmid).config['description'] ?? '').includes(server.id));
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(estate.vmAt(vm.vmid).config).toEqual(before);
    expect(await held(server)).toEqual(NOTHING);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, orderServer, paused, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import {
  connectTemporal,
  createEstate,
  startWorkers,
  type Estate,
  type TestTemporal,
} from '../tests/stack.ts';
import { until } from '../tests/until.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { OperationType } from '../contract/operation-table.ts';

const ISO = 'local:iso/rescue.iso';

describe('the rescue system', () => {
  let estate: Estate;
  let temporal: TestTemporal;
  let workers: { stop(): Promise<void> };

  beforeAll(async () => {
    [estate, temporal] = await Promise.all([createEstate(), connectTemporal()]);
    workers = await startWorkers(estate.deps, temporal.queuePrefix);
  });
  afterAll(async () => {
    await workers.stop();
    await temporal.close();
    await estate.close();
  });
  afterEach(() => estate.simulator.faults.clear());

  async function begin(server: Server, type: OperationType) {
    const operation = await requestOperation(estate, server, type);
    return { operation, handle: await startWorkflow(temporal, operation) };
  }

  async function carryOut(server: Server, type: OperationType, recordAs?: string) {
    const { operation, handle } = await begin(server, type);
    await handle.result().catch(() => undefined);
    if (recordAs) await recordHistory(recordAs, handle);
    return settled(estate, operation);
  }

  async function runningServer(name: string) {
    const { server, operation } = await orderServer(estate, name);
    await (await startWorkflow(temporal, operation)).result();
    const { vmid } = await VmidLease.query(estate.database)
      .findOne({ serverId: server.id })
      .throwIfNotFound();
    return { server, vmid };
  }

  const vmOf = (vmid: number) => {
    const vm = estate.simulator.state.vms[vmid];
    if (!vm) throw new Error(`there is no VM ${vmid}`);
    return vm;
  };
  const rescueOf = async ({ id }: Server) => (await Server.query(estate.database).findById(id))?.rescue;

  /** What the VM has, what it would have after a start, and what runs in it. */
  const seen = (vmid: number) => {
    const { config, pending, pendingDelete, guest } = vmOf(vmid);
    const { boot, ide0 } = config;
    return { boot, ide0: ide0?.toString().split(',')[0], pending, pendingDelete, system: guest?.system };
  };
  const untouched = { boot: 'order=scsi0', ide0: undefined, pending: {}, pendingDelete: [] };
  const fromDisk = { ...untouched, system: 'debian-12' };
  const fromMedium = { ...untouched, boot: 'order=ide0;scsi0', ide0: ISO, system: 'rescue' };

  it('boots a running server from the medium, and from its disk again when it is left', async () => {
    const { server, vmid } = await runningServer('there-and-back');
    expect(await carryOut(server, 'rescue', 'rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
    expect(await rescueOf(server)).toEqual({ drive: 'ide0', boot: 'order=scsi0' });

    expect(await carryOut(server, 'leave_rescue', 'leave-rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromDisk);
    expect(vmOf(vmid).config['ide2']).toContain('cloudinit');
    expect(await rescueOf(server)).toBeNull();
  });

  it('starts a stopped server into it, and out of it', async () => {
    const { server, vmid } = await runningServer('was-stopped');
    await carryOut(server, 'stop');
    expect(await carryOut(server, 'rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
    await carryOut(server, 'stop');
    expect(await carryOut(server, 'leave_rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromDisk);
  });

  it.each(['before', 'after'] as const)(
    'gets over every answer that is lost %s its effect, there and back',
    async (when) => {
      const { server, vmid } = await runningServer(`lost-${when}`);
      const starts = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmstart').length;
      const before = starts();
      const loseAnswers = () => {
        for (const path of ['/config$', '/status/shutdown$', '/status/start$'])
          estate.simulator.faults.add({
            method: path === '/config$' ? 'PUT' : 'POST',
            path,
            when,
            action: 'drop',
          });
      };
      loseAnswers();
      expect(await carryOut(server, 'rescue')).toMatchObject({ status: 'succeeded' });
      expect(seen(vmid)).toEqual(fromMedium);
      loseAnswers();
      expect(await carryOut(server, 'leave_rescue')).toMatchObject({ status: 'succeeded' });
      expect(seen(vmid)).toEqual(fromDisk);
      expect(starts() - before).toBe(2);
    },
  );

  it('waits for a decision when the medium is missing, touches nothing, and goes on once it is there', async () => {
    const { server, vmid } = await runningServer('no-medium');
    const { node } = vmOf(vmid);
    const key = Object.keys(estate.simulator.state.volumes).find(
      (it) => it.includes(node) && it.includes(ISO),
    );
    const volume = estate.simulator.state.volumes[key ?? ''];
    if (!key || !volume) throw new Error('the simulator has no medium');
    delete estate.simulator.state.volumes[key];
    const { operation } = await begin(server, 'rescue');
    expect(await paused(estate, operation)).toMatchObject({ step: 'attach', errorCode: 'volume_missing' });
    expect([seen(vmid), await rescueOf(server)]).toEqual([fromDisk, null]);
    estate.simulator.state.volumes[key] = volume;
    await decide(estate, temporal, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
  });

  it('takes the medium out again when it is rolled back, and starts from the disk', async () => {
    const { server, vmid } = await runningServer('rolled-back');
    const message = 'start failed: QEMU exited with code 1';
    estate.simulator.faults.add({ path: '/status/start$', action: 'failTask', message });
    const { operation, handle } = await begin(server, 'rescue');
    expect(await paused(estate, operation)).toMatchObject({ step: 'restart', errorCause: message });
    await decide(estate, temporal, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed' });
    await handle.result().catch(() => undefined);
    await recordHistory('rescue-rolled-back', handle);
    expect([seen(vmid), await rescueOf(server)]).toEqual([fromDisk, null]);
  });

  it('leaves a server as it was when it is cancelled while the system shuts down', async () => {
    const { server, vmid } = await runningServer('cancelled');
    estate.simulator.faults.add({ path: '/status/shutdown$', action: 'slowTask', ms: 1_500 });
    const { operation, handle } = await begin(server, 'rescue');
    const saved = () => OperationTask.query(estate.database).findById([operation.id, 'shutdown']);
    await until(async () => (await saved()) !== undefined);
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect([seen(vmid), await rescueOf(server)]).toEqual([fromDisk, null]);
  });

  it('leaves a stopped server stopped when it is rolled back', async () => {
    const { server, vmid } = await runningServer('stopped-back');
    await carryOut(server, 'stop');
    const message = 'start failed: QEMU exited with code 1';
    estate.simulator.faults.add({ path: '/status/start$', action: 'failTask', message });
    const { operation } = await begin(server, 'rescue');
    await paused(estate, operation);
    await decide(estate, temporal, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed' });
    expect(seen(vmid)).toEqual({ ...untouched, system: undefined });
  });

  it('powers off a system that does not shut down', async () => {
    estate.simulator.faults.add({ action: 'ignoreShutdown' });
    const { server, vmid } = await runningServer('deaf');
    expect(await carryOut(server, 'rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
  });

  it('waits until a locked VM is free', async () => {
    const { server, vmid } = await runningServer('locked');
    vmOf(vmid).config['lock'] = 'backup';
    const { operation } = await begin(server, 'rescue');
    const isTriedAgain = async () =>
      (await operation.$query(estate.database)).note?.includes('Trying again') ?? false;
    await until(isTriedAgain);
    delete vmOf(vmid).config['lock'];
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
  });

  it('lets a server be deleted out of it, and keeps the medium', async () => {
    const { server, vmid } = await runningServer('deleted');
    await carryOut(server, 'rescue');
    const { node } = vmOf(vmid);
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(estate.simulator.state.vms[vmid]).toBeUndefined();
    const { proxmox } = await estate.deps.clusters.of(estate.cluster.id);
    expect(await proxmox.storageContent(node, 'local', 'iso')).toMatchObject([{ volid: ISO }]);
  });
});

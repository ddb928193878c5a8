import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  decide,
  paused,
  orderServer,
  requestOperation,
  settled,
  startWorkflow,
  untilTask,
} from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { OperationParams } from '../db/models/operation.ts';
import type { OperationType } from '../contract/operation-table.ts';
import { DECISION_SIGNAL } from '../contract/temporal.ts';

describe('power actions and deletion on a simulated cluster', () => {
  let estate: WorkingEstate;

  beforeAll(async () => {
    estate = await createWorkingEstate();
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  const carryOut = (server: Server, type: OperationType, params?: OperationParams) =>
    estate.carryOut(server, type, params, type);

  const powerOf = async ({ id }: Server) => (await Server.query(estate.database).findById(id))?.powerState;

  it('shuts down, starts, reboots, resets and stops, and ends only when Proxmox shows it', async () => {
    const { server, vmid } = await estate.runningServer('power');
    expect(await carryOut(server, 'shutdown')).toMatchObject({ status: 'succeeded' });
    expect([estate.vmAt(vmid).guest, await powerOf(server)]).toEqual([null, 'stopped']);
    expect(await carryOut(server, 'start')).toMatchObject({ status: 'succeeded' });
    expect(await powerOf(server)).toBe('running');
    const before = estate.vmAt(vmid).guest?.pid;
    expect(await carryOut(server, 'reboot')).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(vmid).guest?.pid).not.toBe(before);
    expect(await powerOf(server)).toBe('running');
    expect(await carryOut(server, 'reset')).toMatchObject({ status: 'succeeded' });
    expect(await carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
    expect([estate.vmAt(vmid).guest, await powerOf(server)]).toEqual([null, 'stopped']);
  });

  it('succeeds without a call when the wanted state is there already', async () => {
    const { server } = await estate.runningServer('already');
    const starts = estate.simulator.state.tasks.filter(({ type }) => type === 'qmstart').length;
    expect(await carryOut(server, 'start')).toMatchObject({ status: 'succeeded' });
    expect(estate.simulator.state.tasks.filter(({ type }) => type === 'qmstart')).toHaveLength(starts);
  });

  it('reboots once although the answer to the reboot was lost', async () => {
    const { server } = await estate.runningServer('reboot-once');
    const reboots = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmreboot').length;
    const before = reboots();
    estate.simulator.faults.add({ method: 'POST', path: '/status/reboot$', when: 'after', action: 'drop' });
    expect(await carryOut(server, 'reboot')).toMatchObject({ status: 'succeeded' });
    expect(reboots() - before).toBe(1);
  });

  it('says that the guest did not shut down, leaves it running, and powers it off when told to force', async () => {
    const { server } = await estate.runningServer('deaf');
    estate.simulator.faults.add({ action: 'ignoreShutdown' });
    await carryOut(server, 'stop');
    await carryOut(server, 'start');
    const refused = await carryOut(server, 'shutdown', { timeoutSeconds: 5 });
    expect(refused).toMatchObject({ status: 'failed', errorCode: 'guest_did_not_shut_down' });
    expect(await powerOf(server)).toBe('running');
    const forced = await carryOut(server, 'shutdown', { timeoutSeconds: 5, force: true });
    expect(forced).toMatchObject({ status: 'succeeded' });
    expect(await powerOf(server)).toBe('stopped');
  });

  it('fails with vm_gone when somebody deleted the VM behind its back', async () => {
    const { server, vmid } = await estate.runningServer('gone');
    delete estate.simulator.state.vms[vmid];
    expect(await carryOut(server, 'start')).toMatchObject({ status: 'failed', errorCode: 'vm_gone' });
  });

  const remains = async ({ id: serverId }: Server, vmid: number) => ({
    vm: estate.simulator.state.vms[vmid] !== undefined,
    volumes: Object.values(estate.simulator.state.volumes).filter((volume) => volume.vmid === vmid).length,
    vmids: await VmidLease.query(estate.database).where({ serverId }).resultSize(),
    addresses: await IpLease.query(estate.database).where({ serverId }).resultSize(),
    lifecycle: (await Server.query(estate.database).findById(serverId))?.lifecycle,
  });
  const NOTHING = { vm: false, volumes: 0, vmids: 0, addresses: 0, lifecycle: 'deleted' };

  it('deletes a running server with its disks, VM id and address', async () => {
    const { server, vmid } = await estate.runningServer('delete-running');
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('deletes a stopped server', async () => {
    const { server, vmid } = await estate.runningServer('delete-stopped');
    await carryOut(server, 'stop');
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('deletes a server whose VM is gone already', async () => {
    const { server, vmid } = await estate.runningServer('delete-gone');
    delete estate.simulator.state.vms[vmid];
    for (const [key, volume] of Object.entries(estate.simulator.state.volumes)) {
      if (volume.vmid === vmid) delete estate.simulator.state.volumes[key];
    }
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('deletes a server that was never built', async () => {
    const { server, operation } = await orderServer(estate, 'never-built');
    await operation.$query(estate.database).patch({ status: 'cancelled', finishedAt: new Date() });
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, -1)).toEqual(NOTHING);
  });

  it('deletes a server whose clone is still running on Proxmox after its workflow was lost', async () => {
    estate.simulator.faults.add({
      method: 'POST',
      path: '/clone$',
      action: 'slowTask',
      ms: 60_000,
    });
    const { server, operation } = await orderServer(estate, 'half-built');
    const handle = await startWorkflow(estate.temporal, operation);
    await untilTask(estate, operation, 'clone');
    await handle.terminate('an operator pressed Terminate');
    await operation
      .$query(estate.database)
      .patch({ status: 'failed', errorCode: 'workflow_lost', finishedAt: new Date() });
    const { vmid } = await VmidLease.query(estate.database)
      .findOne({ serverId: server.id })
      .throwIfNotFound();
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('deletes a server although Proxmox has forgotten a task that was never seen to end', async () => {
    const { server, vmid } = await estate.runningServer('forgotten-task');
    const { id: operationId } = await requestOperation(estate, server, 'start').then((operation) =>
      operation.$query(estate.database).patchAndFetch({ status: 'cancelled', finishedAt: new Date() }),
    );
    const upid = 'UPID:pve1:0000FFFF:00000001:5F000000:qmstart:1:berth@pve!berth:';
    await OperationTask.query(estate.database).insert({ operationId, step: 'start', upid });
    expect(await carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('keeps the server, running as before, when its deletion is cancelled before anything is erased', async () => {
    const { server, vmid } = await estate.runningServer('changed-my-mind');
    estate.simulator.faults.add({ method: 'POST', path: '/status/stop$', action: 'slowTask', ms: 2_000 });
    const operation = await requestOperation(estate, server, 'terminate', { previousLifecycle: 'active' });
    const handle = await startWorkflow(estate.temporal, operation);
    await untilTask(estate, operation, 'stop');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(await remains(server, vmid)).toMatchObject({
      vm: true,
      vmids: 1,
      addresses: 1,
      lifecycle: 'active',
    });
    expect(estate.vmAt(vmid).guest).not.toBeNull();
    const { upid } = await OperationTask.query(estate.database)
      .findById([operation.id, 'stop'])
      .throwIfNotFound();
    const task = estate.simulator.state.tasks.find((one) => one.upid === upid);
    expect(task?.exitstatus).toBe('OK');
  });

  it('goes on deleting when it is cancelled after the disks have begun to go', async () => {
    const { server, vmid } = await estate.runningServer('no-way-back');
    estate.simulator.faults.add({ method: 'DELETE', path: '/qemu/', action: 'slowTask', ms: 1_000 });
    const operation = await requestOperation(estate, server, 'terminate');
    const handle = await startWorkflow(estate.temporal, operation);
    await untilTask(estate, operation, 'destroy');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('does not begin to erase once a cancel has been recorded, whether or not the workflow heard of it', async () => {
    const { server, vmid } = await estate.runningServer('recorded');
    const operation = await requestOperation(estate, server, 'terminate', { previousLifecycle: 'active' });
    const handle = await startWorkflow(estate.temporal, operation);
    await operation.$query(estate.database).patch({ cancelRequestedAt: new Date() });
    await handle.result().catch(() => undefined);
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(await remains(server, vmid)).toMatchObject({ vm: true, lifecycle: 'active' });
  });

  it('can be resumed from the Temporal UI, which cannot decide what the step does not allow', async () => {
    const { server, vmid } = await estate.runningServer('from-temporal');
    estate.simulator.faults.add({ method: 'DELETE', path: '/qemu/', action: 'failTask', message: 'no luck' });
    const operation = await requestOperation(estate, server, 'terminate');
    const handle = await startWorkflow(estate.temporal, operation);
    await paused(estate, operation);
    estate.simulator.faults.clear();
    await handle.signal(DECISION_SIGNAL, 'skip');
    await handle.signal(DECISION_SIGNAL, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(await remains(server, vmid)).toEqual(NOTHING);
  });

  it('waits where a step failed for good, and tries that step again when it is resumed', async () => {
    const { server, vmid } = await estate.runningServer('attention');
    const message = "can't remove volume: storage is read-only";
    estate.simulator.faults.add({ method: 'DELETE', path: '/qemu/', action: 'failTask', message });
    const operation = await requestOperation(estate, server, 'terminate');
    const handle = await startWorkflow(estate.temporal, operation);
    const { step, errorCode, errorCause, errorLog } = await paused(estate, operation);
    expect({ step, errorCode, errorCause }).toEqual({
      step: 'destroy',
      errorCode: 'task_failed',
      errorCause: message,
    });
    expect(errorLog?.at(-1)).toContain(message);
    estate.simulator.faults.clear();
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded', errorCode: null });
    expect(await remains(server, vmid)).toEqual(NOTHING);
    await handle.result();
    await recordHistory('terminate-resumed', handle);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serverAfter } from '../tests/activity.ts';
import { buildImportedServer } from '../tests/builders.ts';
import { decide, paused, settled, untilTask } from '../tests/order.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Operation, type OperationParams } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import type { OperationType } from '../contract/operation-table.ts';

const IMPORTED = 101;

let estate: WorkingEstate;
beforeAll(async () => {
  const vm = { vmid: IMPORTED, node: 'pve2', name: 'old', cores: 1, memoryMib: 512, diskGib: 10 };
  const network = { mac: 'BC:24:11:00:01:01', ip: '192.0.2.1/24', isRunning: false };
  estate = await createWorkingEstate({ vms: [{ ...vm, ...network }] });
});
afterAll(() => estate.close());
afterEach(() => estate.simulator.faults.clear());

const REASON = { reason: 'Overdue on payment', force: true, timeoutSeconds: 1 };

/** A server that is in use, with its running VM. */
async function serverInUse(name: string) {
  const { server, operation, vmid } = await serverAfter(estate, 'start', name);
  await operation.$query(estate.database).patch({ status: 'succeeded', finishedAt: new Date() });
  await server.$query(estate.database).patch({ lifecycle: 'active' });
  return { server, vmid };
}

const carryOut = (server: Server, type: OperationType, params?: OperationParams) =>
  estate.carryOut(server, type, params, type);

const suspend = (server: Server) => carryOut(server, 'suspend', REASON);
const unsuspend = (server: Server) => carryOut(server, 'unsuspend');

const stateOf = async ({ id }: Server, vmid: number) => {
  const server = await Server.query(estate.database).findById(id).throwIfNotFound();
  return {
    lifecycle: server.lifecycle,
    reason: server.suspendReason,
    isRunning: estate.vmAt(vmid).guest !== null,
    startsWithNode: Number(estate.vmAt(vmid).config['onboot']) === 1,
  };
};
const IN_USE = { lifecycle: 'active', reason: null, isRunning: true, startsWithNode: true };
const SUSPENDED = {
  lifecycle: 'suspended',
  reason: 'Overdue on payment',
  isRunning: false,
  startsWithNode: false,
};
const tasksOf = (type: string, vmid: number) =>
  estate.simulator.state.tasks.filter((task) => task.type === type && task.id === String(vmid)).length;

describe('suspending a server', () => {
  it('shuts it down for good, and lifting the suspension gives it back as it was', async () => {
    const { server, vmid } = await serverInUse('running');
    expect(await suspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
    expect(tasksOf('qmstop', vmid)).toBe(0);
    expect(await unsuspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(IN_USE);
  });

  it('leaves a stopped one stopped, before and after, and one that did not start with its node so', async () => {
    const { server, vmid } = await serverInUse('stopped');
    estate.vmAt(vmid).guest = null;
    delete estate.vmAt(vmid).config['onboot'];
    expect(await suspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
    const lifted = await unsuspend(server);
    expect(lifted.events?.at(-1)?.message).toBe('was stopped when it was suspended, and is left as it is');
    expect(await stateOf(server, vmid)).toEqual({ ...IN_USE, isRunning: false, startsWithNode: false });
  });

  it('powers off a guest that does not shut down in time', async () => {
    estate.simulator.faults.add({ action: 'ignoreShutdown' });
    const { server, vmid } = await serverInUse('deaf');
    expect(await suspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
  });

  it.each([
    ['PUT', '/config$', 'before'],
    ['PUT', '/config$', 'after'],
    ['POST', '/status/shutdown$', 'before'],
    ['POST', '/status/shutdown$', 'after'],
  ] as const)('is done once when the answer to %s %s is lost %s its effect', async (method, path, when) => {
    const { server, vmid } = await serverInUse('lost-answer');
    estate.simulator.faults.add({ method, path, when, action: 'drop' });
    expect(await suspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
    expect(tasksOf('qmshutdown', vmid)).toBe(1);
  });

  it('gives a running server back when it is cancelled while the guest shuts down', async () => {
    const { server, vmid } = await serverInUse('cancelled');
    estate.simulator.faults.add({ path: '/status/shutdown$', action: 'slowTask', ms: 1_000 });
    const { operation, handle } = await estate.begin(server, 'suspend', REASON);
    await untilTask(estate, operation, 'shutdown');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(await stateOf(server, vmid)).toEqual(IN_USE);
    expect(tasksOf('qmstart', vmid)).toBe(2);
  });

  it('waits where it failed for good, and goes on or back as decided', async () => {
    const { server, vmid } = await serverInUse('paused');
    const failing = { path: '/status/shutdown$', action: 'failTask', message: 'no such thing' } as const;
    estate.simulator.faults.add(failing);
    const first = await estate.begin(server, 'suspend', REASON);
    expect(await paused(estate, first.operation)).toMatchObject({ step: 'shutdown' });
    await decide(estate, first.operation, 'roll_back');
    expect(await settled(estate, first.operation)).toMatchObject({ status: 'failed' });
    expect(await stateOf(server, vmid)).toEqual(IN_USE);
    await first.handle.result().catch(() => undefined);

    estate.simulator.faults.add(failing);
    const second = await estate.begin(server, 'suspend', REASON);
    await paused(estate, second.operation);
    await decide(estate, second.operation, 'resume');
    expect(await settled(estate, second.operation)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
  });

  it('waits for a VM that is locked, and says so', async () => {
    const { server, vmid } = await serverInUse('locked');
    estate.vmAt(vmid).config['lock'] = 'backup';
    const { operation } = await estate.begin(server, 'suspend', REASON);
    const note = async () => (await Operation.query(estate.database).findById(operation.id))?.note ?? '';
    await until(async () => (await note()).includes('locked'));
    delete estate.vmAt(vmid).config['lock'];
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
  });
});

describe('lifting a suspension', () => {
  it('starts a server whose state before is not known, and leaves its configuration alone', async () => {
    const server = await buildImportedServer(estate.database, {
      accountId: estate.customer.accountId,
      clusterId: estate.cluster.id,
      vmid: IMPORTED,
      vmIdentity: { name: 'old', uuid: null },
      lifecycle: 'suspended',
      suspendReason: 'Overdue on payment',
    });
    const before = JSON.stringify(estate.vmAt(IMPORTED).config);
    expect(await unsuspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, IMPORTED)).toMatchObject({ lifecycle: 'active', isRunning: true });
    expect(JSON.stringify(estate.vmAt(IMPORTED).config)).toBe(before);
  });

  it.each([
    ['PUT', '/config$'],
    ['POST', '/status/start$'],
  ] as const)('is done once when the answer to %s %s is lost', async (method, path) => {
    const { server, vmid } = await serverInUse('lost-lifting');
    await suspend(server);
    const starts = tasksOf('qmstart', vmid);
    estate.simulator.faults.add({ method, path, when: 'after', action: 'drop' });
    expect(await unsuspend(server)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(server, vmid)).toEqual(IN_USE);
    expect(tasksOf('qmstart', vmid)).toBe(starts + 1);
  });

  it('leaves the server suspended and off when it is cancelled while it starts', async () => {
    const { server, vmid } = await serverInUse('stays-off');
    await suspend(server);
    estate.simulator.faults.add({ path: '/status/start$', action: 'slowTask', ms: 1_000 });
    const { operation, handle } = await estate.begin(server, 'unsuspend');
    await untilTask(estate, operation, 'start');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
  });

  it('leaves the server suspended, as it was found, when it is rolled back', async () => {
    const { server, vmid } = await serverInUse('stays');
    await suspend(server);
    const message = 'start failed: QEMU exited with code 1';
    estate.simulator.faults.add({ path: '/status/start$', action: 'failTask', message });
    const { operation } = await estate.begin(server, 'unsuspend');
    expect(await paused(estate, operation)).toMatchObject({ step: 'start', errorCause: message });
    await decide(estate, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed' });
    expect(await stateOf(server, vmid)).toEqual(SUSPENDED);
  });
});

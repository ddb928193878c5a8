import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, paused, settled, untilTask } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Server } from '../db/models/server.ts';

const ISO = 'local:iso/rescue.iso';

describe('the rescue system', () => {
  let estate: WorkingEstate;

  beforeAll(async () => {
    estate = await createWorkingEstate();
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  const rescueOf = async ({ id }: Server) => (await Server.query(estate.database).findById(id))?.rescue;

  /** What the VM has, what it would have after a start, and what runs in it. */
  const seen = (vmid: number) => {
    const { config, pending, pendingDelete, guest } = estate.vmAt(vmid);
    const { boot, ide0 } = config;
    return { boot, ide0: ide0?.toString().split(',')[0], pending, pendingDelete, system: guest?.system };
  };
  const untouched = { boot: 'order=scsi0', ide0: undefined, pending: {}, pendingDelete: [] };
  const fromDisk = { ...untouched, system: 'debian-12' };
  const fromMedium = { ...untouched, boot: 'order=ide0;scsi0', ide0: ISO, system: 'rescue' };

  it('boots a running server from the medium, and from its disk again when it is left', async () => {
    const { server, vmid } = await estate.runningServer('there-and-back');
    expect(await estate.carryOut(server, 'rescue', {}, 'rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
    expect(await rescueOf(server)).toEqual({ drive: 'ide0', boot: 'order=scsi0' });

    expect(await estate.carryOut(server, 'leave_rescue', {}, 'leave-rescue')).toMatchObject({
      status: 'succeeded',
    });
    expect(seen(vmid)).toEqual(fromDisk);
    expect(estate.vmAt(vmid).config['ide2']).toContain('cloudinit');
    expect(await rescueOf(server)).toBeNull();
  });

  it('starts a stopped server into it, and out of it', async () => {
    const { server, vmid } = await estate.runningServer('was-stopped');
    await estate.carryOut(server, 'stop');
    expect(await estate.carryOut(server, 'rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
    await estate.carryOut(server, 'stop');
    expect(await estate.carryOut(server, 'leave_rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromDisk);
  });

  it.each(['before', 'after'] as const)(
    'gets over every answer that is lost %s its effect, there and back',
    async (when) => {
      const { server, vmid } = await estate.runningServer(`lost-${when}`);
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
      expect(await estate.carryOut(server, 'rescue')).toMatchObject({ status: 'succeeded' });
      expect(seen(vmid)).toEqual(fromMedium);
      loseAnswers();
      expect(await estate.carryOut(server, 'leave_rescue')).toMatchObject({ status: 'succeeded' });
      expect(seen(vmid)).toEqual(fromDisk);
      expect(starts() - before).toBe(2);
    },
  );

  it('waits for a decision when the medium is missing, touches nothing, and goes on once it is there', async () => {
    const { server, vmid } = await estate.runningServer('no-medium');
    const { node } = estate.vmAt(vmid);
    const key = Object.keys(estate.simulator.state.volumes).find(
      (it) => it.includes(node) && it.includes(ISO),
    );
    const volume = estate.simulator.state.volumes[key ?? ''];
    if (!key || !volume) throw new Error('the simulator has no medium');
    delete estate.simulator.state.volumes[key];
    const { operation } = await estate.begin(server, 'rescue');
    expect(await paused(estate, operation)).toMatchObject({ step: 'attach', errorCode: 'volume_missing' });
    expect([seen(vmid), await rescueOf(server)]).toEqual([fromDisk, null]);
    estate.simulator.state.volumes[key] = volume;
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
  });

  it('takes the medium out again when it is rolled back, and starts from the disk', async () => {
    const { server, vmid } = await estate.runningServer('rolled-back');
    const message = 'start failed: QEMU exited with code 1';
    estate.simulator.faults.add({ path: '/status/start$', action: 'failTask', message });
    const { operation, handle } = await estate.begin(server, 'rescue');
    expect(await paused(estate, operation)).toMatchObject({ step: 'restart', errorCause: message });
    await decide(estate, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed' });
    await handle.result().catch(() => undefined);
    await recordHistory('rescue-rolled-back', handle);
    expect([seen(vmid), await rescueOf(server)]).toEqual([fromDisk, null]);
  });

  it('leaves a server as it was when it is cancelled while the system shuts down', async () => {
    const { server, vmid } = await estate.runningServer('cancelled');
    estate.simulator.faults.add({ path: '/status/shutdown$', action: 'slowTask', ms: 1_500 });
    const { operation, handle } = await estate.begin(server, 'rescue');
    await untilTask(estate, operation, 'shutdown');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect([seen(vmid), await rescueOf(server)]).toEqual([fromDisk, null]);
  });

  it('leaves a stopped server stopped when it is rolled back', async () => {
    const { server, vmid } = await estate.runningServer('stopped-back');
    await estate.carryOut(server, 'stop');
    const message = 'start failed: QEMU exited with code 1';
    estate.simulator.faults.add({ path: '/status/start$', action: 'failTask', message });
    const { operation } = await estate.begin(server, 'rescue');
    await paused(estate, operation);
    await decide(estate, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed' });
    expect(seen(vmid)).toEqual({ ...untouched, system: undefined });
  });

  it('powers off a system that does not shut down', async () => {
    estate.simulator.faults.add({ action: 'ignoreShutdown' });
    const { server, vmid } = await estate.runningServer('deaf');
    expect(await estate.carryOut(server, 'rescue')).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
  });

  it('waits until a locked VM is free', async () => {
    const { server, vmid } = await estate.runningServer('locked');
    estate.vmAt(vmid).config['lock'] = 'backup';
    const { operation } = await estate.begin(server, 'rescue');
    const isTriedAgain = async () =>
      (await operation.$query(estate.database)).note?.includes('Trying again') ?? false;
    await until(isTriedAgain);
    delete estate.vmAt(vmid).config['lock'];
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(seen(vmid)).toEqual(fromMedium);
  });

  it('lets a server be deleted out of it, and keeps the medium', async () => {
    const { server, vmid } = await estate.runningServer('deleted');
    await estate.carryOut(server, 'rescue');
    const { node } = estate.vmAt(vmid);
    expect(await estate.carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(estate.simulator.state.vms[vmid]).toBeUndefined();
    const { proxmox } = await estate.deps.clusters.of(estate.cluster.id);
    expect(await proxmox.storageContent(node, 'local', 'iso')).toMatchObject([{ volid: ISO }]);
  });
});

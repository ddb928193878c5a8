import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, paused, requestOperation, settled, untilTask } from '../tests/order.ts';
import { buildImportedServer } from '../tests/builders.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Node } from '../db/models/node.ts';
import { Operation, type OperationParams, type ServerSize } from '../db/models/operation.ts';
import { Plan } from '../db/models/plan.ts';
import { Server } from '../db/models/server.ts';

const sizeOf = ({ vcpu, memoryMib, diskGib }: Plan | Server, planId: string | null): ServerSize => ({
  planId,
  vcpu,
  memoryMib,
  diskGib,
});

describe('resizeServer on a simulated cluster', () => {
  let estate: WorkingEstate;
  let large: Plan;

  beforeAll(async () => {
    const imported = { vmid: 101, node: 'pve2', name: 'old.example.net', mac: 'BC:24:11:00:01:01' };
    const vms = [{ ...imported, cores: 2, memoryMib: 2_048, diskGib: 40, isRunning: true }];
    estate = await createWorkingEstate({ vms });
    const size = { vcpu: 4, memoryMib: 4_096, diskGib: 20, networkMbps: 400 };
    large = await Plan.query(estate.database).insertAndFetch({ name: 'Large', ...size });
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  const stored = async ({ id }: Server) => Server.query(estate.database).findById(id).throwIfNotFound();

  /** As the API writes them. */
  const resizeTo = (plan: Plan, server: Server, changes: Partial<ServerSize> = {}): OperationParams => ({
    target: { ...sizeOf(plan, plan.id), networkMbps: plan.networkMbps, ...changes },
    former: sizeOf(server, server.planId),
  });
  const messageOf = ({ events = [] }: Operation, step: string) =>
    events.find((event) => event.step === step && event.state === 'succeeded')?.message;

  it('grows a running server, and says that processors and memory wait for a restart', async () => {
    const { server, vmid } = await estate.runningServer('grow');
    const { operation, handle } = await estate.begin(server, 'resize', resizeTo(large, server));
    await handle.result();
    await recordHistory('resize', handle);
    const done = await settled(estate, operation);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(messageOf(done, 'check')).toMatch(
      /^pve\d has room for 4 vCPU, 4096 MiB, 20 GiB, up from 2 vCPU, 2048 MiB, 10 GiB$/,
    );
    expect(messageOf(done, 'disk')).toBe('scsi0 to 20 GiB');
    expect(messageOf(done, 'configure')).toBe('4 vCPU and 4096 MiB of memory; takes effect after a restart');
    expect(estate.vmAt(vmid).config).toMatchObject({
      cores: 2,
      memory: '2048',
      scsi0: expect.stringContaining('size=20G'),
      net0: expect.stringContaining('rate=50'),
    });
    expect(estate.vmAt(vmid).pending).toEqual({ cores: 4, memory: '4096' });
    const size = { planId: large.id, vcpu: 4, memoryMib: 4_096, diskGib: 20, restartNeeded: true };
    expect(await stored(server)).toMatchObject(size);

    await estate.carryOut(server, 'reset');
    expect(await stored(server)).toMatchObject({ restartNeeded: true });
    await estate.carryOut(server, 'reboot');
    expect(estate.vmAt(vmid).config).toMatchObject({ cores: 4, memory: '4096' });
    expect(await stored(server)).toMatchObject({ restartNeeded: false });
  });

  it('changes a stopped server at once, down as well as up, and keeps its disk', async () => {
    const { server, vmid } = await estate.runningServer('stopped');
    await estate.carryOut(server, 'stop');
    await estate.carryOut(server, 'resize', resizeTo(large, server));
    const grown = await stored(server);
    expect(grown).toMatchObject({ planId: large.id, restartNeeded: false });
    const down = await estate.carryOut(
      grown,
      'resize',
      resizeTo(estate.plan, grown, { diskGib: grown.diskGib }),
    );
    expect([messageOf(down, 'disk'), messageOf(down, 'configure')]).toEqual([
      'the disk keeps its size',
      '2 vCPU and 2048 MiB of memory',
    ]);
    expect(estate.vmAt(vmid).config).toMatchObject({ cores: 2, memory: '2048' });
    expect(estate.vmAt(vmid).config['net0']).not.toContain('rate=');
    expect(await stored(server)).toMatchObject({
      planId: estate.plan.id,
      vcpu: 2,
      memoryMib: 2_048,
      diskGib: 20,
    });
  });

  it('forgets the restart once the server was stopped and started', async () => {
    const { server } = await estate.runningServer('stop-start');
    await estate.carryOut(server, 'resize', resizeTo(large, server));
    await estate.carryOut(server, 'stop');
    expect(await stored(server)).toMatchObject({ restartNeeded: true });
    await estate.carryOut(server, 'start');
    expect(await stored(server)).toMatchObject({ restartNeeded: false });
  });

  it('takes effect at once where the VM lets processors and memory be plugged in', async () => {
    const { server, vmid } = await estate.runningServer('hotplug');
    Object.assign(estate.vmAt(vmid).config, { hotplug: 'network,disk,cpu,memory', cores: 8, vcpus: 2 });
    const done = await estate.carryOut(server, 'resize', resizeTo(large, server));
    expect(messageOf(done, 'configure')).toBe('4 vCPU and 4096 MiB of memory');
    expect(estate.vmAt(vmid)).toMatchObject({ config: { cores: 8, vcpus: 4, memory: '4096' }, pending: {} });
    expect(await stored(server)).toMatchObject({ vcpu: 4, restartNeeded: false });
  });

  it('takes a refused hot-plug for what it is: a change that waits', async () => {
    const { server } = await estate.runningServer('refused-hotplug');
    estate.simulator.faults.add({
      method: 'PUT',
      path: '/config$',
      action: 'status',
      status: 400,
      reason: 'Parameter verification failed.',
      body: JSON.stringify({
        data: null,
        errors: { memory: 'hotplug problem - error unplug memory module\n' },
      }),
      when: 'after',
    });
    const done = await estate.carryOut(server, 'resize', resizeTo(large, server));
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(await stored(server)).toMatchObject({ planId: large.id, restartNeeded: true });
  });

  it('changes an imported server but never its network', async () => {
    const { accountId } = estate.customer;
    const vmIdentity = { name: 'old.example.net', uuid: null };
    const imported = { accountId, clusterId: estate.cluster.id, vmid: 101, vmIdentity };
    const server = await buildImportedServer(estate.database, imported);
    Object.assign(estate.vmAt(101).config, { sockets: 2, cores: 1, balloon: 1_024 });
    const { net0 } = estate.vmAt(101).config;
    const size = { vcpu: 1, memoryMib: 512, diskGib: 50, networkMbps: 100 };
    const tiny = await Plan.query(estate.database).insertAndFetch({ name: 'Tiny', ...size });
    expect(await estate.carryOut(server, 'resize', resizeTo(tiny, server))).toMatchObject({
      status: 'succeeded',
    });
    expect(estate.vmAt(101).pending).toEqual({ sockets: 1, memory: '512', balloon: 512 });
    expect(estate.vmAt(101).config).toMatchObject({ net0, scsi0: expect.stringContaining('size=50G') });
    expect(await stored(server)).toMatchObject({ planId: tiny.id, planName: null, diskGib: 50 });
  });

  it.each(['before', 'after'] as const)(
    'grows once and is configured although the answers were lost %s their effect',
    async (when) => {
      const { server, vmid } = await estate.runningServer(`lost-${when}`);
      const resizes = () => estate.simulator.state.tasks.filter((task) => task.type === 'resize').length;
      const before = resizes();
      for (const path of ['/resize$', '/config$'])
        estate.simulator.faults.add({ method: 'PUT', path, when, action: 'drop' });
      expect(await estate.carryOut(server, 'resize', resizeTo(large, server))).toMatchObject({
        status: 'succeeded',
      });
      expect(resizes() - before).toBe(1);
      expect(estate.vmAt(vmid).pending).toEqual({ cores: 4, memory: '4096' });
      expect(await stored(server)).toMatchObject({ planId: large.id, diskGib: 20, restartNeeded: true });
    },
  );

  it('waits for a locked VM, saying so, and can be cancelled meanwhile, which leaves only the grown disk', async () => {
    const { server, vmid } = await estate.runningServer('locked');
    estate.simulator.faults.add({ method: 'PUT', path: '/resize$', action: 'slowTask', ms: 500 });
    const { operation, handle } = await estate.begin(server, 'resize', resizeTo(large, server));
    await untilTask(estate, operation, 'disk');
    estate.vmAt(vmid).config.lock = 'backup';
    const now = async () => Operation.query(estate.database).findById(operation.id).throwIfNotFound();
    await until(async () => /attempt \d+\): .*is locked \(backup\)/.test((await now()).note ?? ''));
    await handle.cancel();
    delete estate.vmAt(vmid).config.lock;
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(estate.vmAt(vmid)).toMatchObject({ config: { cores: 2, memory: '2048' }, pending: {} });
    expect(estate.vmAt(vmid).config['net0']).not.toContain('rate=');
    const { planId, vcpu, memoryMib } = server;
    expect(await stored(server)).toMatchObject({
      planId,
      vcpu,
      memoryMib,
      diskGib: 20,
      restartNeeded: false,
    });
  });

  async function pausedAtConfigure(name: string) {
    const { server, vmid } = await estate.runningServer(name);
    const refusal = { method: 'PUT', path: '/config$', action: 'status', status: 500, count: 9 } as const;
    // Proxmox writes one property after the other: some of it is done.
    estate.simulator.faults.add({ ...refusal, reason: 'cannot set memory', when: 'after' });
    const { operation } = await estate.begin(server, 'resize', resizeTo(large, server));
    expect(await paused(estate, operation)).toMatchObject({
      step: 'configure',
      errorCode: 'proxmox_rejected',
      errorCause: 'cannot set memory',
    });
    expect(await stored(server)).toMatchObject({ planId: server.planId, vcpu: 2, diskGib: 20 });
    estate.simulator.faults.clear();
    return { server, vmid, operation };
  }

  it('waits where a step failed for good, and goes on from there when it is resumed', async () => {
    const { server, operation } = await pausedAtConfigure('resumed');
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(await stored(server)).toMatchObject({ planId: large.id, vcpu: 4, restartNeeded: true });
  });

  it('sets processors and memory back when it is rolled back', async () => {
    const { server, vmid, operation } = await pausedAtConfigure('rolled-back');
    await decide(estate, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({
      status: 'failed',
      errorCode: 'proxmox_rejected',
    });
    expect(estate.vmAt(vmid)).toMatchObject({ config: { cores: 2, memory: '2048' }, pending: {} });
    expect(await stored(server)).toMatchObject({
      planId: server.planId,
      vcpu: 2,
      diskGib: 20,
      restartNeeded: false,
    });
  });

  it('leaves the disk out when told so, and records the size it really has', async () => {
    const { server, vmid } = await estate.runningServer('skipped');
    estate.simulator.faults.add({
      method: 'PUT',
      path: '/resize$',
      action: 'failTask',
      message: 'out of space',
    });
    const { operation } = await estate.begin(server, 'resize', resizeTo(large, server));
    expect(await paused(estate, operation)).toMatchObject({ step: 'disk', errorCode: 'storage_full' });
    await decide(estate, operation, 'skip');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(vmid).config['scsi0']).toContain('size=10G');
    expect(await stored(server)).toMatchObject({ planId: large.id, diskGib: 10 });
  });

  let untouched: ReturnType<typeof estate.runningServer> | undefined;
  /** One for all that is refused at the first step. */
  const untouchedServer = async () => (untouched ??= estate.runningServer('untouched'));

  it.each([
    ['memory', { memoryMib: 999_999 }, /lacks \d+ MiB of memory more where \d+ are free; move the server/],
    ['processors', { vcpu: 500 }, /lacks 500 processors where there are \d+; move the server/],
    ['disk', { diskGib: 999_999 }, /lacks 999989 GiB of disk more where \d+ are free; move the server/],
  ])('touches nothing when the node lacks %s, and says what to do', async (_what, changes, message) => {
    const { server, vmid } = await untouchedServer();
    const config = { ...estate.vmAt(vmid).config };
    const { operation, handle } = await estate.begin(server, 'resize', resizeTo(large, server, changes));
    expect(await paused(estate, operation)).toMatchObject({
      step: 'check',
      errorCode: 'no_capacity',
      errorMessage: expect.stringMatching(message),
    });
    await decide(estate, operation, 'roll_back');
    await handle.result().catch(() => undefined);
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed' });
    expect(estate.vmAt(vmid)).toMatchObject({ config, pending: {} });
  });

  it('does not shrink a disk that has been grown on Proxmox', async () => {
    const { server, vmid } = await untouchedServer();
    const volume = Object.values(estate.simulator.state.volumes).find(
      (one) => one.vmid === vmid && one.size > 2 ** 30,
    );
    if (volume) volume.size = 30 * 2 ** 30;
    estate.vmAt(vmid).config.scsi0 = String(estate.vmAt(vmid).config.scsi0).replace('size=10G', 'size=30G');
    const { operation, handle } = await estate.begin(server, 'resize', resizeTo(large, server));
    expect(await paused(estate, operation)).toMatchObject({
      step: 'check',
      errorCode: 'disk_shrink',
      errorMessage: expect.stringContaining('scsi0 has 30 GiB, more than the 20 GiB of the plan'),
    });
    await decide(estate, operation, 'roll_back');
    await handle.result().catch(() => undefined);
  });

  it('leaves room on the node for what other servers are growing to', async () => {
    const { server } = await estate.runningServer('crowd');
    const { nodeId } = await stored(server);
    const node = await Node.query(estate.database).findById(String(nodeId)).throwIfNotFound();
    const hungry = await requestOperation(
      estate,
      (await estate.runningServer('hungry')).server,
      'resize',
      resizeTo(large, server, { memoryMib: node.memoryMib }),
    );
    await Server.query(estate.database).findById(hungry.serverId).patch({ nodeId });
    const { operation } = await estate.begin(server, 'resize', resizeTo(large, server));
    expect(await paused(estate, operation)).toMatchObject({ step: 'check', errorCode: 'no_capacity' });
    await hungry.$query(estate.database).patch({ status: 'cancelled', finishedAt: new Date() });
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
  });
});

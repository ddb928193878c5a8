import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, paused, settled, untilTask } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { buildImportedServer } from '../tests/builders.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import type { Operation } from '../db/models/operation.ts';

const FIRST_VMID = 301;
const seed = (vmid: number): SeedVm => ({
  vmid,
  node: 'pve1',
  name: `vm-${vmid}`,
  cores: 2,
  memoryMib: 2_048,
  diskGib: 10,
  mac: `BC:24:11:00:03:${vmid % 100}`.replace(/:(\d)$/, ':0$1'),
  isRunning: true,
});
const SEEDS = Array.from({ length: 15 }, (_, index) => seed(FIRST_VMID + index));

describe('moving a server to another node', () => {
  let estate: WorkingEstate;
  let taken = 0;

  beforeAll(async () => {
    estate = await createWorkingEstate({ vms: SEEDS });
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  interface Running {
    server: Server;
    vmid: number;
    from: string;
    to: string;
  }

  /** The next of the VMs on pve1, under a server of that name. */
  async function runningServer(name: string): Promise<Running> {
    const vmid = FIRST_VMID + taken;
    taken += 1;
    const from = 'pve1';
    const node = await Node.query(estate.database).findOne({ name: from }).throwIfNotFound();
    const server = await buildImportedServer(estate.database, {
      name,
      accountId: estate.customer.accountId,
      clusterId: estate.cluster.id,
      nodeId: node.id,
      vmid,
      vmIdentity: { name: seed(vmid).name, uuid: null },
    });
    return { server, vmid, from, to: 'pve2' };
  }

  const migrations = (vmid: number) =>
    estate.simulator.state.tasks.filter(({ type, id }) => type === 'qmigrate' && id === String(vmid));
  const recorded = async ({ id }: Server) => {
    const server = await Server.query(estate.database).findById(id).withGraphFetched('node');
    return { node: server?.node?.name, power: server?.powerState };
  };

  const begin = (server: Server, targetNode: string) => estate.begin(server, 'migrate', { targetNode });
  const move = (server: Server, targetNode: string) =>
    estate.carryOut(server, 'migrate', { targetNode }, 'migrate');

  const messages = ({ events = [] }: Operation) =>
    Object.fromEntries(events.flatMap(({ step, message }) => (message ? [[step, message]] : [])));

  it('moves a running server live, with its disks, and records where it is', async () => {
    const { server, vmid, from, to } = await runningServer('live');
    const pid = estate.vmAt(vmid).guest?.pid;
    const done = await move(server, to);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(messages(done)).toMatchObject({
      check: `from ${from} to ${to}, live; 10 GiB are copied`,
      move: `from ${from} to ${to}`,
      verify: `on ${to}, running`,
    });
    expect([estate.vmAt(vmid).node, estate.vmAt(vmid).guest?.pid]).toEqual([to, pid]);
    expect(await recorded(server)).toEqual({ node: to, power: 'running' });
  });

  it('moves a stopped server and leaves it stopped', async () => {
    const { server, vmid, to } = await runningServer('stopped');
    estate.vmAt(vmid).guest = null;
    expect(await move(server, to)).toMatchObject({ status: 'succeeded' });
    expect([estate.vmAt(vmid).node, estate.vmAt(vmid).guest]).toEqual([to, null]);
    expect(await recorded(server)).toEqual({ node: to, power: 'stopped' });
  });

  it('does nothing to a server that is there already', async () => {
    const { server, vmid, from } = await runningServer('there');
    expect(await move(server, from)).toMatchObject({ status: 'succeeded' });
    expect(migrations(vmid)).toEqual([]);
  });

  it('names all that ties a server to its node, waits, and moves it once that is gone', async () => {
    const { server, vmid, from, to } = await runningServer('tied');
    const image = 'local:iso/rescue.iso';
    const isos = estate.simulator.state.volumes;
    isos[`${from}/${image}`] = {
      ...Object.values(isos).find((volume) => volume.vmid === vmid)!, // it has just been cloned
      volid: image,
      node: from,
      storage: 'local',
      vmid: 0,
      content: 'iso',
      format: 'iso',
      parent: null,
    };
    Object.assign(estate.vmAt(vmid).config, { ide0: `${image},media=cdrom`, hostpci0: '0000:01:00.0' });
    const { operation } = await begin(server, to);
    expect(await paused(estate, operation)).toMatchObject({
      step: 'check',
      errorCode: 'migration_blocked',
      errorMessage: `It cannot move to ${to}: it uses a device of ${from} (hostpci0); the image ${image} in its drive ide0 is on ${from} only`,
    });
    expect(migrations(vmid)).toEqual([]);
    delete estate.vmAt(vmid).config['ide0'];
    delete estate.vmAt(vmid).config['hostpci0'];
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(vmid).node).toBe(to);
  });

  it('says that the node is down, and leaves the server where it is when that is rolled back', async () => {
    const { server, vmid, from, to } = await runningServer('down');
    estate.simulator.faults.add({ action: 'nodeDown', node: to });
    const { operation, handle } = await begin(server, to);
    expect(await paused(estate, operation)).toMatchObject({
      errorCode: 'migration_blocked',
      errorMessage: `It cannot move to ${to}: that node is offline`,
    });
    await decide(estate, operation, 'roll_back');
    const failed = await settled(estate, operation);
    expect(failed).toMatchObject({ status: 'failed', errorCode: 'migration_blocked' });
    expect(messages(failed)['undo']).toBe(`on ${from}, running`);
    expect(estate.vmAt(vmid).node).toBe(from);
    await handle.result().catch(() => undefined);
    await recordHistory('migrate-rolled-back', handle);
  });

  it('does not give a node more memory away than it has, and keeps the room while it moves', async () => {
    const { server, to } = await runningServer('room');
    const node = Node.query(estate.database).findOne({ name: to });
    const { memoryMib } = await node.throwIfNotFound();
    const taken = await Server.query(estate.database)
      .where({ nodeId: (await node)?.id })
      .whereNull('deletedAt');
    const used = taken.reduce((sum, other) => sum + other.memoryMib, 0);
    await Node.query(estate.database)
      .patch({ memoryMib: used + server.memoryMib })
      .where({ name: to });
    estate.simulator.faults.add({ method: 'POST', path: '/migrate$', action: 'slowTask', ms: 1_000 });
    const first = await begin(server, to);
    await untilTask(estate, first.operation, 'move');
    const { server: second } = await runningServer('no-room');
    const other = await begin(second, to);
    expect(await paused(estate, other.operation)).toMatchObject({
      step: 'check',
      errorCode: 'no_capacity',
      errorMessage: `It cannot move to ${to}: its 2048 MiB of memory are more than the 0 MiB left there`,
    });
    expect(await settled(estate, first.operation)).toMatchObject({ status: 'succeeded' });
    await decide(estate, other.operation, 'roll_back');
    expect(await settled(estate, other.operation)).toMatchObject({ status: 'failed' });
    await Node.query(estate.database).patch({ memoryMib }).where({ name: to });
  });

  it.each(['before', 'after'] as const)(
    'migrates once when the answer was lost %s Proxmox began',
    async (when) => {
      const { server, vmid, to } = await runningServer(`lost-${when}`);
      estate.simulator.faults.add({ method: 'POST', path: '/migrate$', when, action: 'drop' });
      expect(await move(server, to)).toMatchObject({ status: 'succeeded' });
      expect(migrations(vmid)).toHaveLength(1);
      expect(estate.vmAt(vmid).node).toBe(to);
    },
  );

  it('stops the migration when it is cancelled, and says where the server is', async () => {
    const { server, vmid, from, to } = await runningServer('cancelled');
    estate.simulator.faults.add({ method: 'POST', path: '/migrate$', action: 'slowTask', ms: 60_000 });
    const { operation, handle } = await begin(server, to);
    await untilTask(estate, operation, 'move');
    await handle.cancel();
    const cancelled = await settled(estate, operation);
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    expect(messages(cancelled)['undo']).toBe(`on ${from}, running`);
    expect(estate.vmAt(vmid)).toMatchObject({ node: from });
    expect(estate.vmAt(vmid).config['lock']).toBeUndefined();
    await handle.result().catch(() => undefined);
    await recordHistory('migrate-cancelled', handle);
  });

  it('needs attention when a migration died and left its lock, and goes on once that is lifted', async () => {
    const { server, vmid, from, to } = await runningServer('cut-short');
    estate.simulator.faults.add({ method: 'POST', path: '/migrate$', action: 'staleLock' });
    const { operation } = await begin(server, to);
    const attention = await paused(estate, operation);
    expect(attention).toMatchObject({ step: 'move', errorCode: 'vm_locked' });
    expect(attention.errorMessage).toContain(`qm unlock ${vmid}`);
    expect(attention.errorMessage).toContain(`it is on ${from}`);
    delete estate.vmAt(vmid).config['lock'];
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(vmid).node).toBe(to);
  });

  it('starts a server again whose guest did not survive the move', async () => {
    const { server, vmid, to } = await runningServer('did-not-survive');
    estate.simulator.faults.add({ method: 'POST', path: '/migrate$', action: 'slowTask', ms: 300 });
    const { operation } = await begin(server, to);
    await until(() => estate.vmAt(vmid).config['lock'] === 'migrate');
    estate.vmAt(vmid).guest = null;
    const done = await settled(estate, operation);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(messages(done)['verify']).toBe(`on ${to}, where it had to be started again`);
    expect(estate.vmAt(vmid).guest).not.toBeNull();
  });
});

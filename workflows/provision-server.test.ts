import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, orderServer, paused, settled, startWorkflow, untilTask } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Secret } from '../db/models/secret.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { isMarked } from '../activities/vm-context.ts';

describe('provisionServer on a simulated cluster', () => {
  let estate: WorkingEstate;

  beforeAll(async () => {
    estate = await createWorkingEstate();
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  const vmsOf = (serverId: string) =>
    Object.values(estate.simulator.state.vms).filter(({ config }) =>
      isMarked({ values: config as Record<string, string>, digest: '' }, serverId),
    );
  const clones = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmclone').length;
  const NOTHING = { vms: 0, vmids: 0, addresses: 0 };
  const leftovers = async (serverId: string) => ({
    vms: vmsOf(serverId).length,
    vmids: await VmidLease.query(estate.database).where({ serverId }).resultSize(),
    addresses: await IpLease.query(estate.database).where({ serverId }).resultSize(),
  });

  it('builds a running VM of the ordered size with its address and marker', async () => {
    const { server, operation } = await orderServer(estate);
    const handle = await startWorkflow(estate.temporal, operation);
    await handle.result();
    const done = await settled(estate, operation);
    expect(done).toMatchObject({ status: 'succeeded', errorMessage: null });
    await recordHistory('provision-succeeded', handle);

    const [vm, ...others] = vmsOf(server.id);
    expect(others).toEqual([]);
    expect(vm?.config).toMatchObject({ name: 'web-1', cores: 2, memory: '2048', tags: 'berth' });
    expect(vm?.config['ipconfig0']).toBe('ip=203.0.113.10/24,gw=203.0.113.1');
    expect(vm?.config['scsi0']).toContain('size=10G');
    expect(vm?.guest).not.toBeNull();
    const stored = await Server.query(estate.database).findById(server.id).throwIfNotFound();
    expect(stored).toMatchObject({ lifecycle: 'active', powerState: 'running' });
  });

  const cloneFails = (message: string) =>
    estate.simulator.faults.add({
      method: 'POST',
      path: '/clone$',
      action: 'failTask',
      message,
      atPercent: 40,
    });
  const NO_SPACE = 'clone failed: unable to create image: No space left on device';

  it('ends failed with the words of Proxmox and leaves nothing behind when the clone fails half-way', async () => {
    const message = "clone failed: volume 'local-lvm:base-9000-disk-0' does not exist";
    cloneFails(message);
    const { server, operation } = await orderServer(estate, 'no-disk');
    const handle = await startWorkflow(estate.temporal, operation);
    await handle.result().catch(() => undefined);
    const done = await settled(estate, operation);
    expect(done).toMatchObject({ status: 'failed', errorCode: 'volume_missing', errorCause: message });
    await recordHistory('provision-clone-failed', handle);
    expect(await leftovers(server.id)).toEqual(NOTHING);
    expect(await Server.query(estate.database).findById(server.id)).toMatchObject({
      lifecycle: 'failed',
      nodeId: null,
    });
  });

  it('waits at the clone while the storage is full, and goes on with the same address when it is resumed', async () => {
    cloneFails(NO_SPACE);
    const { server, operation } = await orderServer(estate, 'full-disk');
    const handle = await startWorkflow(estate.temporal, operation);
    expect(await paused(estate, operation)).toMatchObject({
      step: 'clone',
      errorCode: 'storage_full',
      errorCause: NO_SPACE,
    });
    expect(await leftovers(server.id)).toEqual({ vms: 0, vmids: 1, addresses: 1 });
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded', errorCode: null });
    await recordHistory('provision-resumed', handle);
    expect(await leftovers(server.id)).toEqual({ vms: 1, vmids: 1, addresses: 1 });
  });

  it('is undone with the cause it had when it is rolled back instead', async () => {
    cloneFails(NO_SPACE);
    const { server, operation } = await orderServer(estate, 'rolled-back');
    await startWorkflow(estate.temporal, operation);
    await paused(estate, operation);
    await decide(estate, operation, 'roll_back');
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed', errorCode: 'storage_full' });
    expect(await leftovers(server.id)).toEqual(NOTHING);
  });

  it('leaves nothing behind when it is cancelled while it waits for a decision', async () => {
    cloneFails(NO_SPACE);
    const { server, operation } = await orderServer(estate, 'given-up');
    const handle = await startWorkflow(estate.temporal, operation);
    await paused(estate, operation);
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled', errorCode: 'cancelled' });
    expect(await leftovers(server.id)).toEqual(NOTHING);
    expect(await Server.query(estate.database).findById(server.id)).toMatchObject({ lifecycle: 'cancelled' });
  });

  it('adopts the clone whose answer was lost instead of making a second one', async () => {
    const before = clones();
    estate.simulator.faults.add({ method: 'POST', path: '/clone$', when: 'after', action: 'drop' });
    const { server, operation } = await orderServer(estate, 'lost-answer');
    await startWorkflow(estate.temporal, operation);
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(vmsOf(server.id)).toHaveLength(1);
    expect(clones() - before).toBe(1);
  });

  it('clones again when the request was lost before it took effect', async () => {
    estate.simulator.faults.add({ method: 'POST', path: '/clone$', when: 'before', action: 'drop' });
    const { server, operation } = await orderServer(estate, 'lost-request');
    await startWorkflow(estate.temporal, operation);
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(vmsOf(server.id)).toHaveLength(1);
  });

  it.each(['config$', '/resize$', '/status/start$'])('gets over a lost answer to %s', async (path) => {
    estate.simulator.faults.add({ path, when: 'after', action: 'drop', count: 1 });
    const { server, operation } = await orderServer(estate, 'lost-later');
    await startWorkflow(estate.temporal, operation);
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(vmsOf(server.id)).toHaveLength(1);
  });

  it('waits while no node has room, and is built once one has', async () => {
    const { server, operation } = await orderServer(estate, 'too-big');
    await server.$query(estate.database).patch({ memoryMib: 10_000_000 });
    await startWorkflow(estate.temporal, operation);
    expect(await paused(estate, operation)).toMatchObject({ step: 'place', errorCode: 'no_capacity' });
    await server.$query(estate.database).patch({ memoryMib: 1024 });
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
  });

  it('never touches a foreign VM that took the leased id', async () => {
    const { server, operation } = await orderServer(estate, 'thief');
    const vmid = 123_456;
    await VmidLease.query(estate.database).insert({
      clusterId: estate.cluster.id,
      vmid,
      serverId: server.id,
    });
    const { proxmox } = await estate.deps.clusters.of(estate.cluster.id);
    const foreign = {
      node: 'pve1',
      vmid: 9000,
      newid: vmid,
      name: 'foreign',
      description: 'not ours',
      full: false,
    };
    const upid = await proxmox.cloneVm(foreign);
    const { tasks } = await estate.deps.clusters.of(estate.cluster.id);
    await tasks.wait(upid);
    await startWorkflow(estate.temporal, operation);
    expect(await settled(estate, operation)).toMatchObject({ status: 'failed', errorCode: 'vm_not_ours' });
    expect(estate.simulator.state.vms[vmid]?.config['name']).toBe('foreign');
  });

  it('undoes everything when it is cancelled in the middle of the clone', async () => {
    estate.simulator.faults.add({
      method: 'POST',
      path: '/clone$',
      action: 'slowTask',
      ms: 60_000,
    });
    const { server, operation } = await orderServer(estate, 'cancelled');
    const handle = await startWorkflow(estate.temporal, operation);
    await untilTask(estate, operation, 'clone');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled', errorCode: 'cancelled' });
    await handle.result().catch(() => undefined);
    await recordHistory('provision-cancelled', handle);
    expect(await leftovers(server.id)).toEqual(NOTHING);
  });

  it('does nothing when it is started for an operation that is over', async () => {
    const { server, operation } = await orderServer(estate, 'twice');
    await (await startWorkflow(estate.temporal, operation)).result();
    const calls = estate.simulator.calls.length;
    await (await startWorkflow(estate.temporal, operation)).result();
    expect(estate.simulator.calls.slice(calls).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(vmsOf(server.id)).toHaveLength(1);
  });

  it('shows operations staff what it does, and no secret', async () => {
    const { server, operation } = await orderServer(estate, 'readable');
    const sealed = {
      purpose: 'server-password',
      ...estate.deps.secretBox.seal('hunter2-hunter2', 'server-password'),
    };
    const secret = await Secret.query(estate.database).insertAndFetch(sealed);
    await server.$query(estate.database).patch({ passwordSecretId: secret.id });
    const handle = await startWorkflow(estate.temporal, operation);
    await handle.result();
    const history = historyToJSON(await handle.fetchHistory());
    const summaries = [
      ...history.matchAll(/"summary":\s*\{\s*"metadata":\s*\{[^}]*\},\s*"data":\s*"([^"]+)"/g),
    ].map(([, data = '']) => Buffer.from(data, 'base64').toString());
    expect(summaries.join('\n')).toMatch(/clone debian-12 \(9\d+\) to VM \d+ on pve\d/);
    expect(Buffer.from(history).toString()).not.toContain('hunter2');
    expect(history).not.toContain(Buffer.from('hunter2-hunter2').toString('base64'));
    expect(vmsOf(server.id)[0]?.config['cipassword']).toMatch(/^\$5\$/);
    expect(await Secret.query(estate.database).findById(secret.id)).toBeUndefined();
  });
});

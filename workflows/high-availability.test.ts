import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImportedServer } from '../tests/builders.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import type { OperationParams } from '../db/models/operation.ts';
import type { OperationType } from '../contract/operation-table.ts';
import { createTestClient, type TestClient } from '../testbed/proxmox/test-client.ts';

const VMID = 501;

describe('a server whose VM high availability looks after', () => {
  let estate: WorkingEstate;
  let client: TestClient;
  let server: Server;

  beforeAll(async () => {
    const seed = {
      vmid: VMID,
      node: 'pve1',
      name: 'managed',
      cores: 2,
      memoryMib: 2_048,
      diskGib: 10,
      mac: 'BC:24:11:00:05:01',
      isRunning: true,
    };
    estate = await createWorkingEstate({ vms: [seed] });
    client = createTestClient(estate.simulator);
    await client.call('POST', '/cluster/ha/resources', { sid: `vm:${VMID}` });
    const node = await Node.query(estate.database).findOne({ name: 'pve1' }).throwIfNotFound();
    server = await buildImportedServer(estate.database, {
      accountId: estate.customer.accountId,
      clusterId: estate.cluster.id,
      nodeId: node.id,
      vmid: VMID,
      vmIdentity: { name: 'managed', uuid: null },
    });
  });
  afterAll(async () => {
    await client.close();
    await estate.close();
  });

  const vm = () => estate.simulator.state.vms[VMID];
  const resource = () => estate.simulator.state.haResources?.find(({ sid }) => sid === `vm:${VMID}`);

  const carryOut = (type: OperationType, params?: OperationParams) => estate.carryOut(server, type, params);

  it('is stopped, started and shut down, and an operation ends only when that is so', async () => {
    expect(await carryOut('stop')).toMatchObject({ status: 'succeeded' });
    expect([vm()?.guest, resource()?.state]).toEqual([null, 'stopped']);
    expect(await carryOut('start')).toMatchObject({ status: 'succeeded' });
    expect([vm()?.guest === null, resource()?.state]).toEqual([false, 'started']);
    const { status, events = [] } = await carryOut('shutdown', { timeoutSeconds: 5 });
    expect(status).toBe('succeeded');
    expect(events.map(({ message }) => message)).toContain(
      'stopped by high availability, which waits 5 s and then powers off',
    );
    expect(vm()?.guest).toBeNull();
    await carryOut('start');
  });

  describe('while the manager takes its time', () => {
    beforeAll(() => {
      estate.simulator.clock.speed = 0.05;
    });
    afterAll(() => {
      estate.simulator.clock.speed = 0;
    });

    it('is started after it has been stopped as it was told to be a moment ago', async () => {
      await client.call('POST', `/nodes/${vm()?.node}/qemu/${VMID}/status/stop`);
      expect(vm()?.guest).not.toBeNull();
      expect(await carryOut('start')).toMatchObject({ status: 'succeeded' });
      expect([vm()?.guest === null, resource()?.service?.state]).toEqual([false, 'started']);
    });

    it('is stopped after it has been started as it was told to be a moment ago', async () => {
      await carryOut('stop');
      await client.call('POST', `/nodes/${vm()?.node}/qemu/${VMID}/status/start`);
      expect(vm()?.guest).toBeNull();
      expect(await carryOut('stop')).toMatchObject({ status: 'succeeded' });
      expect([vm()?.guest, resource()?.service?.state]).toEqual([null, 'stopped']);
      await carryOut('start');
    });

    it('is restarted into the rescue system and out of it', async () => {
      const isRescued = () => JSON.stringify(vm()?.guest?.config).includes('rescue.iso');
      expect(await carryOut('rescue')).toMatchObject({ status: 'succeeded' });
      expect([isRescued(), resource()?.service?.state]).toEqual([true, 'started']);
      expect(await carryOut('leave_rescue')).toMatchObject({ status: 'succeeded' });
      expect([isRescued(), resource()?.service?.state]).toEqual([false, 'started']);
      expect(vm()?.guest).not.toBeNull();
    });
  });

  it('is moved by high availability, which is waited for', async () => {
    const done = await carryOut('migrate', { targetNode: 'pve2' });
    expect(done).toMatchObject({ status: 'succeeded', errorMessage: null });
    expect(vm()).toMatchObject({ node: 'pve2' });
    const stored = await Server.query(estate.database).findById(server.id).withGraphFetched('node');
    expect(stored?.node?.name).toBe('pve2');
  });

  it('fails to start with what high availability says once that has given up', async () => {
    await carryOut('stop');
    const former = String(vm()?.config['net0']);
    if (vm()) Object.assign(vm()?.config ?? {}, { net0: 'virtio,bridge=nowhere' });
    expect(await carryOut('start')).toMatchObject({ status: 'failed', errorCode: 'ha_refused' });
    Object.assign(vm()?.config ?? {}, { net0: former });
    const found = resource();
    if (found) Object.assign(found, { state: 'stopped', service: { state: 'stopped', failures: 0 } });
  });

  it('is deleted together with its entry in high availability', async () => {
    await carryOut('start');
    expect(await carryOut('terminate')).toMatchObject({ status: 'succeeded' });
    await until(() => vm() === undefined);
    expect(resource()).toBeUndefined();
  });
});

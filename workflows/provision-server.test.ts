import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { orderServer, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import {
  connectTemporal,
  createEstate,
  startWorkers,
  type Estate,
  type TestTemporal,
} from '../tests/stack.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { isMarked } from '../activities/vm-context.ts';

describe('provisionServer on a simulated cluster', () => {
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

  const vmsOf = (serverId: string) =>
    Object.values(estate.simulator.state.vms).filter(({ config }) =>
      isMarked({ values: config as Record<string, string>, digest: '' }, serverId),
    );
  const leftovers = async (serverId: string) => ({
    vms: vmsOf(serverId).length,
    vmids: await VmidLease.query(estate.database).where({ serverId }).resultSize(),
    addresses: await IpLease.query(estate.database).where({ serverId }).resultSize(),
  });

  it('builds a running VM of the ordered size with its address and marker', async () => {
    const { server, operation } = await orderServer(estate);
    await startWorkflow(temporal, operation);
    const done = await settled(estate, operation);
    expect(done).toMatchObject({ status: 'succeeded', errorMessage: null });

    const [vm, ...others] = vmsOf(server.id);
    expect(others).toEqual([]);
    expect(vm?.config).toMatchObject({ name: 'web-1', cores: 2, memory: '2048', tags: 'berth' });
    expect(vm?.config['ipconfig0']).toBe('ip=203.0.113.10/24,gw=203.0.113.1');
    expect(vm?.config['scsi0']).toContain('size=10G');
    expect(vm?.guest).not.toBeNull();
    const stored = await Server.query(estate.database).findById(server.id).throwIfNotFound();
    expect(stored).toMatchObject({ lifecycle: 'active', powerState: 'running' });
  });
});

import type { WorkflowHandle } from '@temporalio/client';
import { orderServer, requestOperation, settled, startWorkflow } from './order.ts';
import { recordHistory } from './record-history.ts';
import { connectTemporal, createEstate, startWorkers, type Estate, type TestTemporal } from './stack.ts';
import type { Operation, OperationParams } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { OperationType } from '../contract/operation-table.ts';

/** An estate with the product's own workers, which carry out what is done to its servers. */
export interface WorkingEstate extends Estate {
  temporal: TestTemporal;
  /** A server that has been ordered and built. */
  runningServer(name: string): Promise<{ server: Server; vmid: number }>;
  /** Requests an operation and starts its workflow. */
  begin(
    server: Server,
    type: OperationType,
    params?: OperationParams,
  ): Promise<{ operation: Operation; handle: WorkflowHandle }>;
  /** Carries an operation out to whatever end it has; `recordAs` names its history for the replay test. */
  carryOut(
    server: Server,
    type: OperationType,
    params?: OperationParams,
    recordAs?: string,
  ): Promise<Operation>;
  /** Stops the workers in the middle of what they do, and starts others. */
  replaceWorkers(meanwhile?: () => Promise<unknown>): Promise<void>;
}

interface WorkingEstateOptions extends NonNullable<Parameters<typeof createEstate>[0]> {
  /** How many there are. */
  workers?: number;
}

export async function createWorkingEstate({
  workers: count = 1,
  ...options
}: WorkingEstateOptions = {}): Promise<WorkingEstate> {
  const [estate, temporal] = await Promise.all([createEstate(options), connectTemporal()]);
  const startAll = () =>
    Promise.all(Array.from({ length: count }, () => startWorkers(estate.deps, temporal.queuePrefix)));
  let workers = await startAll();
  const stopAll = () => Promise.all(workers.map((worker) => worker.stop()));
  const begin: WorkingEstate['begin'] = async (server, type, params) => {
    const operation = await requestOperation(estate, server, type, params);
    return { operation, handle: await startWorkflow(temporal, operation) };
  };
  return {
    ...estate,
    temporal,
    begin,
    async runningServer(name) {
      const { server, operation } = await orderServer(estate, name);
      await (await startWorkflow(temporal, operation)).result();
      const lease = await VmidLease.query(estate.database).findOne({ serverId: server.id }).throwIfNotFound();
      return { server: await server.$query(estate.database), vmid: lease.vmid };
    },
    async carryOut(server, type, params, recordAs) {
      const { operation, handle } = await begin(server, type, params);
      await handle.result().catch(() => undefined);
      if (recordAs) await recordHistory(recordAs, handle);
      return settled(estate, operation);
    },
    async replaceWorkers(meanwhile) {
      await stopAll();
      await meanwhile?.();
      workers = await startAll();
    },
    async close() {
      await stopAll();
      await temporal.close();
      await estate.close();
    },
  };
}

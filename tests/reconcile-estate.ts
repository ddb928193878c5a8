import bunyan from 'bunyan';
import { expect } from 'vitest';
import { startTestApi } from './api.ts';
import { buildUser } from './builders.ts';
import { orderServer, startWorkflow } from './order.ts';
import { connectTemporal, createEstate, startWorkers, type Estate, type TestTemporal } from './stack.ts';
import { until } from './until.ts';
import { syncSchedules } from '../activities/schedule-reconciles.ts';
import { startSweeper } from '../api/sweeper.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Orphan } from '../db/models/orphan.ts';
import { ReconcileRun } from '../db/models/reconcile-run.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { Vm } from '../testbed/proxmox/cluster-state.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import type { Drift, Orphan as OrphanView } from '../contract/reconcile.ts';
import { reconcileScheduleId } from '../contract/temporal.ts';

/** An estate with two workers, the API with its sweeper and an administrator: all of a comparison but the waiting. */
export interface ReconcileEstate extends Estate {
  temporal: TestTemporal;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  drift(query?: string): Promise<Drift[]>;
  orphans(query?: string): Promise<OrphanView[]>;
  vmOf(vmid: number): Vm;
  /** Has the cluster compared now, by its Schedule, and answers how that ended. */
  reconcile(): Promise<ReconcileRun>;
  runningServer(name: string): Promise<{ server: Server; vmid: number }>;
  /** Leaves a VM without its server. */
  lose(server: Server): Promise<void>;
  /** Stops the workers in the middle of what they do, and starts others. */
  replaceWorkers(): Promise<void>;
  /** The orphan, once what was asked for it has ended. */
  ended(id: string): Promise<OrphanView>;
}

export async function createReconcileEstate(vms: SeedVm[] = []): Promise<ReconcileEstate> {
  const [estate, temporal] = await Promise.all([createEstate({ vms }), connectTemporal()]);
  const { deps, database, cluster } = estate;
  const { client, queuePrefix } = temporal;
  // Two, as in production: what one does the other must not do again.
  const startBoth = async () =>
    Promise.all([startWorkers(deps, queuePrefix), startWorkers(deps, queuePrefix)]);
  let workers = await startBoth();
  const api = await startTestApi({ database, temporal: client, queuePrefix });
  const log = bunyan.createLogger({ name: 'api', level: 'fatal' });
  const times = { everyMs: 100, pendingForMs: 100, lostEveryMs: 600_000, pruneEveryMs: 600_000 };
  const sweeper = startSweeper({ database, temporal: client, log, queuePrefix }, times);
  const token = await api.logIn(await buildUser(database, { role: 'admin' }));
  await Promise.all([1, 2].map(() => syncSchedules({ client, database, queuePrefix })));

  const call: ReconcileEstate['call'] = async (method, path, body) =>
    api.call(method, path, { token, ...(body === undefined ? {} : { body }) });
  const latestRun = async () => ReconcileRun.query(database).findById(cluster.id);
  return {
    ...estate,
    temporal,
    call,
    drift: async (query = '') => (await call('GET', `/admin/drift${query}`)).body.items,
    orphans: async (query = '') => (await call('GET', `/admin/orphans${query}`)).body.items,
    vmOf(vmid) {
      const vm = estate.simulator.state.vms[vmid];
      if (!vm) throw new Error(`the simulator has no VM ${vmid}`);
      return vm;
    },
    async reconcile() {
      const before = (await latestRun())?.runId;
      expect((await call('POST', `/admin/clusters/${cluster.id}/reconcile`)).status).toBe(202);
      let run: ReconcileRun | undefined;
      await until(async () => {
        run = await latestRun();
        return run !== undefined && run.runId !== before && run.status !== 'running';
      });
      if (!run) throw new Error('there was no run');
      return run;
    },
    async runningServer(name) {
      const { server, operation } = await orderServer(estate, name);
      await (await startWorkflow(temporal, operation)).result();
      const lease = VmidLease.query(database).findOne({ serverId: server.id }).throwIfNotFound();
      const stored = Server.query(database).findById(server.id).throwIfNotFound();
      return { server: await stored, vmid: (await lease).vmid };
    },
    async lose({ id: serverId }) {
      await VmidLease.query(database).delete().where({ serverId });
      await IpLease.query(database).delete().where({ serverId });
      const deleted = { lifecycle: 'deleted', deletedAt: new Date() } as const;
      await Server.query(database).findById(serverId).patch(deleted);
    },
    async replaceWorkers() {
      await Promise.all(workers.map(async (worker) => worker.stop()));
      workers = await startBoth();
    },
    async ended(id) {
      const find = async () => Orphan.query(database).findById(id).throwIfNotFound();
      await until(async () => (await find()).request === null);
      const { state, goneAt } = await find();
      const listed = (await call('GET', `/admin/orphans?state=${state}&gone=${goneAt !== null}`)).body.items;
      const found = (listed as OrphanView[]).find((one) => one.id === id);
      if (!found) throw new Error(`orphan ${id} is not listed`);
      return found;
    },
    async close() {
      await client.schedule.getHandle(reconcileScheduleId(cluster.id, queuePrefix)).delete();
      await sweeper.stop();
      await api.close();
      await Promise.all(workers.map(async (worker) => worker.stop()));
      await temporal.close();
      await estate.close();
    },
  };
}

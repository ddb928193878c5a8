import bunyan from 'bunyan';
import { expect } from 'vitest';
import { startTestApi, type TestApi } from './api.ts';
import { buildUser } from './builders.ts';
import { until } from './until.ts';
import { createWorkingEstate, type WorkingEstate } from './working-estate.ts';
import { syncSchedules } from '../activities/schedule-reconciles.ts';
import { startSweeper } from '../api/sweeper.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Orphan } from '../db/models/orphan.ts';
import { ReconcileRun } from '../db/models/reconcile-run.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import type { Drift, Orphan as OrphanView } from '../contract/reconcile.ts';
import { reconcileScheduleId } from '../contract/temporal.ts';

/** An estate with two workers, the API with its sweeper and an administrator: all of a comparison but the waiting. */
export interface ReconcileEstate extends WorkingEstate {
  /** As an administrator. */
  call: TestApi['call'];
  drift(query?: string): Promise<Drift[]>;
  orphans(query?: string): Promise<OrphanView[]>;
  /** Has the cluster compared now, by its Schedule, and answers how that ended. */
  reconcile(): Promise<ReconcileRun>;
  /** Leaves a VM without its server. */
  lose(server: Server): Promise<void>;
  /** The orphan, once what was asked for it has ended. */
  ended(id: string): Promise<OrphanView>;
}

export async function createReconcileEstate(vms: SeedVm[] = []): Promise<ReconcileEstate> {
  // Two, as in production: what one does the other must not do again.
  const estate = await createWorkingEstate({ vms, workers: 2 });
  const { database, cluster } = estate;
  const { client, queuePrefix } = estate.temporal;
  const api = await startTestApi({ database, temporal: client, queuePrefix });
  const log = bunyan.createLogger({ name: 'api', level: 'fatal' });
  const times = { everyMs: 100, pendingForMs: 100, lostEveryMs: 600_000, pruneEveryMs: 600_000 };
  const sweeper = startSweeper({ database, temporal: client, log, queuePrefix }, times);
  const token = await api.logIn(await buildUser(database, { role: 'admin' }));
  await Promise.all([1, 2].map(() => syncSchedules({ client, database, queuePrefix })));

  const call: ReconcileEstate['call'] = async (method, path, options) =>
    api.call(method, path, { token, ...options });
  const latestRun = async () => ReconcileRun.query(database).findById(cluster.id);
  return {
    ...estate,
    call,
    drift: async (query = '') => (await call('GET', `/admin/drift${query}`)).body.items,
    orphans: async (query = '') => (await call('GET', `/admin/orphans${query}`)).body.items,
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
    async lose({ id: serverId }) {
      await VmidLease.query(database).delete().where({ serverId });
      await IpLease.query(database).delete().where({ serverId });
      const deleted = { lifecycle: 'deleted', deletedAt: new Date() } as const;
      await Server.query(database).findById(serverId).patch(deleted);
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
      await estate.close();
    },
  };
}

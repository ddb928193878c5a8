import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { serverAfter } from '../tests/activity.ts';
import { findLeaks } from '../tests/oracle.ts';
import { orderServer, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { connectTemporal, createEstate, type Estate, type TestTemporal } from '../tests/stack.ts';
import { until } from '../tests/until.ts';
import { workerService } from '../testbed/berth-services.ts';
import { startService, type RunningService } from '../testbed/service.ts';
import { queryRows } from '../db/query-rows.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Operation } from '../db/models/operation.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Server } from '../db/models/server.ts';

const TWO_HOURS_MS = 2 * 3_600_000;

describe.each([
  { when: 'is two hours slow', clockMs: -TWO_HOURS_MS },
  { when: 'is two hours fast', clockMs: TWO_HOURS_MS },
])('a worker whose clock $when, and jumps as far to the other side', { timeout: 120_000 }, ({ clockMs }) => {
  let estate: Estate;
  let temporal: TestTemporal;
  let worker: RunningService;

  beforeAll(async () => {
    [estate, temporal] = await Promise.all([createEstate({ nodes: 1 }), connectTemporal()]);
    worker = await startWrongWorker();
  });
  afterAll(async () => {
    await worker.stop();
    await temporal.close();
    await estate.close();
  });
  afterEach(() => estate.simulator.faults.clear());

  function startWrongWorker(): Promise<RunningService> {
    const started = Promise.withResolvers<void>();
    const env = {
      DATABASE_URL: estate.databaseUrl,
      BERTH_SECRETS_KEY: estate.secretsKey.toString('base64'),
      BERTH_QUEUE_PREFIX: temporal.queuePrefix,
      BERTH_WORKFLOW_BUNDLE: inject('workflowBundle'),
      BERTH_WORKER_PORT: '0',
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      BERTH_TEST_CLOCK_MS: String(clockMs),
      NODE_OPTIONS: `--import=${new URL('../tests/wrong-clock.ts', import.meta.url).href}`,
    };
    const onLine = (line: string) => {
      if (line.includes('worker started')) started.resolve();
    };
    const root = new URL('..', import.meta.url).pathname;
    const spec = workerService('', { root, logFile: '/dev/null', env, onLine });
    return startService({ ...spec, ready: () => started.promise });
  }

  const jump = () => process.kill(worker.pid, 'SIGUSR2');
  const isUnderWay =
    ({ id: operationId }: Operation, step: string) =>
    async () =>
      (await OperationTask.query(estate.database).findOne({ operationId, step })) !== undefined;
  const clones = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmclone');

  /** How long ago, by PostgreSQL's clock, the server was last looked at. */
  async function observed({ id }: Server): Promise<{ power: string; ageS: number }> {
    const [row] = await queryRows<{ power: string; ageS: number }>(
      estate.database,
      `select power_state as power, extract(epoch from clock_timestamp() - power_observed_at)::float8 as "ageS"
       from servers where id = ?`,
      [id],
    );
    if (!row) throw new Error(`no server ${id}`);
    return row;
  }

  /** A running server that no operation is at work on. */
  async function running(name: string) {
    const { server, operation, vmid, node } = await serverAfter(estate, 'start', name);
    await operation.$query(estate.database).patch({ status: 'succeeded', finishedAt: new Date() });
    await server.$query(estate.database).patch({ lifecycle: 'active' });
    return { server, vmid, node };
  }

  it('builds a server, and finds the copy again whose answer was lost', async () => {
    const { server, operation } = await orderServer(estate, 'late');
    estate.simulator.faults.add({ path: '/clone$', action: 'slowTask', ms: 4_000 });
    estate.simulator.faults.add({ path: '/clone$', when: 'after', action: 'drop' });
    await startWorkflow(temporal, operation);
    await until(() => clones().length === 1);
    jump();
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(clones()).toHaveLength(1);
    expect(await observed(server)).toMatchObject({ power: 'running' });
  });

  it('sees what a power action did, and goes on looking', async () => {
    const { server, vmid, node } = await running('watched');
    const stop = await requestOperation(estate, server, 'stop');
    estate.simulator.faults.add({ path: '/status/stop$', action: 'slowTask', ms: 500 });
    await startWorkflow(temporal, stop);
    await until(isUnderWay(stop, 'stop'));
    jump();
    expect(await settled(estate, stop)).toMatchObject({ status: 'succeeded' });
    const after = await observed(server);
    expect(after.power).toBe('stopped');
    expect(after.ageS).toBeGreaterThanOrEqual(0);
    // Somebody starts it behind Berth's back: the watcher tells, and dates it rightly.
    const { proxmox, tasks } = await estate.deps.clusters.of(estate.cluster.id);
    await tasks.wait(await proxmox.start(node, vmid));
    await until(async () => (await observed(server)).power === 'running');
    const seen = await observed(server);
    expect(seen.ageS).toBeGreaterThanOrEqual(0);
    expect(seen.ageS).toBeLessThan(30);
  });

  it('neither loses the slot it has nor takes one that another has', async () => {
    await Cluster.query(estate.database).patch({ copiesPerStorage: 1 });
    estate.simulator.faults.add({ path: '/clone$', action: 'slowTask', ms: 2_000, count: 2 });
    const before = clones().length;
    const orders = [await orderServer(estate, 'first'), await orderServer(estate, 'second')];
    for (const { operation } of orders) await startWorkflow(temporal, operation);
    await until(() => clones().length > before);
    jump();
    for (const { operation } of orders)
      expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    const [one, other] = clones().slice(before);
    expect(other?.starttime).toBeGreaterThanOrEqual(one?.endtime ?? Infinity);
  });

  it('keeps a deleted server for as long as was promised, and no longer', async () => {
    const { server } = await running('mistake');
    const graceMs = 3_000;
    const destroyAfter = new Date(Date.now() + graceMs).toISOString();
    const params = { previousLifecycle: 'active' as const, destroyAfter };
    const deletion = await requestOperation(estate, server, 'terminate', params);
    await startWorkflow(temporal, deletion);
    await until(async () => (await Operation.query(estate.database).findById(deletion.id))?.step === 'grace');
    jump();
    const { status, events = [] } = await settled(estate, deletion);
    expect(status).toBe('succeeded');
    const erased = events.find(({ step }) => step === 'destroy');
    const keptMs = (erased?.at.getTime() ?? 0) - Date.parse(destroyAfter);
    expect(keptMs).toBeGreaterThanOrEqual(0);
    expect(keptMs).toBeLessThan(20_000);
  });

  it('leaves nothing behind', async () => {
    expect(await findLeaks(estate)).toEqual([]);
  });
});

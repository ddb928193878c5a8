import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflows } from './bundle.ts';
import { findLeaks } from '../tests/oracle.ts';
import { orderServer, settled, startWorkflow } from '../tests/order.ts';
import {
  connectTemporal,
  createEstate,
  startWorkers,
  type Estate,
  type TestTemporal,
} from '../tests/stack.ts';
import { until } from '../tests/until.ts';
import { createClusterAccess } from '../activities/cluster-access.ts';
import type { Operation } from '../db/models/operation.ts';
import { OperationTask } from '../db/models/operation-task.ts';

interface Version {
  bundle: string;
}
interface Worker {
  stop(): Promise<void>;
}

describe('a worker that is replaced in mid-operation', { timeout: 120_000 }, () => {
  let estate: Estate;
  let temporal: TestTemporal;
  let folder: string;
  let present: Version;
  let patched: Version;
  let unmarked: Version;
  let running: Worker[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-versions-'));
    const later = async (name: string) => ({
      bundle: await bundleWorkflows(
        join(folder, `${name}.js`),
        new URL(`../tests/later-version/${name}.ts`, import.meta.url),
      ),
    });
    present = { bundle: inject('workflowBundle') };
    // Bundling keeps the process busy: who connects meanwhile may be too late.
    [patched, unmarked] = [await later('patched'), await later('unmarked')];
    [estate, temporal] = await Promise.all([createEstate(), connectTemporal()]);
  }, 240_000);
  afterAll(async () => {
    await temporal.close();
    await estate.close();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    estate.simulator.faults.clear();
    for (const worker of running) await worker.stop();
    running = [];
  });

  /** A worker of that version, with connections of its own. */
  async function start({ bundle }: Version): Promise<Worker> {
    const { database, secretBox } = estate.deps;
    const clusters = createClusterAccess({ database, secretBox, taskPollMs: 25 });
    const options = { workflowBundle: bundle };
    const workers = await startWorkers({ ...estate.deps, clusters }, temporal.queuePrefix, options);
    const worker = {
      async stop() {
        running = running.filter((one) => one !== worker);
        await workers.stop();
        await clusters.close();
      },
    };
    running.push(worker);
    return worker;
  }

  const isUnderWay = async ({ id: operationId }: Operation, step: string) =>
    (await OperationTask.query(estate.database).findOne({ operationId, step })) !== undefined;
  const clones = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmclone').length;

  /** An order that a worker of this version has taken up to its task of that step, which takes two seconds, when it goes. */
  async function leftAt(step: 'clone' | 'start', version: Version, name: string) {
    const worker = await start(version);
    const path = { clone: '/clone$', start: '/status/start$' }[step];
    estate.simulator.faults.add({ path, action: 'slowTask', ms: 2_000 });
    const { server, operation } = await orderServer(estate, name);
    const handle = await startWorkflow(temporal, operation);
    await until(() => isUnderWay(operation, step));
    await worker.stop();
    return { server, operation, handle };
  }

  const eventsOf = async (handle: WorkflowHandle) => (await handle.fetchHistory()).events ?? [];
  const configurations = async (handle: WorkflowHandle) =>
    (await eventsOf(handle)).filter(
      ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name === 'configureVm',
    ).length;
  const isRefused = async (handle: WorkflowHandle) =>
    (await eventsOf(handle)).some(({ workflowTaskFailedEventAttributes: failed }) =>
      /TMPRL1100|ondeterminis/.test(failed?.failure?.message ?? ''),
    );

  it('is gone on from by a later version, the new way where that is still to come', async () => {
    const before = clones();
    const { operation, handle } = await leftAt('clone', present, 'to-come');
    await start(patched);
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(await configurations(handle)).toBe(2);
    expect(clones()).toBe(before + 1);
  });

  it('is gone on from by a later version, the old way where that has been begun', async () => {
    const { operation, handle } = await leftAt('start', present, 'begun');
    await start(patched);
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(await configurations(handle)).toBe(1);
  });

  it('is waited for when only an earlier version is left, and goes on beside it', async () => {
    const { operation, handle } = await leftAt('start', patched, 'ahead');
    await start(present);
    await until(() => isRefused(handle));
    expect(await operation.$query(estate.database)).toMatchObject({ status: 'running' });
    await start(patched);
    expect(await settled(estate, operation, 90_000)).toMatchObject({ status: 'succeeded' });
  });

  it('stands still under a version whose change is not marked, and goes on when that is taken back', async () => {
    const { operation, handle } = await leftAt('start', present, 'mistaken');
    const mistake = await start(unmarked);
    await until(() => isRefused(handle));
    expect(await operation.$query(estate.database)).toMatchObject({ status: 'running' });
    await mistake.stop();
    await start(present);
    expect(await settled(estate, operation, 90_000)).toMatchObject({ status: 'succeeded' });
  });

  it('leaves nothing behind', async () => {
    expect(await findLeaks(estate)).toEqual([]);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, orderServer, paused, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { findLeaks } from '../tests/oracle.ts';
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

describe('with two workers', () => {
  let estate: Estate;
  let temporal: TestTemporal;
  beforeAll(async () => {
    [estate, temporal] = await Promise.all([createEstate(), connectTemporal()]);
  });
  afterAll(async () => {
    await temporal.close();
    await estate.close();
  });
  afterEach(() => estate.simulator.faults.clear());

  /** Another worker process as far as Proxmox and Temporal can tell: with connections of its own. */
  async function startAnother() {
    const { database, secretBox } = estate.deps;
    const clusters = createClusterAccess({ database, secretBox, taskPollMs: 25 });
    const workers = await startWorkers({ ...estate.deps, clusters }, temporal.queuePrefix);
    return {
      async stop() {
        await workers.stop();
        await clusters.close();
      },
    };
  }

  const clones = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmclone').length;

  it('each order is carried out once, also those under way when one of the two goes', async () => {
    const [first, second] = await Promise.all([startAnother(), startAnother()]);
    estate.simulator.faults.add({ path: '/clone$', action: 'slowTask', ms: 500, count: 8 });
    const orders: Operation[] = [];
    for (let index = 0; index < 8; index += 1)
      orders.push((await orderServer(estate, `pair-${index}`)).operation);
    for (const order of orders) await startWorkflow(temporal, order);
    await until(
      async () => (await OperationTask.query(estate.database).where({ step: 'clone' }).resultSize()) > 0,
    );
    await first.stop();
    for (const order of orders) expect(await settled(estate, order)).toMatchObject({ status: 'succeeded' });
    await second.stop();
    expect(clones()).toBe(8);
    expect(await findLeaks(estate)).toEqual([]);
  });

  it('an operation that waits for a decision is resumed by a worker that never saw it', async () => {
    const first = await startAnother();
    const { server, operation } = await orderServer(estate, 'heirloom');
    await (await startWorkflow(temporal, operation)).result();
    estate.simulator.faults.add({ method: 'DELETE', path: '/qemu/', action: 'failTask', message: 'no luck' });
    const deletion = await requestOperation(estate, server, 'terminate');
    await startWorkflow(temporal, deletion);
    await paused(estate, deletion);
    await first.stop();
    estate.simulator.faults.clear();
    const second = await startAnother();
    await decide({ ...estate, temporal }, deletion, 'resume');
    expect(await settled(estate, deletion)).toMatchObject({ status: 'succeeded' });
    await second.stop();
  });
});

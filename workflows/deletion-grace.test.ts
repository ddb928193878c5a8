import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverAfter } from '../tests/activity.ts';
import { requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Operation } from '../db/models/operation.ts';
import { OperationEvent } from '../db/models/operation-event.ts';
import { Server } from '../db/models/server.ts';

let estate: WorkingEstate;
beforeAll(async () => {
  estate = await createWorkingEstate();
});
afterAll(() => estate.close());

const HOUR_MS = 3_600_000;

/** A running server whose deletion is under way, with nothing erased before so many milliseconds have passed. */
async function deletion(name: string, { graceMs = HOUR_MS } = {}) {
  const { server, operation: built, vmid } = await serverAfter(estate, 'start', name);
  await built.$query(estate.database).patch({ status: 'succeeded', finishedAt: new Date() });
  const destroyAfter = new Date(Date.now() + graceMs).toISOString();
  const operation = await requestOperation(estate, server, 'terminate', {
    previousLifecycle: 'active',
    destroyAfter,
  });
  return { server, vmid, operation, destroyAfter, start: () => startWorkflow(estate.temporal, operation) };
}

const lifecycleOf = async ({ id }: Server) => (await Server.query(estate.database).findById(id))?.lifecycle;
const isWaiting = async ({ id }: Operation) =>
  (await Operation.query(estate.database).findById(id))?.step === 'grace';
const messageOf = async ({ id: operationId }: Operation, step: string) =>
  (await OperationEvent.query(estate.database).where({ operationId, step }).orderBy('seq', 'desc').first())
    ?.message;

describe('a deletion that can be thought over', () => {
  it('keeps the server powered off until its time, says until when, and erases it then', async () => {
    const { server, vmid, operation, destroyAfter, start } = await deletion('thought-over', {
      graceMs: 2_000,
    });
    const handle = await start();
    await until(() => isWaiting(operation));
    const time = `${destroyAfter.slice(0, 16).replace('T', ' ')} UTC`;
    expect(await messageOf(operation, 'grace')).toBe(
      `Powered off and kept until ${time}: cancelling gives the server back`,
    );
    expect(estate.vmAt(vmid)).toMatchObject({ guest: null, config: { onboot: 0 } });
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(destroyAfter));
    expect([estate.simulator.state.vms[vmid], await lifecycleOf(server)]).toEqual([undefined, 'deleted']);
    await handle.result();
    await recordHistory('terminate-after-grace', handle);
  });

  it('gives the server back, running as before, when it is cancelled in time', async () => {
    const { server, vmid, operation, start } = await deletion('changed-my-mind');
    const handle = await start();
    await until(() => isWaiting(operation));
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(estate.vmAt(vmid)).toMatchObject({ config: { onboot: 1 } });
    expect([estate.vmAt(vmid).guest === null, await lifecycleOf(server)]).toEqual([false, 'active']);
    await handle.result().catch(() => undefined);
    await recordHistory('terminate-cancelled-in-grace', handle);
  });

  it('does not wait where there is no VM to give back', async () => {
    const { server, vmid, operation, start } = await deletion('gone');
    delete estate.simulator.state.vms[vmid];
    await start();
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(await messageOf(operation, 'grace')).toBe('there is nothing to give back');
    expect(await lifecycleOf(server)).toBe('deleted');
  });

  it('goes on when its worker is replaced while it waits, also with its cancelling', async () => {
    const kept = await deletion('kept');
    const erased = await deletion('erased', { graceMs: 3_000 });
    const [handle] = await Promise.all([kept.start(), erased.start()]);
    await until(async () => (await isWaiting(kept.operation)) && (await isWaiting(erased.operation)));
    await estate.replaceWorkers(() => handle.cancel());
    expect(await settled(estate, kept.operation)).toMatchObject({ status: 'cancelled' });
    expect(await settled(estate, erased.operation)).toMatchObject({ status: 'succeeded' });
    expect([estate.vmAt(kept.vmid).guest === null, estate.simulator.state.vms[erased.vmid]]).toEqual([
      false,
      undefined,
    ]);
  });
});

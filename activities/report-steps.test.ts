import { afterAll, beforeAll, expect, it } from 'vitest';
import { createReportSteps, withReports } from './report-steps.ts';
import { Operation } from '../db/models/operation.ts';
import { OperationEvent } from '../db/models/operation-event.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import type { StepReport } from '../contract/temporal.ts';

let test: TestDatabase;
let reportSteps: ReturnType<typeof createReportSteps>;
beforeAll(async () => {
  test = await createTestDatabase();
  reportSteps = createReportSteps(test);
});
afterAll(async () => test.drop());

async function runningOperation(overrides: Partial<Operation> = {}) {
  const { database } = test;
  const account = await buildAccount(database);
  const server = await buildServer(database, { account, catalog: await buildCatalog(database) });
  const { id } = await buildOperation(database, {
    server,
    type: 'provision',
    status: 'running',
    fence: 3,
    ...overrides,
  });
  const claim = { operationId: id, serverId: server.id, fence: 3 };
  return {
    claim,
    report: async (...reports: StepReport[]) => reportSteps({ ...claim, reports }),
    operation: async () => Operation.query(database).findById(id).throwIfNotFound(),
    events: async () =>
      (await OperationEvent.query(database).where({ operationId: id }).orderBy('seq')).map(
        ({ seq, step, state, message }) => ({ seq, step, state, message }),
      ),
  };
}

const PLACE = { seq: 1, step: 'place', state: 'running' } as const;
const PLACED = { seq: 2, step: 'place', state: 'succeeded', message: 'pve1' } as const;
const LEASE = { seq: 3, step: 'lease', state: 'running' } as const;

it('records steps and shows the last one, without the progress of the one before', async () => {
  const { report, operation, events } = await runningOperation({ percent: 80, note: 'copying' });
  await report(PLACE);
  await report(PLACED, LEASE);
  expect(await events()).toEqual([{ ...PLACE, message: null }, PLACED, { ...LEASE, message: null }]);
  expect(await operation()).toMatchObject({ step: 'lease', lastSeq: 3, percent: null, note: null });
});

it('writes nothing twice when the answer to a report was lost', async () => {
  const { report, operation, events, claim } = await runningOperation();
  await report(PLACE, PLACED);
  await Operation.query(test.database).findById(claim.operationId).patch({ percent: 40, note: 'later news' });
  await report(PLACE, PLACED);
  expect(await events()).toHaveLength(2);
  expect(await operation()).toMatchObject({ percent: 40, note: 'later news' });
});

it('does not go back to an earlier step when a report comes late', async () => {
  const { report, operation, events } = await runningOperation();
  await report(PLACED, LEASE);
  await report(PLACE);
  expect(await operation()).toMatchObject({ step: 'lease', lastSeq: 3 });
  expect((await events()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

it('refuses a run whose claim is older, newer or over, and writes nothing', async () => {
  const { report, claim, operation, events } = await runningOperation();
  for (const fence of [2, 4]) {
    const stale = { ...claim, fence };
    await expect(reportSteps({ ...stale, reports: [PLACE] })).rejects.toMatchObject({
      type: 'stale_claim',
      nonRetryable: true,
    });
  }
  await Operation.query(test.database)
    .findById(claim.operationId)
    .patch({ status: 'failed', errorCode: 'workflow_lost', finishedAt: new Date() });
  await expect(report(PLACE)).rejects.toMatchObject({ type: 'stale_claim' });
  expect(await events()).toEqual([]);
  expect(await operation()).toMatchObject({ step: null, lastSeq: 0 });
});

it('takes an empty report', async () => {
  const { report, events } = await runningOperation();
  await report();
  expect(await events()).toEqual([]);
});

it('lets an activity record the beginning of its step before it does anything', async () => {
  const { claim, events } = await runningOperation();
  const { place } = withReports(test, { place: async (_claim: unknown) => events() });
  expect(await place({ ...claim, reports: [PLACE] } as never)).toEqual([{ ...PLACE, message: null }]);
});

it('keeps an activity from doing anything that a later run has taken over, or that cannot be recorded', async () => {
  const { claim } = await runningOperation();
  const done: unknown[] = [];
  const { place } = withReports(test, { place: async (given: unknown) => done.push(given) });
  const stale = { ...claim, fence: 2, reports: [PLACE] };
  await expect(place(stale as never)).rejects.toMatchObject({ type: 'stale_claim', nonRetryable: true });
  const unknown = { ...claim, reports: [{ ...PLACE, state: 'unheard-of' }] };
  await expect(place(unknown as never)).rejects.toMatchObject({
    nonRetryable: false,
    nextRetryDelay: '1 second',
  });
  expect(done).toEqual([]);
});

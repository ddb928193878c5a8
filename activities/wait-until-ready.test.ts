import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createWaitUntilReady } from './wait-until-ready.ts';
import { Operation } from '../db/models/operation.ts';
import { Template } from '../db/models/template.ts';
import { attempt, newAttempt, serverAfter } from '../tests/activity.ts';
import { createEstate, type Estate } from '../tests/stack.ts';
import { until } from '../tests/until.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});
afterAll(async () => estate.close());
afterEach(() => estate.simulator.faults.clear());

type Promised = Template['readyWhen'];

async function startedServer(readyWhen: Promised, { silent = false } = {}) {
  await Template.query(estate.database).patch({ readyWhen });
  if (silent) estate.simulator.faults.add({ action: 'agentNever' });
  return serverAfter(estate, 'start');
}
/** Waits at most `ms` for the server. */
const wait = async (
  { claim }: { claim: Parameters<ReturnType<typeof createWaitUntilReady>>[0] },
  ms = 10_000,
) => {
  const timing = { ...estate.deps.timing, readyTimeoutMs: ms };
  return attempt(createWaitUntilReady({ ...estate.deps, timing }), claim);
};
const noteOf = async ({ operation }: { operation: Operation }) =>
  (await Operation.query(estate.database).findById(operation.id))?.note;
const guestOf = (vmid: number) => {
  const guest = estate.simulator.state.vms[vmid]?.guest;
  if (!guest) throw new Error(`VM ${vmid} does not run`);
  return guest;
};

const SUMMARIES: [Promised, string][] = [
  ['running', 'runs'],
  ['agent', 'the guest agent answers'],
  ['address', 'the guest has its address'],
];
it.each(SUMMARIES)('is done once what the template promises (%s) is so', async (readyWhen, summary) => {
  expect(await wait(await startedServer(readyWhen))).toMatchObject({ summary });
});

it('does not ask for an agent when the template promises only that it runs', async () => {
  expect(await wait(await startedServer('running', { silent: true }))).toMatchObject({ summary: 'runs' });
});

it('ends with guest_not_ready and says that the agent does not answer', async () => {
  const work = await startedServer('agent', { silent: true });
  await expect(wait(work, 0)).rejects.toMatchObject({
    type: 'guest_not_ready',
    nonRetryable: true,
    message: 'The server did not become ready: the guest agent does not answer yet',
  });
});

it('says so when the template has no agent configured', async () => {
  const work = await startedServer('agent');
  guestOf(work.vmid).config['agent'] = '0';
  const vm = estate.simulator.state.vms[work.vmid];
  if (vm) vm.config['agent'] = '0';
  await expect(wait(work, 0)).rejects.toThrow('the template has no guest agent configured');
});

it('says so when the VM has stopped meanwhile, in every mode', async () => {
  for (const readyWhen of ['running', 'agent', 'address'] as const) {
    const work = await startedServer(readyWhen);
    const vm = estate.simulator.state.vms[work.vmid];
    if (vm) vm.guest = null;
    await expect(wait(work, 0)).rejects.toThrow('The server did not become ready: the VM is not running');
  }
});

it('waits for the address the server was given, and names it', async () => {
  const work = await startedServer('address');
  guestOf(work.vmid).config['ipconfig0'] = 'ip=192.0.2.99/24';
  await expect(wait(work, 0)).rejects.toMatchObject({
    type: 'guest_not_ready',
    message: expect.stringMatching(/: the guest does not have 203\.0\.113\.\d+ yet$/),
  });
});

it('shows what it waits for meanwhile, and goes on when it is there', async () => {
  const work = await startedServer('agent', { silent: true });
  const waiting = wait(work);
  await until(async () => (await noteOf(work)) === 'Waiting: the guest agent does not answer yet');
  guestOf(work.vmid).agentNever = false;
  expect(await waiting).toMatchObject({ summary: 'the guest agent answers' });
});

it('goes on counting where the last attempt was, so that retries do not start it over', async () => {
  const work = await startedServer('agent', { silent: true });
  const heartbeatDetails = { waitedMs: estate.deps.timing.readyTimeoutMs };
  const again = attempt(createWaitUntilReady(estate.deps), work.claim, { attempt: 5, heartbeatDetails });
  await expect(again).rejects.toMatchObject({ type: 'guest_not_ready' });
});

it('stops waiting at once when it is cancelled', async () => {
  const work = await startedServer('agent', { silent: true });
  const activity = newAttempt();
  const ended = activity.run(createWaitUntilReady(estate.deps), work.claim).catch((err: unknown) => err);
  await until(async () => (await noteOf(work)) !== null);
  activity.cancel();
  expect(await ended).toMatchObject({ name: expect.stringMatching(/AbortError|CancelledFailure/) });
});

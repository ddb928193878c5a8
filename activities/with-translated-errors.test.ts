import { ActivityCancellationDetails } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { finalFailure, passingFailure, staleClaim } from './failures.ts';
import { toFailure, withTranslatedErrors } from './with-translated-errors.ts';
import type { Deps } from './deps.ts';
import { Operation } from '../db/models/operation.ts';
import { ProxmoxError, type ProxmoxErrorCode, type ProxmoxErrorKind } from '../proxmox/errors.ts';
import { newAttempt } from '../tests/activity.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import type { FailureCode } from '../contract/problem.ts';
import type { OperationClaim } from '../contract/temporal.ts';

let test: TestDatabase;
let claim: OperationClaim;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => test.drop());
beforeEach(async () => {
  const { database } = test;
  const account = await buildAccount(database);
  const server = await buildServer(database, { account, catalog: await buildCatalog(database) });
  const { id } = await buildOperation(database, { server, status: 'running', fence: 1 });
  claim = { operationId: id, serverId: server.id, fence: 1 };
});

const failing = (kind: ProxmoxErrorKind, code: ProxmoxErrorCode, reason = 'said Proxmox') =>
  new ProxmoxError({ kind, code, reason, status: 500, sent: false });

/** What Temporal is told when an activity throws `err`. */
async function told(err: unknown, { attempt = 1, input = claim, activity = newAttempt({ attempt }) } = {}) {
  // Translating needs the database only.
  const { step } = withTranslatedErrors({ database: test.database } as Deps, {
    step: async (_claim: OperationClaim): Promise<void> => {
      throw err;
    },
  });
  return activity.run(step, input).catch((reason: unknown) => reason);
}
const note = async () => (await Operation.query(test.database).findById(claim.operationId))?.note;

const KINDS: [ProxmoxErrorKind, ProxmoxErrorCode, FailureCode, 'tried again' | 'the end'][] = [
  ['retry', 'proxmox_busy', 'proxmox_busy', 'tried again'],
  ['retry', 'no_quorum', 'no_quorum', 'tried again'],
  ['unknown', 'outcome_unknown', 'proxmox_unreachable', 'tried again'],
  ['unknown', 'task_interrupted', 'task_interrupted', 'tried again'],
  ['unreachable', 'proxmox_unreachable', 'proxmox_unreachable', 'tried again'],
  ['exists', 'vmid_taken', 'vmid_taken', 'tried again'],
  ['locked', 'vm_locked', 'vm_locked', 'tried again'],
  ['missing', 'vm_gone', 'vm_gone', 'the end'],
  ['missing', 'template_missing', 'template_missing', 'the end'],
  ['auth', 'proxmox_auth_failed', 'proxmox_auth_failed', 'the end'],
  ['auth', 'proxmox_untrusted', 'proxmox_untrusted', 'the end'],
  ['final', 'storage_full', 'storage_full', 'the end'],
  ['final', 'task_failed', 'task_failed', 'the end'],
  ['final', 'guest_did_not_shut_down', 'guest_did_not_shut_down', 'the end'],
  ['final', 'vm_protected', 'vm_protected', 'the end'],
  ['final', 'node_too_small', 'no_capacity', 'the end'],
];
it.each(KINDS)('of kind %s, %s is told as %s and is %s', (kind, code, type, then) => {
  expect(toFailure(failing(kind, code))).toMatchObject({
    type,
    nonRetryable: then === 'the end',
    message: 'Proxmox: 500 said Proxmox',
    details: ['said Proxmox', []],
  });
});

it('shows on the operation why the step is tried again, and how often it was', async () => {
  expect(await told(failing('locked', 'vm_locked', 'VM is locked (backup)'), { attempt: 3 })).toMatchObject({
    type: 'vm_locked',
    nonRetryable: false,
  });
  expect(await note()).toBe('Trying again (attempt 4): Proxmox: 500 VM is locked (backup)');
});

it('shows no note when it is the end', async () => {
  expect(await told(failing('final', 'storage_full'))).toMatchObject({ nonRetryable: true });
  expect(await note()).toBeNull();
});

it('shows no note for a run that lost its claim', async () => {
  await told(failing('retry', 'proxmox_busy'), { input: { ...claim, fence: 0 } });
  expect(await note()).toBeNull();
});

it('shows too why a step is tried again that an activity itself found wanting, or that failed for an inner reason', async () => {
  await told(passingFailure('vm_locked', 'a copy is in the way'));
  expect(await note()).toBe('Trying again (attempt 2): a copy is in the way');
  await told(new TypeError('a bug with a secret'), { attempt: 2 });
  expect(await note()).toBe('Trying again (attempt 3): something broke inside Berth');
});

it('passes on what is no error of Proxmox, and what an activity answers', async () => {
  const errors = [finalFailure('no_vmid_left', 'none left'), staleClaim(), new TypeError('a bug')];
  for (const err of errors) expect(await told(err)).toBe(err);
  const { step } = withTranslatedErrors({ database: test.database } as Deps, {
    step: async (input: OperationClaim) => input.fence + 1,
  });
  expect(await newAttempt().run(step, claim)).toBe(2);
});

it('says cancelled when a cancel was asked for, whatever the activity made of it', async () => {
  for (const err of [failing('retry', 'proxmox_busy'), new Error('aborted')]) {
    const activity = newAttempt();
    activity.cancel();
    expect(await told(err, { activity })).toMatchObject({ name: 'CancelledFailure' });
  }
  expect(await note()).toBeNull();
});

it('lets another worker go on when this one shuts down', async () => {
  const activity = newAttempt();
  activity.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
  expect(await told(new Error('aborted'), { activity })).toMatchObject({
    name: 'ApplicationFailure',
    nonRetryable: false,
    message: 'the worker is shutting down',
  });
});

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { orderServer, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Node } from '../db/models/node.ts';
import { Operation } from '../db/models/operation.ts';
import type { FailureCode } from '../contract/problem.ts';
import type { FaultRule } from '../testbed/proxmox/fault-rule.ts';

const PERMANENT_MS = 10_000;

let estate: WorkingEstate;
beforeAll(async () => {
  estate = await createWorkingEstate();
});
afterAll(() => estate.close());
afterEach(() => estate.simulator.faults.clear());

/** Proxmox holds back every refusal of credentials. */
const SLOW_REFUSAL: FaultRule[] = [
  { action: 'delay', ms: 3_000, forMs: 60_000 },
  { action: 'status', status: 401, reason: 'Authentication failed!', forMs: 60_000 },
];
const noTemplate = "unable to find configuration file for VM 9000 on node 'pve1'";
const PERMANENT: [cause: string, code: FailureCode, faults: FaultRule[]][] = [
  ['a wrong token', 'proxmox_auth_failed', SLOW_REFUSAL],
  [
    'a right that was taken away',
    'proxmox_auth_failed',
    [
      {
        action: 'status',
        path: '/clone$',
        status: 403,
        reason: 'Permission check failed (/vms/9000, VM.Clone)',
      },
    ],
  ],
  ['a full storage', 'storage_full', [{ action: 'fillStorage', storage: 'local-lvm' }]],
  [
    'a template that is gone',
    'template_missing',
    [{ action: 'status', path: '/clone$', status: 500, reason: noTemplate }],
  ],
  [
    'a bridge that is gone',
    'network_missing',
    [{ action: 'failTask', path: '/status/start$', message: "bridge 'vmbr0' does not exist" }],
  ],
];
it.each(PERMANENT)('%s is shown as %s within 10 s', async (_cause, code, faults) => {
  for (const rule of faults) estate.simulator.faults.add(rule);
  const { operation } = await orderServer(estate, `fails-${code.replaceAll('_', '-')}`);
  const startedAt = Date.now();
  await startWorkflow(estate.temporal, operation);
  const isShown = async () =>
    (await Operation.query(estate.database).findById(operation.id))?.errorCode === code;
  await until(isShown, PERMANENT_MS);
  expect(Date.now() - startedAt).toBeLessThan(PERMANENT_MS);
});

it('a node that is cut off is retried with longer and longer pauses, says so, and goes on once it is back', async () => {
  const { database, simulator } = estate;
  const { server, operation } = await orderServer(estate, 'cut-off');
  await (await startWorkflow(estate.temporal, operation)).result();
  const { nodeId } = await server.$query(database);
  const { name: node } = await Node.query(database)
    .findById(nodeId ?? '')
    .throwIfNotFound();
  const firstCall = simulator.calls.length;
  const cut = simulator.faults.add({ action: 'nodeDown', node });

  const stop = await requestOperation(estate, server, 'stop');
  await startWorkflow(estate.temporal, stop);
  const notes = new Set<string>();
  await until(async () => {
    const { note } = await Operation.query(database).findById(stop.id).throwIfNotFound();
    if (note) notes.add(note);
    return notes.size === 3;
  });
  expect([...notes]).toEqual(
    [2, 3, 4].map((attempt) => `Trying again (attempt ${attempt}): Proxmox: 595 No route to host`),
  );
  const [first = 0, second = 0, third = 0] = simulator.calls
    .slice(firstCall)
    .filter(({ status }) => status === 595)
    .map(({ at }) => at);
  expect(third - second).toBeGreaterThan(second - first);
  simulator.faults.clear(cut);
  expect(await settled(estate, stop)).toMatchObject({ status: 'succeeded', note: null });
});

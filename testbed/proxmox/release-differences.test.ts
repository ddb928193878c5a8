import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

interface Running {
  simulator: Simulator;
  client: TestClient;
}

let older: Running;
let newer: Running;

async function start(release: '8.4' | '9.2'): Promise<Running> {
  const simulator = await startSimulator({ speed: 0, state: seedStandalone({ release }) });
  return { simulator, client: createTestClient(simulator) };
}

beforeAll(async () => {
  older = await start('8.4');
  newer = await start('9.2');
});
afterAll(async () => {
  for (const { simulator, client } of [older, newer]) {
    await client.close();
    await simulator.close();
  }
});

const VM = '/nodes/pve1/qemu/9000';

/** What 8.4 and 9.2 answer to the same calls, in this order. */
async function both<T>(ask: (client: TestClient) => Promise<T>): Promise<[T, T]> {
  return [await ask(older.client), await ask(newer.client)];
}

test('each names its version', async () => {
  const versions = await both((client) => client.read('/version'));
  expect(versions.map(({ release }) => release)).toEqual(['8.4', '9.2']);
});

test('8.4 says why a token is no good, 9.2 does not', async () => {
  const wrong = { headers: { authorization: 'PVEAPIToken=berth@pve!berth=wrong' } };
  const answers = await both((client) => client.call('GET', '/version', {}, wrong));
  expect(answers.map(({ reason }) => reason)).toEqual(['invalid token value!', 'Authentication failed!']);
});

test('one privilege for the guest agent became five', async () => {
  const privileges = await both(async (client) => {
    const { data } = await client.call('GET', '/access/roles');
    const role = (data as { roleid: string; privs: string }[]).find(({ roleid }) => roleid === 'PVEVMAdmin');
    return (role?.privs ?? '').split(',').filter((name) => /Monitor|GuestAgent/.test(name));
  });
  const names = ['Audit', 'FileRead', 'FileSystemMgmt', 'FileWrite', 'Unrestricted'];
  expect(privileges.map((list) => list.toSorted())).toEqual([
    ['VM.Monitor'],
    names.map((name) => `VM.GuestAgent.${name}`),
  ]);
});

test.each([
  ['VM.Monitor', 200, 400],
  ['VM.GuestAgent.Audit', 400, 200],
])('a role with %s is known to one release only', async (privs, ...statuses) => {
  const answers = await both((client) => client.call('POST', '/access/roles', { roleid: 'agents', privs }));
  expect(answers.map(({ status }) => status)).toEqual(statuses);
  const refused = answers.find(({ status }) => status === 400);
  expect(refused?.errors).toEqual({ privs: `invalid format - invalid privilege '${privs}'\n` });
});

test('an agent call asks for the privilege of its release', async () => {
  const reasons = await both(async (client) => {
    await client.call('POST', '/access/users', { userid: 'eve@pve' });
    const { data } = await client.call('POST', '/access/users/eve@pve/token/t1', { privsep: 0 });
    const authorization = `PVEAPIToken=eve@pve!t1=${(data as { value: string }).value}`;
    return (await client.call('GET', `${VM}/agent/info`, {}, { headers: { authorization } })).reason;
  });
  expect(reasons[0]).toContain('VM.Monitor');
  expect(reasons[1]).toContain('VM.GuestAgent.Audit');
});

test.each([
  ['PUT', `${VM}/config`, 'allow-ksm', 0],
  ['POST', `${VM}/status/start`, 'nets-host-mtu', 'net0=1500'],
])('%s %s knows %s from 9.0 on', async (method, path, name, value) => {
  const answers = await both((client) => client.call(method, path, { [name]: value }));
  expect(answers.map(({ status }) => status)).toEqual([400, 200]);
  expect(answers[0].errors).toEqual({
    [name]: 'property is not defined in schema and the schema does not allow additional properties',
  });
});

test('a migration carries on its connections from 9.0 on', async () => {
  const params = { target: 'pve2', 'with-conntrack-state': 1 };
  const answers = await both((client) => client.call('POST', `${VM}/migrate`, params));
  expect(answers.map(({ errors }) => Object.keys(errors ?? {}))).toEqual([['with-conntrack-state'], []]);
});

test('high availability has groups in 8.4 and rules in 9.2', async () => {
  const groups = await both((client) => client.call('GET', '/cluster/ha/groups'));
  const rules = await both((client) => client.call('GET', '/cluster/ha/rules'));
  expect(groups.map(({ reason }) => reason)).toEqual([
    'OK',
    'cannot index groups: ha groups have been migrated to rules',
  ]);
  expect(rules.map(({ reason }) => reason)).toEqual(["Method 'GET /cluster/ha/rules' not implemented", 'OK']);
});

test('9.2 tells what a VM takes of its host’s memory', async () => {
  const fields = await both(async (client) => {
    const [vm] = (await client.call('GET', '/nodes/pve1/qemu')).data as object[];
    const [listed] = (await client.call('GET', '/cluster/resources', { type: 'vm' })).data as object[];
    const current = await client.read(`${VM}/status/current`);
    return [vm ?? {}, listed ?? {}, current].map((one) => 'memhost' in one);
  });
  expect(fields).toEqual([
    [false, false, false],
    [true, true, true],
  ]);
});

test('a chart has 70 points in 8.4, and as many as its time needs in 9.2', async () => {
  const charts = await both(async (client) => {
    const { data } = await client.call('GET', '/nodes/pve1/rrddata', { timeframe: 'day' });
    const points = data as Record<string, number>[];
    const [first, second] = points;
    const step = (second?.time ?? 0) - (first?.time ?? 0);
    return [points.length, step, points.some((point) => 'memavailable' in point)];
  });
  expect(charts).toEqual([
    [70, 1800, false],
    [1440, 60, true],
  ]);
});

test('a node’s network is of another kind among the resources', async () => {
  const ids = await both(async (client) => {
    const { data } = await client.call('GET', '/cluster/resources');
    return (data as { id: string }[]).map(({ id }) => id).filter((id) => id.endsWith('localnetwork'));
  });
  expect(ids).toEqual([['sdn/pve1/localnetwork'], ['network/pve1/zone/localnetwork']]);
});

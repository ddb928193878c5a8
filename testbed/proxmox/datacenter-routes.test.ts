import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

test('settings of the datacenter are kept, read as objects and can be removed', async () => {
  const path = '/cluster/options';
  expect(await client.read(path)).toEqual({
    mac_prefix: 'BC:24:11',
    description: '',
    'allowed-tags': [],
  });
  const params = { migration: 'secure,network=10.0.0.0/24', 'registered-tags': 'b;a', keyboard: 'de' };
  expect((await client.call('PUT', path, params)).status).toBe(200);
  expect(await client.read(path)).toMatchObject({
    migration: { type: 'secure', network: '10.0.0.0/24' },
    'registered-tags': ['b', 'a'],
    'allowed-tags': ['a', 'b'],
    keyboard: 'de',
  });
  await client.call('PUT', path, { delete: 'keyboard,migration' });
  expect(Object.keys(await client.read(path))).not.toContain('keyboard');
  const { errors } = await client.call('PUT', path, { delete: 'nonsense' });
  expect(errors).toEqual({ delete: "unknown option 'nonsense'" });
});

test('what high availability is to look after is listed', async () => {
  const path = '/cluster/ha/resources';
  expect(await client.read(path)).toEqual([]);
  expect((await client.call('POST', path, { sid: 9000, comment: 'mine' })).status).toBe(200);
  const entry = { sid: 'vm:9000', type: 'vm', state: 'started', comment: 'mine' };
  expect(await client.read(path)).toEqual([expect.objectContaining(entry)]);
  expect(await client.read(`${path}/vm:9000`)).toMatchObject(entry);
  expect((await client.call('POST', path, { sid: 'vm:9000' })).reason).toBe(
    "resource ID 'vm:9000' already defined",
  );
  expect((await client.call('POST', path, { sid: 'vm:1' })).reason).toBe(
    "resource 'vm:1' does not exist in cluster",
  );
  expect((await client.call('DELETE', `${path}/vm:9000`)).status).toBe(200);
  expect((await client.call('DELETE', `${path}/vm:9000`)).reason).toBe(
    "cannot delete service 'vm:9000', not HA managed!",
  );
});

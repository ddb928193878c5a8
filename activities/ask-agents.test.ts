import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { askAgents } from './ask-agents.ts';
import { Server } from '../db/models/server.ts';
import { queryRows } from '../db/query-rows.ts';
import { serverAfter } from '../tests/activity.ts';
import { asWatcher, observe } from '../tests/observe.ts';
import { createEstate, type Estate } from '../tests/stack.ts';

let estate: Estate;
let serverId: string;
let vmid: number;
beforeAll(async () => {
  estate = await createEstate();
  const started = await serverAfter(estate, 'start');
  ({ vmid } = started);
  serverId = started.server.id;
  await Server.query(estate.database).findById(serverId).patch({ lifecycle: 'active' });
});
afterAll(() => estate.close());

const vm = () => {
  const found = estate.simulator.state.vms[vmid];
  if (!found?.guest) throw new Error(`VM ${vmid} does not run`);
  return { ...found, guest: found.guest };
};
const ask = async () => {
  const connection = await estate.deps.clusters.of(estate.cluster.id);
  await asWatcher(estate, (tenure) => askAgents(tenure, estate.cluster.id, connection));
};
const questions = () =>
  estate.simulator.calls.filter(({ path }) => path.endsWith('/agent/network-get-interfaces')).length;

interface Known {
  addresses: string[] | null;
  seenAt: Date | null;
  dueInSeconds: number;
}
const known = async () => {
  const [row] = await queryRows<Known>(
    estate.database,
    `select agent_addresses::text[] as addresses, agent_seen_at as "seenAt",
       extract(epoch from agent_due_at - now())::float as "dueInSeconds" from server_observations where server_id = ?`,
    [serverId],
  );
  if (!row) throw new Error('nothing is known');
  return row;
};
const set = (values: object) => estate.database('server_observations').where({ serverId }).update(values);

let before: number;
beforeEach(async () => {
  await observe(estate);
  await set({ uptimeSeconds: 200, agentDueAt: '-infinity', agentAddresses: null, agentSeenAt: null });
  before = questions();
});
afterEach(() => {
  vm().guest.agentNever = false;
});

it('a guest is asked for the addresses that others can reach, and not again for ten minutes', async () => {
  await ask();
  const { addresses, seenAt, dueInSeconds } = await known();
  expect(addresses).toEqual([expect.stringMatching(/^203\.0\.113\.\d+\/32$/)]);
  expect(Date.now() - Number(seenAt)).toBeLessThan(10_000);
  expect(dueInSeconds).toBeGreaterThan(590);
  await ask();
  expect(questions() - before).toBe(1);
});

it('a silent guest is asked again after the time it has been running, and keeps what it said before', async () => {
  await set({ agentAddresses: ['203.0.113.10'] });
  vm().guest.agentNever = true;
  await ask();
  const { addresses, dueInSeconds } = await known();
  expect(addresses).toEqual(['203.0.113.10/32']);
  expect(dueInSeconds).toBeGreaterThan(190);
  expect(dueInSeconds).toBeLessThanOrEqual(200);
});

it('a guest that has started anew is asked at once', async () => {
  await ask();
  await set({ uptimeSeconds: 1_000_000 });
  await observe(estate);
  await set({ uptimeSeconds: 5 });
  await ask();
  expect(questions() - before).toBe(2);
});

it('a guest is not asked while something has its VM locked', async () => {
  await set({ lock: 'backup' });
  await ask();
  expect(questions()).toBe(before);
});

it('a guest is not asked while its VM is off, and has no addresses then', async () => {
  await ask();
  const { guest, ...rest } = vm();
  const state = estate.simulator.state.vms[vmid];
  if (!state) throw new Error(`there is no VM ${rest.vmid}`);
  state.guest = null;
  await observe(estate);
  await set({ agentDueAt: '-infinity' });
  await ask();
  state.guest = guest;
  expect(questions() - before).toBe(1);
});

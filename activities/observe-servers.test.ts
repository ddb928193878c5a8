import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createObserver } from './observe-servers.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { queryRows } from '../db/query-rows.ts';
import { serverAfter } from '../tests/activity.ts';
import { asWatcher, observe } from '../tests/observe.ts';
import { createEstate, type Estate } from '../tests/stack.ts';
import { until } from '../tests/until.ts';

let estate: Estate;
/** A server whose VM runs. */
let serverId: string;
let vmid: number;
let home: string;
beforeAll(async () => {
  estate = await createEstate();
  const { server, operation, ...at } = await serverAfter(estate, 'start');
  ({ vmid, node: home } = at);
  await operation.$query(estate.database).patch({ status: 'succeeded', finishedAt: new Date() });
  serverId = server.id;
});
afterAll(async () => estate.close());

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000);
const nodeOf = async (name: string) =>
  Node.query(estate.database).findOne({ clusterId: estate.cluster.id, name }).throwIfNotFound();
const remember = async (values: Partial<Server>) =>
  Server.query(estate.database).findById(serverId).patch(values);
const seen = async () => {
  const server = await Server.query(estate.database).findById(serverId).withGraphFetched('node');
  return { state: server?.powerState, at: server?.powerObservedAt ?? null, node: server?.node?.name };
};
const vm = () => {
  const found = estate.simulator.state.vms[vmid];
  if (!found) throw new Error(`the simulator has no VM ${vmid}`);
  return found;
};

interface Observation {
  observedAt: Date | null;
  uptime: string | null;
  cpu: number | null;
  memory: string | null;
  diskRead: string | null;
  netIn: string | null;
  lock: string | null;
  missingSince: Date | null;
}
const observation = async () => {
  const [row] = await queryRows<Observation>(
    estate.database,
    `select observed_at as "observedAt", uptime_seconds as uptime, cpu, memory_bytes as memory, disk_read_bytes as "diskRead",
       net_in_bytes as "netIn", lock, missing_since as "missingSince" from server_observations where server_id = ?`,
    [serverId],
  );
  return row;
};
const connect = () => estate.deps.clusters.of(estate.cluster.id);

beforeEach(async () => {
  await estate.database('server_observations').delete();
  await remember({
    lifecycle: 'active',
    powerState: 'unknown',
    powerObservedAt: null,
    nodeId: (await nodeOf(home)).id,
  });
});
afterEach(async () => {
  estate.simulator.faults.clear();
  vm().node = home;
  await Node.query(estate.database).patch({ status: 'online' });
});

describe('what is observed of servers', () => {
  it('is which of them run and when Proxmox was asked', async () => {
    const before = new Date();
    await observe(estate);
    const first = await seen();
    expect(first.state).toBe('running');
    expect(Number(first.at)).toBeGreaterThanOrEqual(Number(before));
    expect(Number(first.at)).toBeLessThanOrEqual(Date.now());
    const { guest } = vm();
    vm().guest = null;
    await observe(estate);
    expect((await seen()).state).toBe('stopped');
    vm().guest = guest;
    await observe(estate);
    expect((await seen()).state).toBe('running');
  });

  it('is written again only when it is 20 seconds old, as long as nothing changes', async () => {
    const recently = secondsAgo(10);
    await remember({ powerState: 'running', powerObservedAt: recently });
    await observe(estate);
    expect((await seen()).at).toEqual(recently);
    const longAgo = secondsAgo(21);
    await remember({ powerObservedAt: longAgo });
    await observe(estate);
    expect(Number((await seen()).at)).toBeGreaterThan(Number(longAgo) + 20_000);
  });

  it('grows old while their node is down, and says which node that is', async () => {
    const longAgo = secondsAgo(300);
    await remember({ powerState: 'running', powerObservedAt: longAgo });
    estate.simulator.faults.add({ action: 'nodeDown', node: home });
    await observe(estate);
    expect(await seen()).toEqual({ state: 'running', at: longAgo, node: home });
    const states = await Node.query(estate.database).orderBy('name');
    expect(states.map(({ name, status }) => [name, status])).toEqual(
      ['pve1', 'pve2', 'pve3'].map((name) => [name, name === home ? 'offline' : 'online']),
    );
    estate.simulator.faults.clear();
    await observe(estate);
    expect((await nodeOf(home)).status).toBe('online');
    expect(Number((await seen()).at)).toBeGreaterThan(Number(longAgo));
  });

  it('does not replace what an operation saw later', async () => {
    const later = new Date(Date.now() + 60_000);
    await remember({ powerState: 'stopped', powerObservedAt: later });
    await observe(estate);
    expect(await seen()).toEqual({ state: 'stopped', at: later, node: home });
  });

  it('follows a VM to another node', async () => {
    await observe(estate);
    vm().node = home === 'pve2' ? 'pve3' : 'pve2';
    await observe(estate);
    expect(await seen()).toMatchObject({ state: 'running', node: vm().node });
  });

  it.each(['provisioning', 'failed'] as const)('does not concern servers that are %s', async (lifecycle) => {
    await remember({ lifecycle });
    await observe(estate);
    expect(await seen()).toMatchObject({ state: 'unknown', at: null });
  });

  it('is recorded for the other nodes when one does not answer', async () => {
    const other = home === 'pve2' ? 'pve3' : 'pve2';
    estate.simulator.faults.add({
      path: `/nodes/${other}/qemu$`,
      action: 'status',
      status: 500,
      reason: 'broken',
    });
    await expect(observe(estate)).rejects.toThrow('broken');
    expect((await seen()).state).toBe('running');
  });
});

describe('a VM that is being moved', () => {
  const away = () => (home === 'pve2' ? 'pve3' : 'pve2');

  it('is followed when HA starts it elsewhere because its node is down', async () => {
    await observe(estate);
    estate.simulator.faults.add({ action: 'nodeDown', node: home });
    vm().node = away();
    await observe(estate);
    expect(await seen()).toMatchObject({ state: 'running', node: away() });
  });

  /** Lists `first` before the move and the other node after it, so that both have the VM or none. */
  async function listingAround(first: string) {
    const { proxmox } = await connect();
    const { promise, resolve } = Promise.withResolvers<void>();
    return {
      ...proxmox,
      listVms: async (node: string) => {
        if (node !== first) await promise;
        const vms = await proxmox.listVms(node);
        if (node === first) {
          vm().node = away();
          resolve();
        }
        return vms;
      },
    };
  }

  it('is where the cluster says it is when two nodes list it', async () => {
    await observe(estate, { watching: await listingAround(home) });
    expect(await seen()).toMatchObject({ state: 'running', node: away() });
  });

  it('keeps its last node and state when it is in no list for a moment', async () => {
    await observe(estate);
    await observe(estate, { watching: await listingAround(away()) });
    expect(await seen()).toMatchObject({ state: 'running', node: home });
    expect((await observation())?.missingSince).toBeNull();
    await observe(estate);
    expect(await seen()).toMatchObject({ state: 'running', node: away() });
  });

  it('is not turned back by the list of a node that answers late', async () => {
    const { proxmox, tasks } = await connect();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const slow = {
      ...proxmox,
      listVms: async (node: string) => {
        const vms = await proxmox.listVms(node);
        if (node === home) await released;
        return vms;
      },
    };
    await asWatcher(estate, async (tenure) => {
      const connection = { watching: slow, tasks };
      const options = { clusterId: estate.cluster.id, connection, patienceMs: 300, surveyMs: 0 };
      const observer = createObserver({ ...tenure, ...options });
      await observer.observe();
      expect(await seen()).toMatchObject({ state: 'unknown', node: home });
      vm().node = away();
      // On a busy machine the other node may be too late for one look.
      const isSeenThere = async () => {
        await observer.observe();
        const { state, node } = await seen();
        return state === 'running' && node === away();
      };
      await until(isSeenThere);
      release();
      await observer.observe();
      expect((await seen()).node).toBe(away());
      await until(isSeenThere);
    });
  });
});

it('a node’s servers are seen while silent guests hold up every other call', async () => {
  const { proxmox } = await connect();
  estate.simulator.faults.add({ action: 'slow', path: '/agent/ping$', ms: 1_000 });
  let areDone = false;
  const pings = Array.from({ length: 16 }, () => proxmox.agentPing(home, vmid));
  const done = Promise.allSettled(pings).then(() => {
    areDone = true;
  });
  await observe(estate);
  expect((await seen()).state).toBe('running');
  expect(areDone).toBe(false);
  await done;
});

describe('what a VM uses', () => {
  it('is recorded with its time, bytes read among it, which a node does not list', async () => {
    await observe(estate);
    await until(async () => {
      await observe(estate);
      return Number((await observation())?.diskRead) > 0;
    });
    const now = await observation();
    expect(Date.now() - Number(now?.observedAt)).toBeLessThan(10_000);
    expect(now?.cpu).toBeGreaterThan(0);
    expect(Number(now?.memory)).toBeGreaterThan(1024 ** 2);
    expect(Number(now?.netIn)).toBeGreaterThan(0);
  });

  it('tells the lock as it is now, and that it is gone', async () => {
    vm().config['lock'] = 'backup';
    await observe(estate);
    expect((await observation())?.lock).toBe('backup');
    delete vm().config['lock'];
    await observe(estate);
    expect((await observation())?.lock).toBeNull();
  });

  it('grows old while its node is down, though others still tell what they heard last', async () => {
    await observe(estate);
    const before = await observation();
    estate.simulator.faults.add({ action: 'nodeDown', node: home });
    await observe(estate);
    expect((await observation())?.observedAt).toEqual(before?.observedAt);
  });
});

describe('a VM that is nowhere', () => {
  let kept: ReturnType<typeof vm>;
  beforeEach(() => {
    kept = vm();
    delete estate.simulator.state.vms[vmid];
  });
  afterEach(() => {
    estate.simulator.state.vms[vmid] = kept;
  });

  it('is missing since the first look that did not find it, unknown at once, and neither when it is back', async () => {
    const longAgo = secondsAgo(30);
    await remember({ powerState: 'running', powerObservedAt: longAgo });
    await observe(estate);
    const since = (await observation())?.missingSince;
    expect(Number(since)).toBeGreaterThan(Number(longAgo));
    expect(await seen()).toMatchObject({ state: 'unknown', at: longAgo });
    await observe(estate);
    expect((await observation())?.missingSince).toEqual(since);
    estate.simulator.state.vms[vmid] = kept;
    await observe(estate);
    expect((await observation())?.missingSince).toBeNull();
    expect((await seen()).state).toBe('running');
  });

  it('is not missing while an operation works on it', async () => {
    const [operation] = await estate.database('operations').where({ serverId }).limit(1);
    const set = (values: object) => estate.database('operations').where({ id: operation.id }).update(values);
    await set({ status: 'running', finishedAt: null });
    await observe(estate);
    expect(await observation()).toBeUndefined();
    await set({ status: 'succeeded', finishedAt: new Date() });
  });

  it('proves nothing when the token may see no VM at all', async () => {
    const { proxmox } = await connect();
    const blind = { ...proxmox, listVms: async () => [], clusterResources: async () => [] };
    await observe(estate, { watching: blind });
    expect(await observation()).toBeUndefined();
  });
});

it('a VM on a node that is down is not missing', async () => {
  await remember({ powerState: 'running' });
  estate.simulator.faults.add({ action: 'nodeDown', node: home });
  await observe(estate);
  expect((await seen()).state).toBe('running');
  expect(await observation()).toBeUndefined();
});

import bunyan from 'bunyan';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterAccess } from './cluster-access.ts';
import { observeServers, watchClusters } from './watch-cluster.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import { queryRows } from '../db/query-rows.ts';
import { serverAfter } from '../tests/activity.ts';
import { createEstate, type Estate } from '../tests/stack.ts';
import { until } from '../tests/until.ts';

let estate: Estate;
/** A server whose VM runs. */
let serverId: string;
let vmid: number;
let home: string;
beforeAll(async () => {
  estate = await createEstate();
  const { server, ...at } = await serverAfter(estate, 'start');
  ({ vmid, node: home } = at);
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

beforeEach(async () => {
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
  const observe = async () => {
    const { proxmox } = await estate.deps.clusters.of(estate.cluster.id);
    await observeServers(estate.database, estate.cluster.id, proxmox);
  };

  it('is which of them run and when Proxmox was asked', async () => {
    const before = new Date();
    await observe();
    const first = await seen();
    expect(first.state).toBe('running');
    expect(Number(first.at)).toBeGreaterThanOrEqual(Number(before));
    expect(Number(first.at)).toBeLessThanOrEqual(Date.now());
    const { guest } = vm();
    vm().guest = null;
    await observe();
    expect((await seen()).state).toBe('stopped');
    vm().guest = guest;
    await observe();
    expect((await seen()).state).toBe('running');
  });

  it('is written again only when it is 20 seconds old, as long as nothing changes', async () => {
    const recently = secondsAgo(10);
    await remember({ powerState: 'running', powerObservedAt: recently });
    await observe();
    expect((await seen()).at).toEqual(recently);
    const longAgo = secondsAgo(21);
    await remember({ powerObservedAt: longAgo });
    await observe();
    expect(Number((await seen()).at)).toBeGreaterThan(Number(longAgo) + 20_000);
  });

  it('grows old while their node is down, and says which node that is', async () => {
    const longAgo = secondsAgo(300);
    await remember({ powerState: 'running', powerObservedAt: longAgo });
    estate.simulator.faults.add({ action: 'nodeDown', node: home });
    await observe();
    expect(await seen()).toEqual({ state: 'running', at: longAgo, node: home });
    const states = await Node.query(estate.database).orderBy('name');
    expect(states.map(({ name, status }) => [name, status])).toEqual(
      ['pve1', 'pve2', 'pve3'].map((name) => [name, name === home ? 'offline' : 'online']),
    );
    estate.simulator.faults.clear();
    await observe();
    expect((await nodeOf(home)).status).toBe('online');
    expect(Number((await seen()).at)).toBeGreaterThan(Number(longAgo));
  });

  it('does not replace what an operation saw later', async () => {
    const later = new Date(Date.now() + 60_000);
    await remember({ powerState: 'stopped', powerObservedAt: later });
    await observe();
    expect(await seen()).toEqual({ state: 'stopped', at: later, node: home });
  });

  it('follows a VM to another node', async () => {
    await observe();
    vm().node = home === 'pve2' ? 'pve3' : 'pve2';
    await observe();
    expect(await seen()).toMatchObject({ state: 'running', node: vm().node });
  });

  it('leaves a VM that is nowhere as it was last seen', async () => {
    const longAgo = secondsAgo(300);
    await remember({ powerState: 'running', powerObservedAt: longAgo });
    const kept = vm();
    delete estate.simulator.state.vms[vmid];
    await observe();
    expect(await seen()).toMatchObject({ state: 'running', at: longAgo });
    estate.simulator.state.vms[vmid] = kept;
  });

  it.each(['provisioning', 'failed'] as const)('does not concern servers that are %s', async (lifecycle) => {
    await remember({ lifecycle });
    await observe();
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
    await expect(observe()).rejects.toThrow('broken');
    expect((await seen()).state).toBe('running');
  });
});

describe('watchers of a cluster', () => {
  const running: { stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ stop }) => stop()));
  });

  /** A watcher as a worker runs one; `looks` counts how often it went to the cluster. */
  function startWatcher() {
    const stopping = new AbortController();
    const watcher = { looks: 0, firstLooks: 0, logged: [] as string[], stop: async () => {} };
    const clusters: ClusterAccess = {
      close: async () => {},
      of: async (clusterId) => {
        watcher.looks += 1;
        return estate.deps.clusters.of(clusterId);
      },
    };
    const stream = { write: (line: string) => watcher.logged.push(JSON.parse(line).msg) };
    const ended = watchClusters({
      database: estate.database,
      databaseUrl: estate.databaseUrl,
      clusters,
      log: bunyan.createLogger({ name: 'test', stream: stream as unknown as NodeJS.WritableStream }),
      signal: stopping.signal,
      intervalMs: 20,
      syncIntervalMs: 50,
      onFirstLook: () => {
        watcher.firstLooks += 1;
      },
    });
    watcher.stop = async () => {
      stopping.abort();
      await ended;
    };
    running.push(watcher);
    return watcher;
  }

  const elected = async () =>
    (
      await queryRows<{ pid: number }>(
        estate.database,
        `select pid from pg_locks where locktype = 'advisory' and granted
         and database = (select oid from pg_database where datname = current_database())`,
      )
    ).map(({ pid }) => pid);
  const sessions = async () =>
    queryRows(
      estate.database,
      `select from pg_stat_activity where application_name = 'berth watcher' and datname = current_database()`,
    );

  it('are one at a time: the second only waits, and takes over when the first one ends', async () => {
    const first = startWatcher();
    await until(() => first.firstLooks > 0);
    const second = startWatcher();
    await until(() => second.firstLooks > 3);
    expect(second.looks).toBe(0);
    expect(await elected()).toHaveLength(1);
    await first.stop();
    const looks = first.looks;
    await until(() => second.looks > 3);
    expect(first.looks).toBe(looks);
    expect((await seen()).state).toBe('running');
  });

  it('elect anew when the session of the elected one is cut', async () => {
    const watchers = [startWatcher(), startWatcher()];
    await until(async () => (await elected()).length === 1);
    const [cut] = await elected();
    await queryRows(estate.database, 'select pg_terminate_backend(?)', [cut ?? 0]);
    await until(async () => {
      const [now] = await elected();
      return now !== undefined && now !== cut;
    });
    const looks = () => watchers.reduce((sum, { looks: own }) => sum + own, 0);
    const before = looks();
    await until(() => looks() > before + 3);
    expect(await elected()).toHaveLength(1);
  });

  it('say once that the cluster cannot be read, and once that it can be again', async () => {
    const watcher = startWatcher();
    await until(() => watcher.looks > 1);
    estate.simulator.faults.add({ path: '/nodes$', action: 'status', status: 595, reason: 'away', count: 5 });
    await until(() => watcher.logged.length > 1);
    const looks = watcher.looks;
    await until(() => watcher.looks > looks + 3);
    expect(watcher.logged).toEqual([
      'the cluster cannot be read; its servers will show as unknown',
      'the cluster can be read again',
    ]);
  });

  it('learn nodes and templates, also of a cluster that is added while they run', async () => {
    const watcher = startWatcher();
    await until(() => watcher.firstLooks > 0);
    const { id: _id, createdAt: _createdAt, ...same } = estate.cluster.toJSON() as Cluster;
    const added = await Cluster.query(estate.database).insertAndFetch({ ...same, name: 'second' });
    await until(async () => (await Node.query(estate.database).where({ clusterId: added.id })).length === 3);
    const nodes = Node.query(estate.database).select('id').where({ clusterId: added.id });
    await until(async () => (await TemplateVm.query(estate.database).whereIn('nodeId', nodes)).length === 6);
    await watcher.stop();
    await TemplateVm.query(estate.database).delete().whereIn('nodeId', nodes);
    await Node.query(estate.database).delete().where({ clusterId: added.id });
    await added.$query(estate.database).delete();
  });

  it('leave no session behind', async () => {
    const watcher = startWatcher();
    await until(() => watcher.looks > 0);
    await watcher.stop();
    await until(async () => (await sessions()).length === 0);
    expect(await elected()).toEqual([]);
  });
});

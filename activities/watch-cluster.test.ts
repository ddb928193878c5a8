import { setTimeout as delay } from 'node:timers/promises';
import bunyan from 'bunyan';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClusterAccess, type ClusterAccess } from './cluster-access.ts';
import { watchClusters } from './watch-cluster.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import { queryRows } from '../db/query-rows.ts';
import { serverAfter } from '../tests/activity.ts';
import { startDetour } from '../tests/detour.ts';
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

describe('watchers of a cluster', () => {
  const running: { stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ stop }) => stop()));
  });

  /** A watcher as a worker runs one; `looks` counts how often it went to the cluster. */
  function startWatcher(options: Partial<Parameters<typeof watchClusters>[0]> = {}) {
    const stopping = new AbortController();
    const watcher = { looks: 0, firstLooks: 0, logged: [] as string[], stop: async () => {} };
    const clusters: ClusterAccess = {
      close: async () => {},
      of: async (clusterId) => {
        const connection = await estate.deps.clusters.of(clusterId);
        const { watching } = connection;
        const nodes = async () => {
          watcher.looks += 1;
          return watching.nodes();
        };
        return { ...connection, watching: { ...watching, nodes } };
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
      ...options,
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

  it('ask nothing of the cluster while PostgreSQL is away, and one of them goes on when it is back', async () => {
    const detour = await startDetour(estate.databaseUrl);
    const watchers = [startWatcher({ databaseUrl: detour.url }), startWatcher({ databaseUrl: detour.url })];
    const looks = () => watchers.map((watcher) => watcher.looks);
    await until(() => Math.max(...looks()) > 1);
    detour.cut();
    const haveNoticed = () => watchers.every(({ logged }) => logged.includes('the watcher starts over'));
    await until(async () => haveNoticed() && (await sessions()).length === 0);
    const before = looks();
    await delay(200);
    expect(looks()).toEqual(before);
    detour.mend();
    await until(() => Math.max(...looks()) > Math.max(...before) + 3);
    expect(await elected()).toHaveLength(1);
    expect(watchers.flatMap(({ logged }) => logged)).toContain('a watcher is at work again');
    await Promise.all(watchers.map(({ stop }) => stop()));
    detour.close();
  });

  it('say once that the cluster cannot be read, and once that it can be again', async () => {
    const watcher = startWatcher();
    await until(() => watcher.looks > 1);
    estate.simulator.faults.add({ path: '/nodes$', action: 'status', status: 595, reason: 'away', count: 5 });
    const ofCluster = () => watcher.logged.filter((line) => line.startsWith('the cluster'));
    await until(() => ofCluster().length > 1);
    const looks = watcher.looks;
    await until(() => watcher.looks > looks + 3);
    expect(ofCluster()).toEqual([
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

  it('share one call per interval and node with whoever waits there, however often they want to look', async () => {
    const { database, deps, simulator, cluster } = estate;
    const TURN_MS = 60;
    const BURST = 3;
    const { secretBox } = deps;
    const clusters = createClusterAccess({ database, secretBox, taskPollMs: TURN_MS });
    const { tasks } = await clusters.of(cluster.id);
    const from = Date.now();
    const ofNode = () =>
      simulator.calls.filter(({ path, at }) => at >= from && path.startsWith(`/nodes/${home}/`));
    const began = performance.now();
    let served = 0;
    const crowd = Array.from({ length: 10 }, async () => {
      await tasks.turn(home);
      served += 1;
    });
    const watcher = startWatcher({ clusters, agentIntervalMs: 20 });
    await until(() => ofNode().length >= 20);
    const spent = ofNode().length + served;
    expect(spent).toBeLessThanOrEqual((performance.now() - began) / TURN_MS + BURST + 1);
    await Promise.all(crowd);
    await watcher.stop();
    await clusters.close();
  });

  it('leave no session behind', async () => {
    const watcher = startWatcher();
    await until(() => watcher.looks > 0);
    await watcher.stop();
    await until(async () => (await sessions()).length === 0);
    expect(await elected()).toEqual([]);
  });
});

import type pg from 'pg';
import { isLive, type Operation } from '../../contract/operations.ts';
import type { Server } from '../../contract/servers.ts';
import type { ApiClient, ClusterView, RunningBerth } from '../e2e/berth.ts';
import { askProxmox, makeForeignVm } from '../e2e/ask-proxmox.ts';
import { until } from '../until.ts';
import { addHold, installHolds, missingAtHolds, releaseHolds } from './holds.ts';
import { HELD_SERVERS, judge, type HeldServer } from '../oracle.ts';
import { SteadyConnection } from './steady-connection.ts';
import { PAUSED, SCENARIOS, WAITING, type Before, type Scenario } from './scenarios.ts';
import { cutNetwork, cutNodes, isProcess, killProcess, type Victim } from './victims.ts';

export interface Cell {
  /** Name of the scenario. */
  scenario: string;
  boundary: string;
  victim: Victim;
  /** How the operation ended, or where it waits for a decision. */
  outcome: string;
  /** What the oracle found wrong; empty: green. */
  faults: string[];
}

export interface MatrixWish {
  victims: readonly Victim[];
  scenarios?: readonly Scenario[];
  /** Of each scenario only these of its boundaries; all when left out. */
  pick?: (boundaries: string[]) => string[];
  say?: (message: string) => void;
}

/**
 * Takes every operation to every boundary, strikes one victim at a time while all stand there, strikes it once more while
 * the steps run, and lets an oracle judge what became of each.
 */
export async function runMatrix(berth: RunningBerth, wish: MatrixWish): Promise<Cell[]> {
  const { say = () => undefined } = wish;
  const { databaseUrl } = await berth.run();
  const database = new SteadyConnection(databaseUrl);
  try {
    await database.use(makeRoom);
    await database.use(installHolds);
    const cells: Cell[] = [];
    for (const victim of wish.victims) {
      say(`${victim}: preparing servers`);
      cells.push(...(await strikeOnce(berth, database, victim, wish)));
    }
    return cells;
  } finally {
    await database.close();
  }
}

/** Straight from PostgreSQL. */
export const readServers = async (client: pg.Client): Promise<HeldServer[]> =>
  (await client.query<HeldServer>(HELD_SERVERS)).rows;

/** Servers, addresses and room on the nodes enough for several rounds. */
export async function makeRoom(client: pg.Client): Promise<void> {
  await client.query('update accounts set max_servers = 100000');
  await client.query("update plans set memory_mib = 512, disk_gib = 8 where name = 'Small'");
  await client.query(
    `insert into ip_pools (cluster_id, name, network, gateway, bridge, vlan, nameservers)
     select cluster_id, 'Room', '10.66.0.0/16', '10.66.0.1', bridge, vlan, nameservers from ip_pools
     where family(network) = 4 and not exists (select from ip_pools where name = 'Room') limit 1`,
  );
  await client.query(
    `insert into ip_addresses (pool_id, address)
     select p.id, host(p.network)::inet + n from ip_pools p, generate_series(300, 3000) n
     where p.name = 'Room' or family(p.network) = 6 on conflict do nothing`,
  );
}

interface Trial {
  scenario: Scenario;
  boundary: string;
  server: { id: string; name: string };
  operationId: string;
  view: Operation | undefined;
  /** What was not so although the operation had been told to have succeeded. */
  falsehoods: string[];
}

async function strikeOnce(
  berth: RunningBerth,
  database: SteadyConnection,
  victim: Victim,
  { scenarios = SCENARIOS, pick = (all) => all, say = () => undefined }: MatrixWish,
): Promise<Cell[]> {
  const wanted = scenarios.flatMap((scenario) =>
    pick(scenario.boundaries).map((boundary) => ({ scenario, boundary })),
  );
  const trials = await inLanes(wanted, 8, async ({ scenario, boundary }, index): Promise<Trial> => {
    const name = `${victim}-${scenario.type}-${index}`.replaceAll('_', '-');
    const server = await prepare(berth, name, scenario);
    return { scenario, boundary, server, operationId: '', view: undefined, falsehoods: [] };
  });
  say(`${victim}: ${trials.length} operations go to their boundaries`);
  const at = (wanted: string) => trials.filter(({ boundary }) => boundary === wanted);
  const [paused, waiting] = [at(PAUSED), at(WAITING)];
  await fillStorage(berth, paused.length);
  await requestAll(berth, paused);
  const unreached = await untilThere(berth, paused);
  const held = trials.filter(({ boundary }) => boundary !== WAITING && boundary !== PAUSED);
  for (const { server, scenario, boundary } of held)
    await database.use((client) => addHold(client, { server: server.name, type: scenario.type, boundary }));
  await requestAll(berth, held);
  unreached.push(...(await untilHeld(database)));
  // Time does not stand still for these, so they come last.
  await requestAll(berth, waiting);
  unreached.push(...(await untilThere(berth, waiting)));
  say(`${victim}: strikes`);
  await strike(berth, victim, trials);
  await database.use(releaseHolds);
  await inLanes(trials, 8, async ({ scenario: { isUndone, decision }, operationId }) => {
    if (isUndone) await insist(berth.api, `/operations/${operationId}/cancel`);
    if (decision) await insist(berth.admin, `/operations/${operationId}/decision`, { decision });
  });
  if (isProcess(victim)) await strike(berth, victim, trials);
  await settle(berth, database, trials);
  await berth.clearFaults();
  say(`${victim}: judges`);
  const faults = await blameFor(berth, database, trials);
  return trials.map((trial) => {
    const { scenario, boundary, view } = trial;
    const missed = unreached.includes(trial.server.name) ? ['it never came to the boundary'] : [];
    const outcome =
      view?.status === 'failed' || view?.status === 'needs_attention'
        ? `${view.status}: ${view.error?.code}`
        : (view?.status ?? 'unknown');
    const wanted = wantedOutcome(scenario);
    const broken = wanted && outcome !== wanted ? [`it was to end ${wanted}`] : [];
    return {
      scenario: scenario.name,
      boundary,
      victim,
      outcome,
      faults: [...missed, ...broken, ...trial.falsehoods, ...(faults.get(trial.server.name) ?? [])],
    };
  });
}

async function requestAll(berth: RunningBerth, trials: Trial[]): Promise<void> {
  await inLanes(trials, 8, async (trial) => {
    const { server, operation } = await trial.scenario.request(berth, trial.server);
    trial.server.id = server.id;
    trial.operationId = operation.id;
  });
}

/** As somebody who asks again while there is no answer. */
async function insist(client: ApiClient, path: string, body?: object): Promise<void> {
  await until(async () => {
    const answer = await client.request('POST', path, body).catch(() => undefined);
    return answer !== undefined && answer.status < 500;
  }, 60_000);
}

/** How it ends where that is sure; undefined: as it may. */
function wantedOutcome({ isUndone, decision }: Scenario): string | undefined {
  if (isUndone) return 'cancelled';
  if (decision === 'roll_back') return 'failed: storage_full';
  return decision && 'succeeded';
}

/** The next so many copies find no room. */
async function fillStorage(berth: RunningBerth, count: number): Promise<void> {
  const message = 'clone failed: unable to create image: No space left on device';
  if (count > 0)
    await berth.addFault({ method: 'POST', path: '/clone$', action: 'failTask', message, count });
}

/** A server as the scenario wants it, made through the API as its users would. */
async function prepare(
  berth: RunningBerth,
  name: string,
  { before, isHa, isSilent }: Scenario,
): Promise<{ id: string; name: string }> {
  if (before === 'none') return { id: '', name };
  if (before === 'a foreign VM') {
    await makeForeignVm(berth, name);
    return { id: '', name };
  }
  const { api } = berth;
  const { server, operation } = await api.accepted(api.order(name));
  await done(api.settled(operation.id, 180_000));
  const { id } = server;
  await bringInto(berth, id, before);
  const vmid = isHa || isSilent ? vmidOf((await berth.cluster()).vms, id) : null;
  if (vmid !== null && isHa) await putUnderHa(berth, vmid, before);
  if (vmid !== null && isSilent) {
    const reason = 'QEMU guest agent is not running';
    const ping = { method: 'POST', path: '/agent/ping$', vmid };
    await berth.addFault({ action: 'status', status: 500, reason, ...ping, forMs: 3_600_000 });
  }
  return { id, name };
}

async function bringInto(berth: RunningBerth, id: string, before: Before): Promise<void> {
  const { admin } = berth;
  if (before === 'stopped') await done(askFor(berth, `/servers/${id}/actions`, { action: 'stop' }));
  if (before === 'in rescue') await done(askFor(berth, `/servers/${id}/rescue`, {}));
  if (before === 'suspended') {
    const accepted = await admin.accepted(
      admin.request('POST', `/servers/${id}/suspend`, { reason: 'Overdue on payment' }),
    );
    await done(admin.settled(accepted.operation.id, 180_000));
  }
}

/** As an administrator of Proxmox does, who leaves the VM as it is. */
async function putUnderHa(berth: RunningBerth, vmid: number, before: Before): Promise<void> {
  const state = before === 'stopped' || before === 'suspended' ? 'stopped' : 'started';
  await askProxmox(berth, '/cluster/ha/resources', { sid: `vm:${vmid}`, state });
  await until(async () => (await haResource(berth, vmid))?.service?.state === state);
}

const haResource = async (berth: RunningBerth, vmid: number | null) =>
  (await berth.cluster()).haResources?.find(({ sid }) => sid === `vm:${vmid}`);

async function askFor({ api }: RunningBerth, path: string, body: object): Promise<Operation> {
  const { operation } = await api.accepted(api.request('POST', path, body));
  return api.settled(operation.id, 180_000);
}

async function done(settled: Promise<Operation>): Promise<void> {
  const { type, status, error } = await settled;
  if (status !== 'succeeded') throw new Error(`preparing ${type}: ${status} ${error?.message}`);
}

/** Waits until every held operation stands at its boundary; names the servers of those that do not come. */
async function untilHeld(database: SteadyConnection): Promise<string[]> {
  let missing = await database.use(missingAtHolds);
  const deadline = Date.now() + 120_000;
  while (missing.length > 0 && Date.now() < deadline) {
    missing = await database.use(missingAtHolds);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return missing;
}

/** The same for those that are to stand in their grace period, or at a decision. */
async function untilThere({ admin }: RunningBerth, trials: Trial[]): Promise<string[]> {
  const missing = new Set(trials);
  await until(async () => {
    for (const trial of missing) {
      const { status, steps } = await admin.operation(trial.operationId);
      const isWaiting = steps.find(({ name }) => name === 'grace')?.state === 'running';
      if (trial.boundary === PAUSED ? status === 'needs_attention' : isWaiting) missing.delete(trial);
    }
    return missing.size === 0;
  }).catch(() => undefined);
  return [...missing].map(({ server }) => server.name);
}

async function strike(berth: RunningBerth, victim: Victim, trials: Trial[]): Promise<void> {
  if (isProcess(victim)) return killProcess(berth, victim);
  if (victim === 'node') return cutNodes(berth);
  const { vms } = await berth.cluster();
  const vmids = trials.map(({ server }) => vmidOf(vms, server.id));
  return cutNetwork(berth, victim, vmids);
}

function vmidOf(vms: ClusterView['vms'], serverId: string): number | null {
  const found = Object.values(vms).find(({ config }) =>
    String(config['description'] ?? '').includes(serverId),
  );
  return serverId && found ? found.vmid : null;
}

/** It has ended, or nobody has decided yet what becomes of it. */
const isSettled = ({ status, decision }: Operation): boolean =>
  !isLive(status) || (status === 'needs_attention' && decision === null);

/** Waits until every operation has ended or needs a decision, and checks at once what was told to have succeeded. */
async function settle(berth: RunningBerth, database: SteadyConnection, trials: Trial[]): Promise<void> {
  await until(async () => {
    for (const trial of trials.filter(({ view }) => !view || !isSettled(view))) {
      const view = await berth.admin.operation(trial.operationId).catch(() => undefined);
      // A problem has a status too: of HTTP.
      if (!view?.steps) continue;
      trial.view = view;
      trial.falsehoods = await checkPromise(berth, database, trial);
    }
    return trials.every(({ view }) => view && isSettled(view));
  }, 300_000).catch(() => undefined);
  for (const { view, falsehoods } of trials)
    if (!view || !isSettled(view))
      falsehoods.push(`still ${view?.status ?? 'unreadable'} after five minutes`);
}

/** What is not so although the operation is told to have ended as it was meant to. */
async function checkPromise(
  berth: RunningBerth,
  database: SteadyConnection,
  { scenario, server, view }: Trial,
): Promise<string[]> {
  if (view?.status !== (scenario.isUndone ? 'cancelled' : 'succeeded')) return [];
  const held = (await database.use(readServers)).find(({ id }) => id === server.id);
  if (!held) return ['the server is not recorded'];
  const { vms, haResources } = await berth.cluster();
  const vmid = vmidOf(vms, server.id);
  const haState = haResources?.find(({ sid }) => sid === `vm:${vmid ?? held.vmid}`)?.state;
  const vm = vmid === null ? undefined : vms[vmid];
  const wrong = scenario.wrong(vm, held, { operation: view, haState });
  return wrong.map((fault) => `told to have ${view.status}, but ${fault}`);
}

const STATUS_MS = 30_000;

/** The oracle's findings by server, once the watcher has had time to see the last changes. */
async function blameFor(
  berth: RunningBerth,
  database: SteadyConnection,
  trials: Trial[],
): Promise<Map<string, string[]>> {
  let lies: [string, string][] = [];
  await until(async () => {
    lies = await falseStatuses(berth, trials);
    return lies.length === 0;
  }, STATUS_MS).catch(() => undefined);
  const leaks = judge(await database.use(readServers), await berth.cluster());
  const faults = new Map<string, string[]>();
  const blame = (name: string, fault: string) => faults.set(name, [...(faults.get(name) ?? []), fault]);
  const [first] = trials;
  for (const { server, fault } of leaks) blame(server ?? first?.server.name ?? '', fault);
  for (const [name, lie] of lies) blame(name, lie);
  // High availability may do something else later.
  for (const trial of trials.filter(({ falsehoods }) => falsehoods.length === 0))
    for (const fault of await checkPromise(berth, database, trial))
      blame(trial.server.name, `later ${fault}`);
  return faults;
}

/** Servers that are shown running or stopped while they are not. */
async function falseStatuses(berth: RunningBerth, trials: Trial[]): Promise<[string, string][]> {
  const { vms } = await berth.cluster();
  const lies: [string, string][] = [];
  for (const { server } of trials) {
    const view = await berth.admin
      .get<Partial<Server>>(`/servers/${server.id}`)
      .catch(() => ({ status: undefined }));
    const vmid = vmidOf(vms, server.id);
    const isRunning = vmid !== null && Boolean(vms[vmid]?.guest);
    if (view.status === 'running' && !isRunning) lies.push([server.name, 'shown as running, but it is not']);
    if (view.status === 'stopped' && isRunning) lies.push([server.name, 'shown as stopped, but it runs']);
  }
  return lies;
}

async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

import { readdir } from 'node:fs/promises';
import type { Database } from '../db/connect.ts';
import type { Simulator } from '../testbed/proxmox/simulator.ts';

/** What PostgreSQL says of a server. */
export interface HeldServer {
  id: string;
  name: string;
  lifecycle: string;
  /** Null for one that was there before Berth. */
  mac: string | null;
  powerState: string;
  vcpu: number;
  memoryMib: number;
  diskGib: number;
  vmid: number | null;
  node: string | null;
  addresses: string[];
  /** Of the last operation: what it was and what became of it. */
  type: string;
  status: string;
}

/** Of these nothing exists. */
const IS_OVER: ReadonlySet<string> = new Set(['failed', 'cancelled', 'deleted']);

/** Reads every server there ever was. */
export const HELD_SERVERS = `
  select s.id, s.name, s.lifecycle, s.mac_address::text as mac, s.power_state as "powerState", s.vcpu,
    s.memory_mib as "memoryMib", s.disk_gib as "diskGib", l.vmid, n.name as node,
    array(select host(a.address) from ip_leases i join ip_addresses a on a.id = i.ip_address_id
          where i.server_id = s.id) as addresses, o.type, o.status
  from servers s left join vmid_leases l on l.server_id = s.id left join nodes n on n.id = s.node_id
  left join lateral (select type, status from operations where server_id = s.id
                     order by created_at desc limit 1) o on true`;

export interface Leak {
  /** Of which server; null: of none. */
  server: string | null;
  fault: string;
}

type ClusterState = Pick<Simulator['state'], 'vms' | 'volumes' | 'tasks' | 'haResources'>;
type SimulatedVm = ClusterState['vms'][number];

/** The same as `judge`, on an estate of a test. */
export async function findLeaks({
  database,
  simulator,
}: {
  database: Database;
  simulator: Pick<Simulator, 'state'>;
}): Promise<string[]> {
  const { rows } = await database.raw<{ rows: HeldServer[] }>(HELD_SERVERS);
  return [
    ...judge(rows, simulator.state).map(({ fault }) => fault),
    ...(await strayUserData(database, rows)),
  ];
}

/** User data on the snippets storage that is no living server's. */
async function strayUserData(database: Database, servers: HeldServer[]): Promise<string[]> {
  const rows: { dir: string }[] = await database('clusters')
    .whereNotNull('snippets_dir')
    .select('snippets_dir as dir');
  const folders = await Promise.all(rows.map(({ dir }) => readdir(`${dir}/snippets`).catch(() => [])));
  const living = servers.filter(({ lifecycle }) => !IS_OVER.has(lifecycle));
  return folders
    .flat()
    .filter((file) => !living.some(({ id }) => file === `berth-${id}.yaml`))
    .map((file) => `user data ${file} belongs to no server`);
}

/**
 * Compares what really exists on the simulated cluster with what the database says, one for one, and says in words what
 * is there twice, left behind or missing. It shares no code with what it checks. Operations that are under way may hold
 * anything; look when they have ended.
 */
export function judge(
  servers: HeldServer[],
  { vms, volumes, tasks, haResources = [] }: ClusterState,
): Leak[] {
  const ours = Object.values(vms).filter(
    ({ config }) => isBerths(config) && config['template'] === undefined,
  );
  const leaks: Leak[] = servers.flatMap((server) => {
    const vm = vms[server.vmid ?? -1];
    const faults = [...faultsOf(server, vm, ours), ...(vm ? strayDisks(vm, volumes) : [])];
    return faults.map((fault) => ({ server: server.name, fault }));
  });
  const leased = new Set(servers.map(({ vmid }) => vmid));
  const nobodys: string[] = [];
  for (const { vmid } of ours) if (!leased.has(vmid)) nobodys.push(`VM ${vmid} belongs to no server`);
  nobodys.push(
    ...twice(
      'VM id',
      servers.flatMap(({ vmid }) => (vmid === null ? [] : [String(vmid)])),
    ),
    ...twice(
      'address in the database',
      servers.flatMap(({ addresses }) => addresses),
    ),
    ...twice(
      'address on Proxmox',
      ours.flatMap(({ config }) => addressOf(config) ?? []),
    ),
    ...twice(
      'MAC address on Proxmox',
      ours.flatMap(({ config }) => macOf(config) ?? []),
    ),
  );
  for (const { volid, node, vmid } of Object.values(volumes))
    if (vmid > 0 && !vms[vmid]) nobodys.push(`volume ${volid} on ${node} belongs to no VM`);
  for (const { sid } of haResources)
    if (!vms[Number(sid.split(':')[1])]) nobodys.push(`high availability looks after ${sid}, which is gone`);
  for (const { upid, endtime } of tasks) if (endtime === null) nobodys.push(`task ${upid} still runs`);
  return [...leaks, ...nobodys.map((fault) => ({ server: null, fault }))];
}

/** Disks under a VM's id that it does not name. */
function strayDisks({ vmid, config, pending }: SimulatedVm, volumes: ClusterState['volumes']): string[] {
  const named = [...Object.values(config), ...Object.values(pending)].map(String);
  return Object.values(volumes)
    .filter((volume) => volume.vmid === vmid && !named.some((value) => value.includes(volume.volid)))
    .map(({ volid }) => `disk ${volid} is left behind`);
}

function faultsOf(server: HeldServer, vm: SimulatedVm | undefined, vms: SimulatedVm[]): string[] {
  const { id, name, lifecycle, vmid, addresses, type, status } = server;
  const strays = vms.filter((it) => it.vmid !== vmid && marker(it.config).includes(id));
  const wrong = strays.map((it) => `VM ${it.vmid} is marked as ${name}, which holds ${vmid}`);
  if (['pending', 'running', 'needs_attention'].includes(status)) return wrong;
  if (lifecycle === 'active' || lifecycle === 'suspended') return [...wrong, ...faultsOfLiving(server, vm)];
  // A deletion that failed has not given back what it could not delete.
  if (lifecycle === 'failed' && type === 'terminate' && status !== 'succeeded') return wrong;
  if (!IS_OVER.has(lifecycle)) wrong.push(`${name} is ${lifecycle} for ever`);
  if (vmid !== null) wrong.push(`${name} is ${lifecycle} and holds VM id ${vmid}`);
  if (addresses.length > 0) wrong.push(`${name} is ${lifecycle} and holds ${addresses.join(', ')}`);
  return wrong;
}

function faultsOfLiving(server: HeldServer, vm: SimulatedVm | undefined): string[] {
  const { id, name, vmid, node, mac, addresses, powerState, status } = server;
  if (!vm) return [`${name} has no VM under id ${vmid}`];
  const wrong: string[] = [];
  if (mac !== null && !marker(vm.config).includes(id)) wrong.push(`VM ${vmid} is not marked as ${name}`);
  if (vm.node !== node) wrong.push(`VM ${vmid} is on ${vm.node}, not on ${node}`);
  // One that failed may have been cut off before it could look.
  const isKnown = status === 'succeeded' && powerState !== 'unknown';
  const power = vm.guest ? 'running' : 'stopped';
  if (isKnown && power !== powerState) wrong.push(`VM ${vmid} is ${power}, not ${powerState}`);
  if (vm.config['lock'] !== undefined) wrong.push(`VM ${vmid} is locked`);
  // An imported one has no mark, and addresses that Berth did not configure.
  if (mac === null) return wrong;
  if (!addresses.includes(addressOf(vm.config) ?? ''))
    wrong.push(`VM ${vmid} has ${addressOf(vm.config)}, ${name} holds ${addresses.join(', ')}`);
  if (macOf(vm.config)?.toLowerCase() !== mac) wrong.push(`VM ${vmid} has another MAC address than ${name}`);
  return wrong;
}

const marker = (config: SimulatedVm['config']): string => String(config['description'] ?? '');
/** Marked, or in the making. */
const isBerths = (config: SimulatedVm['config']): boolean =>
  /berth:|qmclone temporary file/.test(marker(config));
const addressOf = (config: SimulatedVm['config']): string | undefined =>
  /ip=([^/,]+)/.exec(String(config['ipconfig0']))?.[1];
const macOf = (config: SimulatedVm['config']): string | undefined =>
  /virtio=([0-9A-F:]{17})/i.exec(String(config['net0']))?.[1];

function twice(what: string, values: string[]): string[] {
  const seen = new Set<string>();
  return values.flatMap((value) => {
    if (seen.has(value)) return [`${what} ${value} is there twice`];
    seen.add(value);
    return [];
  });
}

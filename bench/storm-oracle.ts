import type { BenchEstate } from './estate.ts';

interface Held {
  id: string;
  name: string;
  lifecycle: string;
  vmid: number | null;
  node: string | null;
  mac: string;
  addresses: string[];
}

const TEMPLATES_FROM = 9_000;
const TEMPLATES_TO = 9_099;

/**
 * Compares what really exists on the simulated cluster with what the database says, one for one, and says in words what
 * is there twice, left behind or missing. It shares no code with what it checks.
 */
export async function findLeaks({ database, simulator }: BenchEstate): Promise<string[]> {
  const { rows: servers } = await database.raw<{ rows: Held[] }>(
    `select s.id, s.name, s.lifecycle, s.mac_address::text as mac, l.vmid, n.name as node,
       array(select host(a.address) from ip_leases i join ip_addresses a on a.id = i.ip_address_id
             where i.server_id = s.id) as addresses
     from servers s left join vmid_leases l on l.server_id = s.id left join nodes n on n.id = s.node_id`,
  );
  const vms = Object.values(simulator.state.vms).filter(
    ({ vmid }) => vmid < TEMPLATES_FROM || vmid > TEMPLATES_TO,
  );
  const leaks: string[] = [];
  const active = servers.filter(({ lifecycle }) => lifecycle === 'active');
  for (const server of active) leaks.push(...faultsOf(server, simulator.state.vms[server.vmid ?? -1]));
  for (const { name, lifecycle, vmid, addresses } of servers) {
    if (lifecycle === 'active') continue;
    if (vmid !== null) leaks.push(`${name} is ${lifecycle} and holds VM id ${vmid}`);
    if (addresses.length > 0) leaks.push(`${name} is ${lifecycle} and holds ${addresses.join(', ')}`);
  }
  const known = new Set(active.map(({ vmid }) => vmid));
  for (const { vmid } of vms) if (!known.has(vmid)) leaks.push(`VM ${vmid} belongs to no server`);
  leaks.push(
    ...twice(
      'VM id',
      active.map(({ vmid }) => String(vmid)),
    ),
    ...twice(
      'address in the database',
      active.flatMap(({ addresses }) => addresses),
    ),
    ...twice(
      'address on Proxmox',
      vms.map(({ config }) => addressOf(config)),
    ),
    ...twice(
      'MAC address on Proxmox',
      vms.map(({ config }) => macOf(config)),
    ),
  );
  for (const volume of Object.values(simulator.state.volumes)) {
    if (!simulator.state.vms[volume.vmid])
      leaks.push(`volume ${volume.volid} on ${volume.node} belongs to no VM`);
  }
  for (const { upid } of simulator.state.tasks.filter(({ endtime }) => endtime === null))
    leaks.push(`task ${upid} still runs`);
  return leaks;
}

type SimulatedVm = BenchEstate['simulator']['state']['vms'][number];

function faultsOf(server: Held, vm: SimulatedVm | undefined): string[] {
  const { name, vmid, node, mac, addresses } = server;
  if (!vm) return [`${name} has no VM under id ${vmid}`];
  const wrong: string[] = [];
  if (!String(vm.config['description']).includes(server.id))
    wrong.push(`VM ${vmid} is not marked as ${name}`);
  if (vm.node !== node) wrong.push(`VM ${vmid} is on ${vm.node}, not on ${node}`);
  if (!vm.guest) wrong.push(`VM ${vmid} does not run`);
  if (vm.config['lock'] !== undefined) wrong.push(`VM ${vmid} is locked`);
  if (addresses.length !== 1 || addressOf(vm.config) !== addresses[0])
    wrong.push(`VM ${vmid} has ${addressOf(vm.config)}, ${name} holds ${addresses.join(', ')}`);
  if (macOf(vm.config).toLowerCase() !== mac) wrong.push(`VM ${vmid} has another MAC address than ${name}`);
  return wrong;
}

const addressOf = (config: SimulatedVm['config']): string =>
  /ip=([^/,]+)/.exec(String(config['ipconfig0']))?.[1] ?? '';
const macOf = (config: SimulatedVm['config']): string =>
  /virtio=([0-9A-F:]{17})/i.exec(String(config['net0']))?.[1] ?? '';

function twice(what: string, values: string[]): string[] {
  const seen = new Set<string>();
  return values.flatMap((value) => {
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [`${what} ${value} is there twice`];
  });
}

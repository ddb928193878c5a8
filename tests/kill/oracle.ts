import type pg from 'pg';
import type { ClusterView } from '../e2e/berth.ts';
import type { Held } from './scenarios.ts';

/** Templates are not Berth's servers. */
const isTemplate = ({ config }: ClusterView['vms'][string]): boolean =>
  String(config['template'] ?? '0') === '1';

/** Every server ever, with what it holds, straight from PostgreSQL. */
export async function readServers(database: pg.Client): Promise<Held[]> {
  const { rows } = await database.query<Held>(
    `select s.id, s.name, s.lifecycle, s.vcpu, s.memory_mib as "memoryMib", s.disk_gib as "diskGib", l.vmid,
       array(select host(a.address) from ip_leases i join ip_addresses a on a.id = i.ip_address_id
         where i.server_id = s.id) as addresses
     from servers s left join vmid_leases l on l.server_id = s.id`,
  );
  return rows;
}

/**
 * Compares what exists on the simulated cluster with what PostgreSQL says, one for one, sharing no code with the product:
 * by server name what is lost, left behind or there twice; under `''` what belongs to no server.
 */
export function compare(servers: Held[], { vms, volumes, tasks }: ClusterView): Map<string, string[]> {
  const faults = new Map<string, string[]>();
  const blame = (name: string, fault: string) => faults.set(name, [...(faults.get(name) ?? []), fault]);
  const owned = Object.values(vms).filter((vm) => !isTemplate(vm));
  const markOf = (vm: ClusterView['vms'][string]) =>
    /berth:([0-9a-f-]{36})/.exec(String(vm.config['description'] ?? ''))?.[1];

  for (const server of servers) {
    const marked = owned.filter((vm) => markOf(vm) === server.id);
    const { name, lifecycle, vmid } = server;
    const isAlive = lifecycle !== 'deleted' && lifecycle !== 'failed';
    if (isAlive && !marked.some((vm) => vm.vmid === vmid)) blame(name, `its VM ${vmid} is lost`);
    if (!isAlive && marked.length > 0) blame(name, `is ${lifecycle} and VM ${marked[0]?.vmid} is left`);
    if (marked.length > 1) blame(name, `has ${marked.length} VMs`);
    if (!isAlive && vmid !== null) blame(name, `is ${lifecycle} and holds VM id ${vmid}`);
    if (!isAlive && server.addresses.length > 0)
      blame(name, `is ${lifecycle} and holds ${server.addresses.join(', ')}`);
    if (isAlive && server.addresses.length === 0) blame(name, 'has lost its addresses');
    for (const vm of marked) {
      if (vm.config['lock'] !== undefined)
        blame(name, `VM ${vm.vmid} is left locked: ${String(vm.config['lock'])}`);
      const configured = /ip=([^/,]+)/.exec(String(vm.config['ipconfig0']))?.[1] ?? '';
      if (!server.addresses.includes(configured))
        blame(name, `VM ${vm.vmid} has ${configured}, which is not its own`);
      const disks = Object.values(volumes).filter((volume) => volume.vmid === vm.vmid);
      for (const { volid } of disks) {
        const isNamed = Object.values(vm.config).some((value) => String(value).includes(volid));
        if (!isNamed) blame(name, `disk ${volid} is left behind`);
      }
    }
  }
  const known = new Set(servers.map(({ id }) => id));
  for (const vm of owned) {
    const mark = markOf(vm);
    if (mark === undefined || !known.has(mark)) blame('', `VM ${vm.vmid} belongs to no server`);
  }
  for (const { volid, vmid } of Object.values(volumes))
    if (vmid > 0 && !vms[vmid]) blame('', `disk ${volid} belongs to no VM`);
  for (const { upid, endtime } of tasks) if (endtime === null) blame('', `task ${upid} still runs`);
  for (const key of ['ipconfig0', 'net0'] as const) {
    const seen = new Map<string, number>();
    for (const { vmid, config } of owned) {
      const value = /(?:ip|virtio)=([^/,]+)/.exec(String(config[key]))?.[1];
      if (value === undefined) continue;
      if (seen.has(value)) blame('', `${value} is on VM ${vmid} and on VM ${seen.get(value)}`);
      seen.set(value, vmid);
    }
  }
  return faults;
}

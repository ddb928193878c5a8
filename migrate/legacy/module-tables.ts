import type { ModuleTable } from '../mapping-schema.ts';

/** Where the Proxmox modules in the field keep the link from a service to its VM, as their sources show. */
export const MODULE_TABLES: Record<string, ModuleTable> = {
  pvewhmcs: { table: 'mod_pvewhmcs_vms', service: 'id', vmid: 'vmid', kind: 'vtype', address: 'ipaddress' },
  // The VMID is the service's id.
  prve: { table: 'mod_prve_vms', service: 'id', vmid: 'id', kind: 'vtype', address: 'ipaddress' },
  proxmoxvm: { table: 'mod_proxmoxvm', service: 'service_id', vmid: 'vmid', node: 'node' },
  puqProxmoxKVM: { table: 'puqProxmoxKVM_vm_info', service: 'service_id', vmid: 'vm_id', node: 'node' },
};

/** Tables of plans: sockets times cores, MB of memory, GB of disk. */
export const PLAN_TABLES: Record<string, string> = { pvewhmcs: 'mod_pvewhmcs_plans', prve: 'mod_prve_plans' };

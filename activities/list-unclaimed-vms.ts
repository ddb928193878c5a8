import type { Deps } from './deps.ts';
import { listClusterVms } from './list-cluster-vms.ts';
import type { UnclaimedVmList } from '../contract/clusters.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';

const MOST = 200;

export function createListUnclaimedVms({ database, clusters }: Pick<Deps, 'database' | 'clusters'>) {
  /** The VMs of a cluster that no server holds, templates left out: those whose name or id holds `search`. */
  return async function listUnclaimedVms(input: {
    clusterId: string;
    search: string;
  }): Promise<UnclaimedVmList> {
    const { clusterId, search } = input;
    const { proxmox } = await clusters.of(clusterId);
    const [vms, leases] = await Promise.all([
      listClusterVms(proxmox),
      VmidLease.query(database).where({ clusterId }).select('vmid'),
    ]);
    const held = new Set(leases.map(({ vmid }) => vmid));
    const wanted = search.toLowerCase();
    const found = vms
      .filter(({ vmid, kind, template }) => kind === 'qemu' && !template && !held.has(vmid))
      .filter(({ vmid, name }) => `${vmid} ${name ?? ''}`.toLowerCase().includes(wanted))
      .sort((one, other) => one.vmid - other.vmid);
    const items = found.slice(0, MOST).map(({ kind: _kind, template: _template, ...vm }) => vm);
    return { items, nextCursor: null, total: found.length };
  };
}

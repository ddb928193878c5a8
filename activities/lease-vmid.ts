import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { loadVm } from './vm-context.ts';
import { Cluster } from '../db/models/cluster.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { queryRows } from '../db/query-rows.ts';
import type { Server } from '../db/models/server.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say } from '../contract/sayings.ts';

export interface Lease {
  vmid: number;
  addresses: string[];
}

export function createLeaseVmid(deps: Deps) {
  /**
   * Leases the lowest id of the cluster's range that no lease holds and no guest uses. `nextid` reserves nothing, so
   * our own table is what keeps two servers apart; Proxmox is asked so that a foreign guest is never run into.
   */
  return async function leaseVmid(claim: OperationClaim): Promise<Lease> {
    const { server, proxmox } = await loadVm(deps, claim);
    const addresses = (server.ipAddresses ?? []).map(({ address }) => address);
    if (server.vmidLease) return { vmid: server.vmidLease.vmid, addresses };

    const used = (await proxmox.clusterResources('vm')).flatMap(({ vmid }) => vmid ?? []);
    for (;;) {
      const vmid = await leaseLowest(deps, server, used);
      if (await proxmox.nextIdFree(vmid)) return { vmid, addresses };
      // A guest the token may not see holds it: /cluster/resources hides such guests, `nextid?vmid=` does not.
      await VmidLease.query(deps.database).delete().where('serverId', server.id);
      used.push(vmid);
    }
  };
}

async function leaseLowest(
  { database }: Deps,
  { id, cluster, clusterId }: Server,
  used: number[],
): Promise<number> {
  if (!cluster) throw finalFailure('internal_error', 'the server has no cluster');
  return database.transaction(async (trx) => {
    // Two leases at once would both find the same id free.
    await Cluster.query(trx).findById(clusterId).forNoKeyUpdate();
    const [free] = await queryRows<{ vmid: number }>(
      trx,
      // Among one more id than are taken there is a free one: no need to look at the whole range.
      `select vmid from generate_series(?::int, least(?::int, ?::int + cardinality(?::int[])
         + (select count(*)::int from vmid_leases where cluster_id = ?))) vmid
       where vmid <> all (?::int[])
         and not exists (select from vmid_leases l where l.cluster_id = ? and l.vmid = vmid.vmid)
       order by vmid limit 1`,
      [cluster.vmidMin, cluster.vmidMax, cluster.vmidMin, used, clusterId, used, clusterId],
    );
    if (!free) {
      const { vmidMin: from, vmidMax: to } = cluster;
      throw finalFailure('no_vmid_left', say('vmids_used_up', { from, to }));
    }
    await VmidLease.query(trx).insert({ clusterId, vmid: free.vmid, serverId: id });
    return free.vmid;
  });
}

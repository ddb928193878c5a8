import type { Deps } from './deps.ts';
import { noteOrphan } from './note-orphan.ts';
import type { NodesRead } from './reconcile-leases.ts';
import { takeTurn } from './take-turn.ts';
import { Cluster } from '../db/models/cluster.ts';
import { queryRows } from '../db/query-rows.ts';
import type { StorageVolume } from '../proxmox/answers.ts';

const GIB = 1024 ** 3;

export function createReconcileVolumes(deps: Deps) {
  /**
   * Finds disks and backups of VM ids in Berth's range that no VM has and no server holds, storage by storage, one call
   * per turn. What the token may not see is not found.
   */
  return async function reconcileVolumes(input: NodesRead): Promise<void> {
    const { database } = deps;
    const { clusterId, nodesRead } = input;
    const { proxmox, tasks } = await deps.clusters.of(clusterId);
    const cluster = await Cluster.query(database).findById(clusterId).throwIfNotFound();
    const resources = await proxmox.clusterResources('vm');
    const used = new Set(resources.map(({ vmid }) => vmid));
    // As of leases: a token that may see no VM would make orphans of all disks.
    if (used.size === 0) return;
    const sharedSeen = new Set<string>();
    for (const node of nodesRead) {
      await takeTurn(tasks, node);
      for (const { storage, content, active, shared } of await proxmox.storages(node)) {
        const holdsVolumes = content.some((kind) => kind === 'images' || kind === 'backup');
        if (!active || !holdsVolumes || sharedSeen.has(storage)) continue;
        if (shared) sharedSeen.add(storage);
        await takeTurn(tasks, node);
        const volumes = await proxmox.storageContent(node, storage);
        const ownerless = volumes.filter(
          ({ vmid, content: kind }) =>
            (kind === 'images' || kind === 'backup') &&
            vmid !== undefined &&
            vmid >= cluster.vmidMin &&
            vmid <= cluster.vmidMax &&
            !used.has(vmid),
        );
        const leased = await leasedVmids(deps, ownerless);
        for (const volume of ownerless) {
          if (!leased.has(volume.vmid)) await noteVolume(deps, input, { node, storage, shared, volume });
        }
        await database.raw(GONE, [clusterId, input.runId, storage, shared, node]);
      }
    }
  };
}

/** Of any cluster: two of them may share the storage. */
async function leasedVmids({ database }: Deps, volumes: StorageVolume[]): Promise<Set<number | undefined>> {
  const rows = await queryRows<{ vmid: number }>(
    database,
    'select vmid from vmid_leases where vmid = any(?::int[])',
    [volumes.flatMap(({ vmid }) => vmid ?? [])],
  );
  return new Set(rows.map(({ vmid }) => vmid));
}

interface FoundVolume {
  node: string;
  storage: string;
  shared: boolean;
  volume: StorageVolume;
}

async function noteVolume(
  { database }: Deps,
  run: NodesRead,
  { node, storage, shared, volume }: FoundVolume,
): Promise<void> {
  const { volid, vmid, size, ctime, content } = volume;
  await noteOrphan(database, run, {
    kind: content === 'backup' ? 'backup' : 'disk',
    identifier: shared ? volid : `${node}/${volid}`,
    node,
    evidence: {
      name: volid,
      storage,
      volume: volid,
      sizeGib: Math.round((size / GIB) * 100) / 100,
      ...(vmid === undefined ? {} : { vmid }),
      ...(ctime === undefined ? {} : { madeAt: ctime }),
    },
  });
}

/** Bindings: cluster, run, storage, whether it is shared, node. */
const GONE = `
  update orphans set gone_at = now()
  where cluster_id = ? and last_run_id <> ? and gone_at is null and kind in ('disk', 'backup')
    and evidence ->> 'storage' = ? and (? or node = ?)`;

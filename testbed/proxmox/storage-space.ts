import { refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { fills, findStorage } from './cluster.ts';
import type { Volume } from './cluster-state.ts';

/** What a storage without space says to those who want some. */

const FULL = 'No space left on device';
const POOL_FULL = 'Cannot create new thin volume, free space in thin pool pve/data reached threshold.';

function takesAll({ faults }: Cluster, node: string, storage: string): boolean {
  return faults.hit('fillStorage', fills(node, storage)) !== undefined;
}

/** Refuses a new image. A raw file takes no space until something is written into it. */
export function requireSpaceForImage(
  cluster: Cluster,
  {
    node,
    storage,
    format,
    path,
    name,
  }: Pick<Volume, 'node' | 'storage' | 'format'> & {
    /** Of a file. */
    path: string;
    /** Of a logical volume. */
    name: string;
  },
): void {
  if (!takesAll(cluster, node, storage)) return;
  if (findStorage(cluster, node, storage)?.type === 'lvmthin') {
    // LVM indents what it prints.
    throw refuse(`lvcreate 'pve/${name}' error:   ${POOL_FULL}`);
  }
  if (format === 'raw') return;
  throw refuse(`unable to create image: qemu-img: ${path}: Could not write qcow2 header: ${FULL}`);
}

/** Refuses snapshots of thin volumes. */
export function requireSpaceForSnapshot(cluster: Cluster, volume: Volume, name: string): void {
  if (findStorage(cluster, volume.node, volume.storage)?.type !== 'lvmthin') return;
  if (!takesAll(cluster, volume.node, volume.storage)) return;
  throw refuse(`lvcreate snapshot 'pve/${name}' error:   ${POOL_FULL}`);
}

/** Ends a copy into a volume: `command` is what copies. */
export function requireSpaceToWrite(
  cluster: Cluster,
  { node, storage }: Volume,
  { bytes, command, log }: { bytes: number; command: string; log: (line: string) => void },
): void {
  if (!takesAll(cluster, node, storage)) return;
  log(`qemu-img: error while writing at byte ${bytes}: ${FULL}`);
  throw refuse(`copy failed: command '${command}' failed: exit code 1`);
}

/** Refuses a file that was uploaded. */
export function requireSpaceForFile(
  cluster: Cluster,
  { node, storage, path }: { node: string; storage: string; path: string },
): void {
  if (takesAll(cluster, node, storage)) throw refuse(`import failed: cp: error writing '${path}': ${FULL}`);
}

/** Ends a backup; the cause is in the log only. */
export function requireSpaceForBackup(
  cluster: Cluster,
  { node, storage, log }: { node: string; storage: string; log: (line: string) => void },
): void {
  if (!takesAll(cluster, node, storage)) return;
  log(`ERROR: zstd: error 70 : Write error : cannot write block : ${FULL}`);
  throw refuse('vma_queue_write: write error - Broken pipe');
}

import { refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { fills, findStorage, isFull, storageFree } from './cluster.ts';
import type { Volume } from './cluster-state.ts';

/** What a storage without space says to those who want some. */

const FULL = 'No space left on device';
const POOL_FULL = 'Cannot create new thin volume, free space in thin pool pve/data reached threshold.';

/** What qemu-img writes of an empty qcow2 image, in bytes. */
const METADATA_BYTES = 331_776;

/** Whether so many bytes can be written to a storage, or to one that is full by a fault. */
export function hasRoom(cluster: Cluster, node: string, name: string, bytes: number): boolean {
  if (cluster.faults.hit('fillStorage', fills(node, name)) !== undefined) return false;
  const storage = findStorage(cluster, node, name);
  return storage === undefined || storageFree(cluster, storage) >= bytes;
}

/** Whether nothing at all can be written any more. */
function isOverfull(cluster: Cluster, node: string, name: string): boolean {
  if (cluster.faults.hit('fillStorage', fills(node, name)) !== undefined) return true;
  const storage = findStorage(cluster, node, name);
  return storage !== undefined && isFull(cluster, storage);
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
  if (findStorage(cluster, node, storage)?.type === 'lvmthin') {
    if (hasRoom(cluster, node, storage, 1)) return;
    // LVM indents what it prints.
    throw refuse(`lvcreate 'pve/${name}' error:   ${POOL_FULL}`);
  }
  if (format === 'raw' || hasRoom(cluster, node, storage, METADATA_BYTES)) return;
  throw refuse(`unable to create image: qemu-img: ${path}: Could not write qcow2 header: ${FULL}`);
}

/** Refuses snapshots of thin volumes. */
export function requireSpaceForSnapshot(cluster: Cluster, volume: Volume, name: string): void {
  if (findStorage(cluster, volume.node, volume.storage)?.type !== 'lvmthin') return;
  if (hasRoom(cluster, volume.node, volume.storage, 1)) return;
  throw refuse(`lvcreate snapshot 'pve/${name}' error:   ${POOL_FULL}`);
}

/** Ends a copy into a volume, in which the bytes copied count already: `command` is what copies. */
export function requireSpaceToWrite(
  cluster: Cluster,
  { node, storage }: { node: string; storage: string },
  { bytes, command, log }: { bytes: number; command: string; log: (line: string) => void },
): void {
  if (!isOverfull(cluster, node, storage)) return;
  log(`qemu-img: error while writing at byte ${bytes}: ${FULL}`);
  throw refuse(`copy failed: command '${command}' failed: exit code 1`);
}

/** Refuses a file that was uploaded. */
export function requireSpaceForFile(
  cluster: Cluster,
  { node, storage, path, bytes }: { node: string; storage: string; path: string; bytes: number },
): void {
  if (hasRoom(cluster, node, storage, bytes)) return;
  throw refuse(`import failed: cp: error writing '${path}': ${FULL}`);
}

/** Ends a backup; the cause is in the log only. */
export function requireSpaceForBackup(
  cluster: Cluster,
  {
    node,
    storage,
    bytes,
    log,
  }: { node: string; storage: string; bytes: number; log: (line: string) => void },
): void {
  if (hasRoom(cluster, node, storage, bytes)) return;
  log(`ERROR: zstd: error 70 : Write error : cannot write block : ${FULL}`);
  throw refuse('vma_queue_write: write error - Broken pipe');
}

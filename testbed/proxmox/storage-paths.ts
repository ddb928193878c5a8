import type { Cluster } from './cluster.ts';
import { findStorage } from './cluster.ts';
import type { StorageState } from './cluster-state.ts';

/** Whether a storage keeps its volumes as files. */
export function hasFiles(type: StorageState['type'] | undefined): boolean {
  return type === 'dir' || type === 'nfs';
}

export function isDirectory(cluster: Cluster, node: string, storage: string): boolean {
  return hasFiles(findStorage(cluster, node, storage)?.type);
}

/** Where a storage with files is mounted. */
export function storagePath(cluster: Cluster, node: string, storage: string): string {
  if (findStorage(cluster, node, storage)?.type === 'nfs') return `/mnt/pve/${storage}`;
  return storage === 'local' ? '/var/lib/vz' : `/srv/${storage}`;
}

/** The file of a volume on a storage with files. */
export function volumePath(cluster: Cluster, node: string, volid: string): string {
  const [storage = '', rest = ''] = volid.split(/:(.*)/s);
  const [kind = '', ...names] = rest.split('/');
  const folder = storagePath(cluster, node, storage);
  if (kind === 'import' || kind === 'snippets') return `${folder}/${rest}`;
  if (kind === 'iso') return `${folder}/template/${rest}`;
  if (kind === 'vztmpl') return `${folder}/template/cache/${names.join('/')}`;
  if (kind === 'backup') return `${folder}/dump/${names.join('/')}`;
  // A linked clone's id names its base first.
  return `${folder}/images/${[kind, ...names].slice(-2).join('/')}`;
}

/** What QEMU opens for a volume. */
export function devicePath(cluster: Cluster, node: string, volid: string): string {
  const [storage = '', name = ''] = volid.split(':');
  const type = findStorage(cluster, node, storage)?.type;
  if (type === 'rbd') return `/dev/rbd-pve/${storage}/${name}`;
  return hasFiles(type) ? volumePath(cluster, node, volid) : `/dev/pve/${name}`;
}

import { refuse } from './api-error.ts';
import { printKeptConfig } from './backup-config.ts';
import type { Cluster } from './cluster.ts';
import { findStorage, findVolume } from './cluster.ts';
import type { Volume } from './cluster-state.ts';
import { forbidden, hasAny, requireAll } from './permissions.ts';
import { markBackups, readRetention } from './prune-backups.ts';
import type { Mark } from './prune-backups.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import type { TaskWorker } from './tasks.ts';
import { backupsOf, removeVolume } from './volumes.ts';

/** A volume's full id, from one with or without its storage. */
export function volumeId({ params }: Call): string {
  const text = String(params.volume);
  return text.includes(':') ? text : `${params.storage}:${text}`;
}

/** Who may do something to a backup: the storage's owner, or whoever may back the VM up there. */
export function checkBackupAccess(
  { cluster, caller }: Call,
  storage: string,
  vmid: number | undefined,
): void {
  const state = cluster.plain;
  if (hasAny(state, caller.user, `/storage/${storage}`, ['Datastore.Allocate'])) return;
  if (vmid === undefined) throw forbidden(`/storage/${storage}, Datastore.Allocate`);
  requireAll(state, caller.user, `/storage/${storage}`, ['Datastore.AllocateSpace']);
  requireAll(state, caller.user, `/vms/${vmid}`, ['VM.Backup']);
}

/** A backup that is there; anything else is refused with what the storage says of it. */
export function requireBackup(cluster: Cluster, node: string, volid: string): Volume {
  const [storage = ''] = volid.split(':');
  if (!findStorage(cluster, node, storage)) throw refuse(`storage '${storage}' does not exist`);
  const volume = findVolume(cluster, node, volid);
  if (!volume) throw refuse(`volume '${volid}' does not exist`);
  if (!volume.backup) throw refuse(`couldn't determine archive info from '${volid}'`);
  return volume;
}

function extractConfig(call: Call): string {
  const { cluster, node } = call;
  const volid = volumeId(call);
  const [storage = ''] = volid.split(':');
  const owner = findVolume(cluster, node, volid)?.vmid ?? Number(/-qemu-(\d+)-/.exec(volid)?.[1] ?? 0);
  checkBackupAccess(call, storage, owner);
  const { backup } = requireBackup(cluster, node, volid);
  return backup ? printKeptConfig(backup.config, (key) => backup.disks[key]?.format ?? 'raw') : '';
}

function marked({ cluster, node, params }: Call): [Volume, Mark][] {
  const storage = String(params.storage);
  if (!findStorage(cluster, node, storage)) throw refuse(`storage '${storage}' does not exist`);
  const retention =
    params['prune-backups'] === undefined ? {} : readRetention(String(params['prune-backups']));
  if (params.type === 'lxc') return [];
  const all = backupsOf(cluster, node, storage, params.vmid === undefined ? undefined : Number(params.vmid));
  return Object.values(Object.groupBy(all, ({ vmid }) => vmid)).flatMap((group) => [
    ...markBackups(group ?? [], retention),
  ]);
}

function pruneBackups(call: Call): string {
  const { params } = call;
  checkBackupAccess(
    call,
    String(params.storage),
    params.vmid === undefined ? undefined : Number(params.vmid),
  );
  const removed = marked(call).filter(([, mark]) => mark === 'remove');
  const id = `${params.vmid === undefined ? '' : `${params.vmid}@`}${params.storage}`;
  return startTask(call, 'prunebackups', id, { volids: removed.map(([{ volid }]) => volid).join(',') });
}

const pruneWorker: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  await work.wait('prune', cluster.scaled(300, 2));
  work.once('pruned', () => {
    for (const volid of String(args.volids).split(',').filter(Boolean)) {
      removeVolume(cluster, node, volid);
      work.log(`removed backup '${volid}'`);
    }
  });
};

function changeAttributes(call: Call): null {
  const { cluster, node, params } = call;
  const volid = volumeId(call);
  const volume = findVolume(cluster, node, volid);
  if (!volume) throw refuse(`volume '${volid}' does not exist`);
  const wanted = ['notes', 'protected'].find((name) => params[name] !== undefined);
  if (wanted !== undefined && volume.content !== 'backup') {
    throw refuse(`only backups support attribute '${wanted}'`);
  }
  checkBackupAccess(call, volume.storage, volume.vmid);
  if (params.notes !== undefined) volume.notes = String(params.notes);
  if (params.protected !== undefined) volume.isProtected = params.protected === 1;
  return null;
}

/** The task of removing old backups. */
export const pruneWorkers: Record<string, TaskWorker> = { prunebackups: pruneWorker };

/** What can be done with backups apart from making and restoring them. */
export const backupFileRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/vzdump/extractconfig',
    isForwarded: true,
    handle: extractConfig,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/prunebackups',
    isForwarded: true,
    handle: (call) =>
      marked(call).map(([{ volid, vmid, ctime }, mark]) => ({ volid, vmid, ctime, mark, type: 'qemu' })),
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/prunebackups',
    isForwarded: true,
    handle: pruneBackups,
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    isForwarded: true,
    handle: changeAttributes,
  },
];

import { createHash, randomBytes } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import { checkBackupAccess, volumeId } from './backup-routes.ts';
import { findStorage, findVolume, isShared } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { StorageState, Volume } from './cluster-state.ts';
import { hasAny } from './permissions.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { devicePath, hasFiles, storagePath, volumePath } from './storage-paths.ts';
import { requireSpaceForFile, requireSpaceForImage } from './storage-space.ts';
import type { TaskWorker } from './tasks.ts';
import { parseSize } from './vm-config.ts';
import { linkedCloneOf, removeVolume, storeVolume } from './volumes.ts';

const READ = ['Datastore.Audit', 'Datastore.AllocateSpace'];
const FOLDER = '/nodes/{node}/storage/{storage}';

/** A storage as the cluster's configuration has it. */
function definition(
  cluster: Cluster,
  { storage, type, content, node }: StorageState,
): Record<string, unknown> {
  const { state } = cluster;
  const place = {
    dir: { path: storagePath(cluster, node, storage) },
    nfs: { path: storagePath(cluster, node, storage), server: '10.20.0.2', export: `/export/${storage}` },
    lvmthin: { vgname: 'pve', thinpool: 'data' },
    rbd: { pool: storage, krbd: 1 },
  }[type];
  return {
    storage,
    type,
    content,
    digest: createHash('sha1').update(JSON.stringify(state.storages)).digest('hex'),
    ...place,
    ...(isShared({ type }) ? { shared: 1 } : {}),
    ...(storage === 'local' ? { 'prune-backups': 'keep-all=1' } : {}),
  };
}

function requireStorage({ cluster, node, params }: Call): StorageState {
  const storage = findStorage(cluster, node, String(params.storage));
  if (!storage) throw refuse(`storage '${params.storage}' does not exist`);
  return storage;
}

function allocate(call: Call): string {
  const { cluster, node, vmid, params } = call;
  const storage = requireStorage(call);
  const name = String(params.filename);
  const isNamed = new RegExp(`^(?:vm|base)-${vmid}-\\S+$`).test(name);
  if (!isNamed) throw refuse(`unable to parse volume filename '${name}'`);
  const onDirectory = hasFiles(storage.type);
  const volid = `${storage.storage}:${onDirectory ? `${vmid}/` : ''}${name}`;
  if (findVolume(cluster, node, volid)) {
    throw refuse(`disk image '${devicePath(cluster, node, volid)}' already exists`);
  }
  const format = onDirectory ? ((params.format ?? 'raw') as Volume['format']) : 'raw';
  const path = volumePath(cluster, node, volid);
  requireSpaceForImage(cluster, { node, storage: storage.storage, format, path, name });
  const text = String(params.size);
  storeVolume(cluster, node, storage.storage, {
    volid,
    vmid,
    size: parseSize(/\d$/.test(text) ? `${text}K` : text),
    used: params.format === 'qcow2' ? 331_776 : 0,
    format,
    content: 'images',
  });
  return volid;
}

function attributes(call: Call): Record<string, unknown> {
  const volid = volumeId(call);
  const volume = findVolume(call.cluster, call.node, volid);
  if (!volume) throw refuse(`volume_size_info on '${volid}' failed - no format`);
  const { size, used, format, notes, isProtected } = volume;
  const ofBackup = {
    ...(notes === undefined ? {} : { notes }),
    ...(isProtected ? { protected: 1 } : {}),
  };
  return { ...ofBackup, size, used, format, path: devicePath(call.cluster, call.node, volid) };
}

/** Deletes without a look at who uses the volume, a running VM included. */
const removeImage: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  const volid = String(args.volid);
  if (linkedCloneOf(cluster, node, volid)) {
    throw new Error(`base volume '${volid}' is still in use by linked cloned`);
  }
  if (findVolume(cluster, node, volid)?.isProtected) {
    const [storage = '', name = ''] = volid.split(/:(.*)/s);
    throw new Error(`cannot remove protected volume '${name}' on '${storage}'`);
  }
  await work.wait('remove', cluster.scaled(300, 2));
  await work.onStorage(node, volid.split(':')[0] ?? '', 'removed', () => {
    removeVolume(cluster, node, volid, work.log);
    work.log(`Removed volume '${volid}'`);
  });
};

function upload(call: Call): string {
  const { params } = call;
  const { content } = requireStorage(call);
  if (!content.split(',').includes(String(params.content))) {
    throw badParameters({
      content: `storage '${params.storage}' does not support '${params.content}' content`,
    });
  }
  const { storage = '', filename = '', tmpsize = 0 } = params;
  return startTask(call, 'imgcopy', '', { storage, filename, content: params.content ?? '', size: tmpsize });
}

const copyImage: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  const [storage, name, kind] = [String(args.storage), String(args.filename), String(args.content)];
  const file = `${storagePath(cluster, node, storage)}/${kind === 'iso' ? 'template/iso' : kind}/${name}`;
  work.once('begin', () => {
    const temporary = `/var/tmp/pveupload-${randomBytes(16).toString('hex')}`;
    work.log(`starting file import from: ${temporary}`);
    work.log(`target node: ${node}`);
    work.log(`target file: ${file}`);
    work.log(`file size is: ${args.size}`);
    work.log(`command: cp -- ${temporary} ${file}`);
  });
  await work.wait('copy', cluster.scaled(500, 2));
  requireSpaceForFile(cluster, { node, storage, path: file, bytes: Number(args.size) });
  work.once('end', () => {
    const volid = `${storage}:${kind}/${name}`;
    storeVolume(cluster, node, storage, {
      volid,
      size: Number(args.size),
      used: Number(args.size),
      format: kind === 'iso' ? 'iso' : 'qcow2',
      content: kind === 'iso' ? 'iso' : 'import',
    });
    work.log('finished file import successfully');
  });
};

/** Workers of the tasks about files on storages, by task type. */
export const storageWorkers: Record<string, TaskWorker> = { imgdel: removeImage, imgcopy: copyImage };

/** /storage, and what can be done to the files on a node's storage. */
export const storageRoutes: Route[] = [
  {
    method: 'GET',
    path: '/storage',
    handle: ({ cluster, params, caller }) => {
      const byName = new Map(cluster.state.storages.map((storage) => [storage.storage, storage]));
      return [...byName.values()]
        .filter(({ storage }) => hasAny(cluster.plain, caller.user, `/storage/${storage}`, READ))
        .filter(({ type }) => params.type === undefined || type === params.type)
        .map((storage) => definition(cluster, storage));
    },
  },
  {
    method: 'GET',
    path: '/storage/{storage}',
    handle: ({ cluster, params }) => {
      const storage = cluster.state.storages.find((one) => one.storage === params.storage);
      if (!storage) throw refuse(`storage '${params.storage}' does not exist`);
      return definition(cluster, storage);
    },
  },
  {
    method: 'POST',
    path: `${FOLDER}/content`,
    isForwarded: true,
    handle: allocate,
  },
  {
    method: 'GET',
    path: `${FOLDER}/content/{volume}`,
    isForwarded: true,
    handle: attributes,
  },
  {
    method: 'DELETE',
    path: `${FOLDER}/content/{volume}`,
    isForwarded: true,
    handle: (call) => {
      const { storage } = requireStorage(call);
      const volid = volumeId(call);
      const volume = findVolume(call.cluster, call.node, volid);
      checkBackupAccess(call, storage, volume?.content === 'backup' ? volume.vmid : undefined);
      const owner = volume?.vmid ?? /(?:vm|base)-(\d+)-/.exec(volid)?.[1] ?? '';
      return startTask(call, 'imgdel', `${owner}@${storage}`, { volid });
    },
  },
  {
    method: 'POST',
    path: `${FOLDER}/upload`,
    // The size of the file, which is not kept itself.
    parameters: { tmpsize: { type: 'integer', optional: true } },
    isForwarded: true,
    handle: upload,
  },
];

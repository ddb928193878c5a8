import { createHash, randomBytes } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import { findStorage, findVolume } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { StorageState, Volume } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import { hasAny, requireAll } from './permissions.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { requireSpaceForFile, requireSpaceForImage } from './storage-space.ts';
import type { TaskWorker } from './tasks.ts';
import { parseSize } from './vm-config.ts';
import { devicePath, linkedCloneOf, removeVolume, storagePath, volumePath } from './volumes.ts';

const READ = ['Datastore.Audit', 'Datastore.AllocateSpace'];
const FOLDER = '/nodes/{node}/storage/{storage}';

/** A storage as the cluster's configuration has it. */
function definition({ state }: Cluster, { storage, type, content }: StorageState): Record<string, unknown> {
  return {
    storage,
    type,
    content,
    digest: createHash('sha1').update(JSON.stringify(state.storages)).digest('hex'),
    ...(type === 'dir' ? { path: storagePath(storage) } : { vgname: 'pve', thinpool: 'data' }),
    ...(storage === 'local' ? { 'prune-backups': 'keep-all=1' } : {}),
  };
}

function requireStorage({ cluster, node, params }: Call): StorageState {
  const storage = findStorage(cluster, node, String(params.storage));
  if (!storage) throw refuse(`storage '${params.storage}' does not exist`);
  return storage;
}

/** A volume's full id, from one with or without its storage. */
function volumeId({ params }: Call): string {
  const text = String(params.volume);
  return text.includes(':') ? text : `${params.storage}:${text}`;
}

function allocate(call: Call): string {
  const { cluster, node, vmid, params } = call;
  const storage = requireStorage(call);
  const name = String(params.filename);
  const isNamed = new RegExp(`^(?:vm|base)-${vmid}-\\S+$`).test(name);
  if (!isNamed) throw refuse(`unable to parse volume filename '${name}'`);
  const onDirectory = storage.type === 'dir';
  const volid = `${storage.storage}:${onDirectory ? `${vmid}/` : ''}${name}`;
  if (findVolume(cluster, node, volid)) {
    throw refuse(`disk image '${devicePath(cluster, node, volid)}' already exists`);
  }
  const format = onDirectory ? ((params.format ?? 'raw') as Volume['format']) : 'raw';
  const path = volumePath(volid);
  requireSpaceForImage(cluster, { node, storage: storage.storage, format, path, name });
  const text = String(params.size);
  cluster.state.volumes[volumeKey(node, volid)] = {
    volid,
    node,
    storage: storage.storage,
    vmid,
    size: parseSize(/\d$/.test(text) ? `${text}K` : text),
    used: params.format === 'qcow2' ? 331_776 : 0,
    format,
    content: 'images',
    ctime: Math.floor(cluster.clock.now() / 1000),
    parent: null,
    system: null,
  };
  return volid;
}

function attributes(call: Call): Record<string, unknown> {
  const volid = volumeId(call);
  const volume = findVolume(call.cluster, call.node, volid);
  if (!volume) throw refuse(`volume_size_info on '${volid}' failed - no format`);
  const { size, used, format } = volume;
  return { size, used, format, path: devicePath(call.cluster, call.node, volid) };
}

/** Deletes without a look at who uses the volume, a running VM included. */
const removeImage: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  const volid = String(args.volid);
  if (linkedCloneOf(cluster, node, volid)) {
    throw new Error(`base volume '${volid}' is still in use by linked cloned`);
  }
  await work.wait('remove', cluster.scaled(300, 2));
  work.once('removed', () => {
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
  const file = `${storagePath(storage)}/${kind === 'iso' ? 'template/iso' : kind}/${name}`;
  work.once('begin', () => {
    const temporary = `/var/tmp/pveupload-${randomBytes(16).toString('hex')}`;
    work.log(`starting file import from: ${temporary}`);
    work.log(`target node: ${node}`);
    work.log(`target file: ${file}`);
    work.log(`file size is: ${args.size}`);
    work.log(`command: cp -- ${temporary} ${file}`);
  });
  await work.wait('copy', cluster.scaled(500, 2));
  requireSpaceForFile(cluster, { node, storage, path: file });
  work.once('end', () => {
    const volid = `${storage}:${kind}/${name}`;
    cluster.state.volumes[volumeKey(node, volid)] = {
      volid,
      node,
      storage,
      vmid: 0,
      size: Number(args.size),
      used: Number(args.size),
      format: kind === 'iso' ? 'iso' : 'qcow2',
      content: kind === 'iso' ? 'iso' : 'import',
      ctime: Math.floor(cluster.clock.now() / 1000),
      parent: null,
      system: null,
    };
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
      requireAll(call.cluster.plain, call.caller.user, `/storage/${storage}`, ['Datastore.Allocate']);
      const owner =
        findVolume(call.cluster, call.node, volid)?.vmid ?? /(?:vm|base)-(\d+)-/.exec(volid)?.[1] ?? '';
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

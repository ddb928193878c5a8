import { createHash, randomBytes } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { findStorage, findVolume } from './cluster.ts';
import type { StorageState, Volume } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import { BOOLEAN, integer, NODE, STRING, VMID } from './parameters.ts';
import type { Parameter, Parameters } from './parameters.ts';
import { hasAny, requireAll, requireAny } from './permissions.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import type { TaskWorker } from './tasks.ts';
import { parseSize } from './vm-config.ts';
import { removeVolume, storagePath, volumePath } from './volumes.ts';

const READ = ['Datastore.Audit', 'Datastore.AllocateSpace'];
const STORAGE: Parameters = { node: NODE, storage: { type: 'string' } };
const VOLUME: Parameters = { ...STORAGE, volume: { type: 'string' } };

function requireStorage({ cluster, node, params }: Call): StorageState {
  const storage = findStorage(cluster, node, String(params.storage));
  if (!storage) throw refuse(`storage '${params.storage}' does not exist`);
  return storage;
}

/** What the cluster's storage.cfg says; its digest is that of the whole file. */
function definitions(cluster: Cluster): Record<string, unknown>[] {
  const byName = new Map(cluster.state.storages.map((one) => [one.storage, one]));
  const found = [...byName.values()].map(({ storage, type, content }) => ({
    storage,
    type,
    content,
    ...(type === 'dir' ? { path: storagePath(storage) } : { thinpool: 'data', vgname: 'pve' }),
    ...(storage === 'local' && type === 'dir' ? { 'prune-backups': 'keep-all=1' } : {}),
  }));
  const digest = createHash('sha1').update(JSON.stringify(found)).digest('hex');
  return found.map((definition) => ({ ...definition, digest }));
}

/** The volume id in a path, which may leave out the storage. */
function volumeIdOf({ params }: Call): string {
  const volume = String(params.volume);
  return volume.includes(':') ? volume : `${params.storage}:${volume}`;
}

/** A volume's owner is in its name, whether or not it exists. */
function ownerOf(volid: string): number | undefined {
  const owner = /(?:vm|base)-(\d+)-/.exec(volid)?.[1];
  return owner === undefined ? undefined : Number(owner);
}

function checkAccess(call: Call, volid: string): void {
  const { cluster, caller, params } = call;
  const owner = ownerOf(volid);
  if (owner !== undefined && hasAny(cluster.state, caller.user, `/vms/${owner}`, ['VM.Config.Disk'])) return;
  requireAny(cluster.state, caller.user, `/storage/${params.storage}`, READ);
}

function allocate(call: Call): string {
  const { cluster, node, params } = call;
  const storage = requireStorage(call);
  const name = String(params.filename);
  const vmid = Number(params.vmid);
  const isFile = storage.type === 'dir';
  const [, stem, suffix] = /^(vm-\d+-[\w.-]+?)(?:\.(raw|qcow2|vmdk))?$/.exec(name) ?? [];
  if (stem === undefined) throw refuse(`unable to parse volume filename '${name}'`);
  const format = (params.format ?? suffix ?? 'raw') as Volume['format'];
  if (suffix !== undefined && suffix !== format) {
    throw badParameters({ format: `different storage formats specified '${format}' and '${suffix}'` });
  }
  if (ownerOf(name) !== vmid) throw refuse(`illegal name '${name}' - should be 'vm-${vmid}-*'`);
  const volid = `${storage.storage}:${isFile ? `${vmid}/${name}` : name}`;
  if (findVolume(cluster, node, volid)) {
    throw refuse(
      isFile ? `disk image '${volumePath(volid)}' already exists` : `lvcreate 'pve/${name}' error: it exists`,
    );
  }
  const text = String(params.size);
  // A number without a unit is in kibibytes here.
  const size = /[MG]$/.test(text) ? parseSize(text) : Number(text) * 1024;
  cluster.state.volumes[volumeKey(node, volid)] = {
    volid,
    node,
    storage: storage.storage,
    vmid,
    size,
    used: format === 'qcow2' ? 331_776 : 0,
    format,
    content: 'images',
    ctime: Math.floor(Date.now() / 1000),
    parent: null,
    system: null,
  };
  return volid;
}

function describeVolume(call: Call): unknown {
  const { cluster, node } = call;
  const volid = volumeIdOf(call);
  checkAccess(call, volid);
  const volume = findVolume(cluster, node, volid);
  if (!volume) throw refuse(`volume_size_info on '${volid}' failed - no format`);
  const { size, used, format } = volume;
  return { size, used, format, path: volumePath(volid) };
}

function deleteVolume(call: Call): string {
  const { cluster, caller, params } = call;
  requireStorage(call);
  requireAll(cluster.state, caller.user, `/storage/${params.storage}`, ['Datastore.Allocate']);
  const volid = volumeIdOf(call);
  const owner = ownerOf(volid);
  const id = owner === undefined ? String(params.storage) : `${owner}@${params.storage}`;
  return startTask(call, 'imgdel', id, { volid });
}

function upload(call: Call): string {
  const storage = requireStorage(call);
  const content = String(call.params.content);
  const filename = String(call.params.filename);
  const suffix = /\.(\w+)$/.exec(filename)?.[1] ?? '';
  const allowed: Record<string, string[]> = {
    iso: ['iso', 'img'],
    import: ['qcow2', 'raw', 'vmdk', 'ova'],
    vztmpl: ['gz', 'xz', 'zst'],
  };
  if (!storage.content.split(',').includes(content)) {
    throw badParameters({ content: `storage '${storage.storage}' does not support '${content}' content` });
  }
  if (!allowed[content]?.includes(suffix)) {
    throw badParameters({ filename: 'wrong file extension' });
  }
  return startTask(call, 'imgcopy', '', {
    volid: `${storage.storage}:${content}/${filename}`,
    content,
    size: Number(call.params.size),
    from: `/var/tmp/pveupload-${randomBytes(16).toString('hex')}`,
  });
}

const CONTENTS = ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import', 'none'];

/** A kind of content that storages hold. */
export const CONTENT: Parameter = {
  ...STRING,
  format: (text) => (CONTENTS.includes(text) ? undefined : `invalid content type '${text}'`),
};

/** /storage, and the files of a node's storages. */
export const storageRoutes: Route[] = [
  {
    method: 'GET',
    path: '/storage',
    parameters: { type: STRING },
    handle: ({ cluster, params, caller }) =>
      definitions(cluster)
        .filter(({ storage }) => hasAny(cluster.state, caller.user, `/storage/${String(storage)}`, READ))
        .filter(({ type }) => params.type === undefined || type === params.type),
  },
  {
    method: 'GET',
    path: '/storage/{storage}',
    parameters: { storage: { type: 'string' } },
    handle: ({ cluster, params }) => {
      const found = definitions(cluster).find(({ storage }) => storage === params.storage);
      if (!found) throw refuse(`storage '${params.storage}' does not exist`);
      return found;
    },
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/content',
    isForwarded: true,
    parameters: {
      ...STORAGE,
      vmid: VMID,
      filename: { type: 'string' },
      size: { type: 'string', pattern: /^\d+[MG]?$/ },
      format: { ...STRING, enum: ['raw', 'qcow2', 'subvol', 'vmdk'] },
    },
    handle: allocate,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    isForwarded: true,
    parameters: VOLUME,
    handle: describeVolume,
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    isForwarded: true,
    parameters: { ...VOLUME, delay: integer(1, 30) },
    handle: deleteVolume,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/upload',
    isForwarded: true,
    parameters: {
      ...STORAGE,
      content: { type: 'string', enum: ['iso', 'vztmpl', 'import'] },
      filename: { type: 'string' },
      /** Noted by whoever read the file. */
      size: integer(0),
      checksum: STRING,
      'checksum-algorithm': STRING,
      tmpfilename: STRING,
      overwrite: BOOLEAN,
    },
    handle: upload,
  },
];

const deleteWorker: TaskWorker = (cluster, { record, log, once }) => {
  const volid = String(record.args.volid);
  once('delete', () => {
    removeVolume(cluster, record.node, volid, (line) => {
      if (line.startsWith('disk image')) log(line);
    });
    log(`Removed volume '${volid}'`);
  });
  return Promise.resolve();
};

const copyWorker: TaskWorker = (cluster, { record, log, once }) => {
  const { volid, content, size, from } = record.args;
  once('copy', () => {
    const target = volumePath(String(volid));
    log(`starting file import from: ${from}`);
    log(`target node: ${record.node}`);
    log(`target file: ${target}`);
    log(`file size is: ${size}`);
    log(`command: cp -- ${from} ${target}`);
    cluster.state.volumes[volumeKey(record.node, String(volid))] = {
      volid: String(volid),
      node: record.node,
      storage: String(volid).split(':')[0] ?? '',
      vmid: 0,
      size: Number(size),
      used: Number(size),
      format: content === 'import' ? 'qcow2' : 'iso',
      content: content === 'import' ? 'import' : 'iso',
      ctime: Math.floor(Date.now() / 1000),
      parent: null,
      system: null,
    };
    log('finished file import successfully');
  });
  return Promise.resolve();
};

/** Workers of tasks about files on storages, by task type. */
export const storageWorkers: Record<string, TaskWorker> = { imgdel: deleteWorker, imgcopy: copyWorker };

import { badParameters, refuse } from './api-error.ts';
import { findStorage, findVm } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { requireSpaceForBackup } from './storage-space.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { isGone } from './tasks.ts';
import { diskKeys, isCdrom, parseDrive, parseSize } from './vm-config.ts';

const GIB = 1024 ** 3;
const BACKUP_MS_PER_GIB = 1000;
const GLOBAL_LOCK_WAIT_MS = 180 * 60_000;
/** One backup runs on a node at a time; no VM has this id. */
const GLOBAL_LOCK = 0;

function backup(call: Call): string {
  const { cluster, node, params } = call;
  const name = String(params.storage ?? 'local');
  const storage = findStorage(cluster, node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  if (!storage.content.split(',').includes('backup')) {
    throw refuse(`can't use storage '${name}' for backups - wrong content type`);
  }
  if (params.vmid === undefined && params.all === undefined && params.pool === undefined) {
    throw badParameters({ vmid: 'property is missing and it is not optional' });
  }
  const pool = cluster.state.pools.find(({ poolid }) => poolid === params.pool);
  const wanted =
    params.vmid === undefined
      ? undefined
      : String(params.vmid)
          .split(/[;, ]+/)
          .map(Number);
  const vmids = cluster.index
    .vmsOn(node)
    .map(({ vmid }) => vmid)
    .filter((vmid) => (wanted ?? pool?.members ?? [vmid]).includes(vmid));
  // The VMs are on other nodes, whose own jobs would see to them.
  if (vmids.length === 0) return 'OK';
  return startTask(call, 'vzdump', vmids.length === 1 ? (vmids[0] ?? '') : '', {
    vmids: vmids.join(','),
    storage: name,
    mode: params.mode ?? 'snapshot',
    extension: { zstd: '.zst', gzip: '.gz', '1': '.lzo', lzo: '.lzo' }[String(params.compress)] ?? '',
    notes: params['notes-template'] ?? null,
  });
}

function sizeOf(vm: Vm): number {
  return diskKeys(vm.config)
    .map((key) => parseDrive(String(vm.config[key])))
    .filter((drive) => !isCdrom(drive) && drive.options.backup !== '0')
    .reduce((sum, { options }) => sum + parseSize(options.size ?? '0'), 0);
}

async function backUpVm(cluster: Cluster, work: TaskWork, vm: Vm): Promise<void> {
  const { args } = work.record;
  const { vmid, node } = vm;
  const storage = String(args.storage);
  const size = sizeOf(vm);
  work.once(`begin-${vmid}`, () => {
    work.log(`INFO: Starting Backup of VM ${vmid} (qemu)`);
    work.log(`INFO: status = ${vm.guest ? 'running' : 'stopped'}`);
    if (vm.config.lock !== undefined) throw new Error(`VM is locked (${vm.config.lock})`);
    vm.config.lock = 'backup';
    work.log(`INFO: backup mode: ${vm.guest ? args.mode : 'stop'}`);
    work.log(`INFO: VM Name: ${vm.config.name ?? `VM ${vmid}`}`);
  });
  try {
    await work.wait(`backup-${vmid}`, cluster.scaled((size / GIB) * BACKUP_MS_PER_GIB, 2));
    requireSpaceForBackup(cluster, { node, storage, log: work.log });
  } catch (err) {
    if (!isGone(err)) delete vm.config.lock;
    throw err;
  }
  work.once(`end-${vmid}`, () => {
    delete vm.config.lock;
    const time = new Date(cluster.clock.now())
      .toISOString()
      .slice(0, 19)
      .replaceAll('-', '_')
      .replace('T', '-')
      .replaceAll(':', '_');
    const volid = `${storage}:backup/vzdump-qemu-${vmid}-${time}.vma${args.extension}`;
    cluster.state.volumes[volumeKey(node, volid)] = {
      volid,
      node,
      storage,
      vmid,
      size: Math.ceil(size * 0.3),
      used: Math.ceil(size * 0.3),
      format: `vma${String(args.extension)}`,
      content: 'backup',
      ctime: Math.floor(cluster.clock.now() / 1000),
      parent: null,
      system: null,
    };
    work.log(`INFO: creating vzdump archive '${volid.split('/')[1]}'`);
    work.log(`INFO: Finished Backup of VM ${vmid}`);
  });
}

/** Task vzdump: one VM after the other; that one fails does not keep the others back. */
const backupWorker: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  await work.lock(node, GLOBAL_LOCK, true, GLOBAL_LOCK_WAIT_MS);
  let hasFailed = false;
  for (const vmid of String(args.vmids).split(',').map(Number)) {
    const vm = findVm(cluster, node, vmid);
    try {
      if (!vm) throw new Error(`unable to find VM '${vmid}'`);
      await backUpVm(cluster, work, vm);
    } catch (err) {
      if (isGone(err)) throw err;
      hasFailed = true;
      work.log(`ERROR: Backup of VM ${vmid} failed - ${err instanceof Error ? err.message : String(err)}`);
    }
  }
  if (hasFailed) throw new Error('job errors');
  work.once('finished', () => work.log('INFO: Backup job finished successfully'));
};

/** The task of backing VMs up. */
export const backupWorkers: Record<string, TaskWorker> = { vzdump: backupWorker };

export const backupRoutes: Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/vzdump',
    isForwarded: true,
    handle: backup,
  },
];

import { randomUUID } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import { backedUpDisks, keptConfig } from './backup-config.ts';
import { findStorage, findVm, findVolume } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Backup, Vm } from './cluster-state.ts';
import { hasAny, requireAll } from './permissions.ts';
import { markBackups, readRetention } from './prune-backups.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { storagePath } from './storage-paths.ts';
import { requireSpaceForBackup } from './storage-space.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { isGone } from './tasks.ts';
import { parseDrive } from './vm-config.ts';
import { backupsOf, printAmount, removeVolume, storeVolume } from './volumes.ts';

const GIB = 1024 ** 3;
const BACKUP_MS_PER_GIB = 1000;
const GLOBAL_LOCK_WAIT_MS = 180 * 60_000;
/** One backup runs on a node at a time; no VM has this id. */
const GLOBAL_LOCK = 0;

function backup(call: Call): string {
  const { cluster, node, params, caller } = call;
  const name = String(params.storage ?? 'local');
  const storage = findStorage(cluster, node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  requireAll(cluster.plain, caller.user, `/storage/${name}`, ['Datastore.AllocateSpace']);
  if (!storage.content.split(',').includes('backup')) {
    throw refuse(`can't use storage '${name}' for backups - wrong content type`);
  }
  if (params['prune-backups'] !== undefined) readRetention(String(params['prune-backups']));
  const vmids = wantedVms(call);
  // The VMs are on other nodes, whose own jobs would see to them.
  if (vmids.length === 0) return 'OK';
  return startTask(call, 'vzdump', vmids.length === 1 ? (vmids[0] ?? '') : '', {
    vmids: vmids.join(','),
    storage: name,
    mode: params.mode ?? 'snapshot',
    compress: params.compress ?? '0',
    extension: { zstd: '.zst', gzip: '.gz', '1': '.lzo', lzo: '.lzo' }[String(params.compress)] ?? '',
    notes: params['notes-template'] ?? null,
    isProtected: params.protected === 1,
    retention: params.remove === 0 ? null : (params['prune-backups'] ?? null),
  });
}

/** Those of the wanted VMs that are on the node: named ones must be the caller's to back up, others just are left out. */
function wantedVms({ cluster, node, params, caller }: Call): number[] {
  if (params.vmid === undefined && params.all === undefined && params.pool === undefined) {
    throw badParameters({ vmid: 'property is missing and it is not optional' });
  }
  const pool = cluster.plain.pools.find(({ poolid }) => poolid === params.pool);
  const named = String(params.vmid ?? '')
    .split(/[;, ]+/)
    .filter(Boolean)
    .map(Number);
  for (const vmid of named) requireAll(cluster.plain, caller.user, `/vms/${vmid}`, ['VM.Backup']);
  return cluster.index
    .vmsOn(node)
    .map(({ vmid }) => vmid)
    .filter((vmid) => (params.vmid === undefined ? (pool?.members ?? [vmid]) : named).includes(vmid))
    .filter((vmid) => hasAny(cluster.plain, caller.user, `/vms/${vmid}`, ['VM.Backup']));
}

/** What a backup of a VM holds. */
function contentOf(cluster: Cluster, vm: Vm): Backup {
  const config = keptConfig(vm);
  const disks: Backup['disks'] = {};
  for (const key of backedUpDisks(config)) {
    const volume = findVolume(cluster, vm.node, parseDrive(String(config[key])).file);
    if (!volume) throw new Error(`volume '${parseDrive(String(config[key])).file}' does not exist`);
    const { size, used, format, system } = volume;
    disks[key] = { size, used, format, system };
  }
  return { config, disks };
}

function duration(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString().slice(11, 19);
}

/** Local time as vzdump prints it, `2026-01-31 12:00:00`. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace('T', ' ');
}

async function backUpVm(cluster: Cluster, work: TaskWork, vm: Vm): Promise<void> {
  const { args } = work.record;
  const { vmid, node } = vm;
  const storage = String(args.storage);
  const now = (): number => cluster.clock.now();
  work.once(`begin-${vmid}`, () => {
    work.log(`INFO: Starting Backup of VM ${vmid} (qemu)`);
    work.log(`INFO: Backup started at ${stamp(now())}`);
    work.log(`INFO: status = ${vm.guest ? 'running' : 'stopped'}`);
    if (vm.config.lock !== undefined) throw new Error(`VM is locked (${vm.config.lock})`);
    vm.config.lock = 'backup';
    args[`time-${vmid}`] = stamp(now()).replaceAll('-', '_').replace(' ', '-').replaceAll(':', '_');
    args[`began-${vmid}`] = now();
    announce(work, vm);
  });
  const name = `vzdump-qemu-${vmid}-${String(args[`time-${vmid}`])}.vma${String(args.extension)}`;
  try {
    const held = contentOf(cluster, vm);
    const disks = Object.values(held.disks);
    const size = disks.reduce((sum, disk) => sum + disk.size, 0);
    const used = disks.reduce((sum, disk) => sum + disk.used, 0);
    work.once(`archive-${vmid}`, () => {
      work.log(`INFO: creating vzdump archive '${storagePath(cluster, node, storage)}/dump/${name}'`);
      if (!vm.guest) work.log('INFO: starting kvm to execute backup task');
      work.log(`INFO: started backup task '${randomUUID()}'`);
    });
    await work.wait(`backup-${vmid}`, cluster.scaled((size / GIB) * BACKUP_MS_PER_GIB, 2));
    const archive = Math.ceil(args.extension === '' ? used : used * 0.45) + 20_480;
    requireSpaceForBackup(cluster, { node, storage, bytes: archive, log: work.log });
    work.once(`end-${vmid}`, () => {
      const seconds = Math.max(1, Math.round((now() - Number(args[`began-${vmid}`])) / 1000));
      const amount = printAmount(size);
      work.log(
        `INFO: 100% (${amount} of ${amount}) in ${seconds}s, read: ${printAmount(size / seconds)}/s, write: ${printAmount(used / seconds)}/s`,
      );
      if (size > used) {
        work.log(
          `INFO: backup is sparse: ${printAmount(size - used)} (${Math.floor((100 * (size - used)) / size)}%) total zero data`,
        );
      }
      work.log(`INFO: transferred ${amount} in ${seconds} seconds (${printAmount(size / seconds)}/s)`);
      if (!vm.guest) work.log('INFO: stopping kvm after backup task');
      work.log(`INFO: archive file size: ${printAmount(archive).replace('iB', 'B').replace(' ', '')}`);
      delete vm.config.lock;
      storeVolume(cluster, node, storage, {
        volid: `${storage}:backup/${name}`,
        vmid,
        size: archive,
        used: archive,
        format: `vma${String(args.extension)}`,
        content: 'backup',
        backup: held,
        ...(args.notes === null ? {} : { notes: fillNotes(String(args.notes), cluster, vm) }),
        ...(args.isProtected ? { isProtected: true } : {}),
      });
      prune(cluster, work, vm);
      work.log(`INFO: Finished Backup of VM ${vmid} (${duration(now() - Number(args[`began-${vmid}`]))})`);
      work.log(`INFO: Backup finished at ${stamp(now())}`);
    });
  } catch (err) {
    if (!isGone(err) && vm.config.lock === 'backup') delete vm.config.lock;
    throw err;
  }
}

/** What is said of a VM before its backup begins. */
function announce(work: TaskWork, vm: Vm): void {
  const { config, vmid } = vm;
  work.log(`INFO: VM Name: ${config.name ?? `VM ${vmid}`}`);
  for (const key of backedUpDisks(config)) {
    const { file, options } = parseDrive(String(config[key]));
    work.log(`INFO: include disk '${key}' '${file}' ${options.size ?? ''}`);
  }
  work.log(`INFO: backup mode: ${vm.guest ? String(work.record.args.mode) : 'stop'}`);
  work.log('INFO: ionice priority: 7');
  if (Object.keys(vm.snapshots ?? {}).length > 0) {
    work.log('INFO: snapshots found (not included into backup)');
  }
  if (Object.keys(vm.pending).length > 0 || vm.pendingDelete.length > 0) {
    work.log('INFO: pending configuration changes found (not included into backup)');
  }
}

/** Fills `{{guestname}}` and the like in. */
function fillNotes(template: string, { state }: Cluster, vm: Vm): string {
  const values: Record<string, string> = {
    cluster: state.nodes.length > 1 ? 'testbed' : 'standalone node',
    guestname: String(vm.config.name ?? `VM ${vm.vmid}`),
    node: vm.node,
    vmid: String(vm.vmid),
  };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (all, name: string) => values[name] ?? all);
}

function prune(cluster: Cluster, work: TaskWork, vm: Vm): void {
  const { retention, storage } = work.record.args;
  if (typeof retention !== 'string') return;
  work.log(`INFO: prune older backups with retention: ${retention}`);
  const marks = markBackups(backupsOf(cluster, vm.node, String(storage), vm.vmid), readRetention(retention));
  const removed = [...marks].filter(([, mark]) => mark === 'remove').map(([volume]) => volume);
  for (const { volid } of removed) {
    work.log(`INFO: removing backup '${volid}'`);
    removeVolume(cluster, vm.node, volid);
  }
  work.log(`INFO: pruned ${removed.length} backup(s) not covered by keep-retention policy`);
}

/** How vzdump would be called for this job. */
function commandOf({ args }: TaskWork['record']): string {
  const options = Object.entries({
    storage: args.storage,
    mode: args.mode,
    compress: args.compress,
    'notes-template': args.notes,
    'prune-backups': args.retention,
  }).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [`--${name} ${String(value)}`],
  );
  return ['vzdump', ...String(args.vmids).split(','), ...options].join(' ');
}

/** Task vzdump: one VM after the other; that one fails does not keep the others back. */
const backupWorker: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  work.once('command', () => work.log(`INFO: starting new backup job: ${commandOf(work.record)}`));
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
      work.log(`INFO: Failed at ${stamp(cluster.clock.now())}`);
    }
  }
  if (hasFailed) {
    work.log('INFO: Backup job finished with errors');
    throw new Error('job errors');
  }
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

import { badParameters, refuse } from './api-error.ts';
import { findNode, findStorage, findVm, findVolume, requireVm } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Vm, Volume } from './cluster-state.ts';
import { SHARED, volumeKey } from './cluster-state.ts';
import { askHa } from './ha-manager.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { isGone } from './tasks.ts';
import { checkNotLocked, diskKeys, isCdrom, isCloudInitDrive, parseDrive } from './vm-config.ts';
import { linkedClonesOf } from './volumes.ts';

const GIB = 1024 ** 3;
const COPY_MS_PER_GIB = 2000;
const HANDOVER_MS = 1500;

interface LocalDisk {
  key: string;
  volume: Volume;
}

function disksOf(cluster: Cluster, vm: Vm): LocalDisk[] {
  const keys = [...diskKeys(vm.config), ...Object.keys(vm.config).filter((key) => /^unused\d+$/.test(key))];
  return keys.flatMap((key) => {
    const volume = findVolume(cluster, vm.node, parseDrive(String(vm.config[key])).file);
    return volume ? [{ key, volume }] : [];
  });
}

/** Those that have to be copied: disks on shared storages are on the other node already. */
function localDisks(cluster: Cluster, vm: Vm): LocalDisk[] {
  return disksOf(cluster, vm).filter(({ volume }) => volume.node !== SHARED);
}

function missingStorages(cluster: Cluster, vm: Vm, target: string): string[] {
  const names = disksOf(cluster, vm).map(({ volume }) => volume.storage);
  return [...new Set(names)].filter((name) => !findStorage(cluster, target, name));
}

/** Configuration keys of devices that only this node has; mapped ones may be on others. */
function localResources({ config }: Vm): string[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const isDevice = /^(?:hostpci|usb|serial|parallel)\d+$/.test(key);
    return isDevice && !/mapping=|^spice|^host=spice|^socket/.test(String(value)) ? [key] : [];
  });
}

function isLocalImage(key: string, vm: Vm): boolean {
  const drive = parseDrive(String(vm.config[key]));
  return isCdrom(drive) && !isCloudInitDrive(drive);
}

/** What GET migrate tells before one is begun; before 9 the nodes are told for a stopped VM only. */
function preconditions({ cluster, node, vmid }: Call): Record<string, unknown> {
  const vm = requireVm(cluster, node, vmid);
  checkNotLocked(vm);
  const others = cluster.state.nodes.map((other) => other.node).filter((name) => name !== node);
  const isAllowed = (name: string): boolean => missingStorages(cluster, vm, name).length === 0;
  return {
    running: vm.guest ? 1 : 0,
    ...(vm.guest && cluster.plain.release === '8.4'
      ? {}
      : {
          allowed_nodes: others.filter(isAllowed),
          not_allowed_nodes: Object.fromEntries(
            others
              .filter((name) => !isAllowed(name))
              .map((name) => [name, { unavailable_storages: missingStorages(cluster, vm, name) }]),
          ),
        }),
    local_disks: localDisks(cluster, vm).map(({ key, volume }) => ({
      volid: volume.volid,
      size: volume.size,
      cdrom: isCdrom(parseDrive(String(vm.config[key]))) ? 1 : 0,
      is_unused: key.startsWith('unused') ? 1 : 0,
    })),
    local_resources: localResources(vm),
    'mapped-resources': [],
    'mapped-resource-info': {},
  };
}

function migrate(call: Call): string {
  const { cluster, node, vmid, params } = call;
  const target = String(params.target);
  if (!findNode(cluster, target)) throw refuse(`no such cluster node '${target}'`);
  if (target === node) throw badParameters({ target: 'target is local node.' });
  const vm = requireVm(cluster, node, vmid);
  checkNotLocked(vm);
  if (vm.guest && !params.online) throw refuse("can't migrate running VM without --online");
  for (const name of missingStorages(cluster, vm, target)) {
    throw refuse(`storage '${name}' is not available on node '${target}'`);
  }
  const asked = askHa(call, 'hamigrate', { target });
  if (asked !== undefined) return asked;
  return startTask(call, 'qmigrate', vmid, { target, withLocalDisks: params['with-local-disks'] === 1 });
}

/** A migration logs in to the other node first. */
function checkReachable(cluster: Cluster, work: TaskWork, target: string): void {
  const cut = cluster.faults.hit('nodeDown', (rule) => rule.node === target);
  if (!cut) return;
  const { ip = '' } = findNode(cluster, target) ?? {};
  work.log(stamped(cluster, `ssh: connect to host ${ip} port 22: ${cut.reason ?? 'No route to host'}`));
  throw new Error("Can't connect to destination address using public key");
}

function checkMovable(cluster: Cluster, work: TaskWork, vm: Vm): void {
  const devices = localResources(vm);
  if (devices.length > 0) throw new Error(`can't migrate VM which uses local devices: ${devices.join(', ')}`);
  const base = linkedClonesOf(cluster, vm);
  if (base) throw new Error(`can't migrate '${base}' as it's a base image with linked clones`);
  for (const { key, volume } of localDisks(cluster, vm)) {
    work.log(
      stamped(
        cluster,
        `found local disk '${volume.volid}' (${key.startsWith('unused') ? 'unused' : 'attached'})`,
      ),
    );
    if (isLocalImage(key, vm)) {
      work.log(stamped(cluster, `ERROR: can't migrate local disk '${volume.volid}': local cdrom image`));
      throw new Error("can't migrate VM - check log");
    }
    if (volume.parent)
      throw new Error(`can't migrate local disk '${volume.volid}' as it's a clone of '${volume.parent}'`);
    const isLive = vm.guest && !isCloudInitDrive(parseDrive(String(vm.config[key])));
    if (isLive && !work.record.args.withLocalDisks) {
      throw new Error(
        `can't live migrate attached local disks without with-local-disks option: '${volume.volid}'`,
      );
    }
  }
}

/** Lines of a migration begin with the time. */
function stamped(cluster: Cluster, line: string): string {
  return `${new Date(cluster.clock.now()).toISOString().slice(0, 19).replace('T', ' ')} ${line}`;
}

function moveTo(cluster: Cluster, vm: Vm, target: string): void {
  for (const { volume } of localDisks(cluster, vm)) {
    delete cluster.state.volumes[volumeKey(vm.node, volume.volid)];
    cluster.state.volumes[volumeKey(target, volume.volid)] = { ...volume, node: target };
  }
  vm.node = target;
  delete vm.config.lock;
}

/** Task qmigrate on the source's node: copies the disks, hands a running guest over and moves the config. */
const migrateWorker: TaskWorker = async (cluster, work) => {
  const { node, id, args } = work.record;
  const target = String(args.target);
  if (work.record.done.includes('moved')) return;
  await work.lock(node, Number(id));
  const vm = findVm(cluster, node, Number(id));
  if (!vm) throw new Error(`unable to find configuration file for VM ${id} on node '${node}'`);
  const began = work.record.starttime;
  const duration = (): string => new Date(cluster.clock.shown() - began * 1000).toISOString().slice(11, 19);
  try {
    work.once('begin', () => {
      work.log(
        stamped(
          cluster,
          `starting migration of VM ${id} to node '${target}' (${findNode(cluster, target)?.ip})`,
        ),
      );
      checkReachable(cluster, work, target);
      checkMovable(cluster, work, vm);
      vm.config.lock = 'migrate';
      if (localDisks(cluster, vm).length > 0) {
        work.log(stamped(cluster, vm.guest ? 'starting storage migration' : 'copying local disk images'));
      }
    });
    for (const { key, volume } of localDisks(cluster, vm)) {
      work.once(`copying-${key}`, () =>
        work.log(
          stamped(
            cluster,
            vm.guest ? `drive mirror is starting for drive-${key}` : `copying '${volume.volid}'`,
          ),
        ),
      );
      await work.wait(`copy-${key}`, cluster.scaled((volume.size / GIB) * COPY_MS_PER_GIB, 2));
    }
    if (vm.guest) {
      work.once('handing-over', () =>
        work.log(stamped(cluster, `starting online/live migration on unix:/run/qemu-server/${id}.migrate`)),
      );
      await work.wait('hand-over', cluster.scaled(HANDOVER_MS, 2));
      work.once('handed-over', () => work.log(stamped(cluster, 'migration status: completed')));
    }
    work.once('moved', () => {
      moveTo(cluster, vm, target);
      work.log(stamped(cluster, `migration finished successfully (duration ${duration()})`));
    });
  } catch (err) {
    if (isGone(err)) throw err;
    if (vm.config.lock === 'migrate') delete vm.config.lock;
    const cause = err instanceof Error ? err.message : String(err);
    work.log(stamped(cluster, `ERROR: migration aborted (duration ${duration()}): ${cause}`));
    throw new Error('migration aborted', { cause: err });
  }
};

/** The task of moving a VM to another node. */
export const migrateWorkers: Record<string, TaskWorker> = { qmigrate: migrateWorker };

const PATH = '/nodes/{node}/qemu/{vmid}/migrate';

export const migrateRoutes: Route[] = [
  {
    method: 'GET',
    path: PATH,
    handle: preconditions,
  },
  {
    method: 'POST',
    path: PATH,
    isForwarded: true,
    handle: migrate,
  },
];

import type { Cluster } from './cluster.ts';
import { findStorage, isShared } from './cluster.ts';
import type { Guest, SavedGuest, Vm, VmConfig } from './cluster-state.ts';
import type { TaskWork } from './tasks.ts';
import { diskKeys, isCdrom, parseDrive } from './vm-config.ts';
import { allocateVolume, printAmount, removeVolume } from './volumes.ts';

const MIB = 1024 ** 2;
/** Beside the RAM, which may change while it is saved, there is the state of the devices. */
const DEVICES_MIB = 500;
const SAVE_MS_PER_GIB = 3000;

function memoryMib(config: VmConfig): number {
  return Number(/\d+/.exec(String(config.memory ?? 512))?.[0]);
}

/** Where a VM's RAM goes: where its config says, else to a shared storage of its disks, else to their first. */
export function stateStorage(cluster: Cluster, vm: Vm): string {
  if (vm.config.vmstatestorage !== undefined) return String(vm.config.vmstatestorage);
  const names = diskKeys(vm.config)
    .map((key) => parseDrive(String(vm.config[key])))
    .filter((drive) => !isCdrom(drive))
    .map(({ file }) => file.split(':')[0] ?? '');
  const shared = names.find((name) => {
    const storage = findStorage(cluster, vm.node, name);
    return storage !== undefined && isShared(storage);
  });
  return shared ?? names[0] ?? 'local';
}

/** Makes the volume for a guest's RAM, twice its size, and answers what the config says of it. */
export function makeState(
  cluster: Cluster,
  vm: Vm,
  name: string,
  storage: string,
  log: (line: string) => void,
): VmConfig {
  const size = (memoryMib(vm.config) * 2 + DEVICES_MIB) * MIB;
  const volume = allocateVolume(
    cluster,
    vm,
    storage,
    { name: `vm-${vm.vmid}-state-${name}`, size, format: 'raw' },
    log,
  );
  return {
    vmstate: volume.volid,
    runningmachine: 'pc-i440fx-10.0+pve1',
    runningcpu: 'qemu64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt',
  };
}

/** Writes a guest's RAM to its volume; the volume then has as much in it as the guest used. */
export async function saveRam(cluster: Cluster, work: TaskWork, vm: Vm, volid: string): Promise<void> {
  const memory = memoryMib(vm.config) * MIB;
  const began = cluster.clock.now();
  await work.wait('save-ram', cluster.scaled((memory / 1024 ** 3) * SAVE_MS_PER_GIB, 2));
  work.once('ram-saved', () => {
    const volume = Object.values(cluster.state.volumes).find((one) => one.volid === volid);
    if (volume) volume.used = Math.floor(memory * 0.35);
    const seconds = Math.round((cluster.clock.now() - began) / 1000);
    const amount = printAmount(volume?.used ?? 0);
    work.log(`completed saving the VM state in ${seconds}s, saved ${amount}`);
  });
}

/** What goes on once the RAM is read back: a new process with the guest as it was. */
export function wakeGuest(cluster: Cluster, { guest, at }: SavedGuest): Guest {
  const now = cluster.clock.now();
  cluster.state.nextPid += 3;
  return {
    ...guest,
    pid: cluster.state.nextPid,
    startedAt: now,
    bootedAt: now + Math.max(0, guest.bootedAt - at),
    paused: false,
  };
}

/** Starts a VM that was suspended to disk where it left off. */
export async function wakeVm(cluster: Cluster, work: TaskWork, vm: Vm, ms: number): Promise<void> {
  work.once('waking', () => work.log('Resuming suspended VM'));
  await work.wait('wake', ms);
  work.once('awake', () => {
    if (vm.saved) vm.guest = wakeGuest(cluster, vm.saved);
    work.log('Resumed VM, removing state');
    removeVolume(cluster, vm.node, String(vm.config.vmstate), work.log);
    delete vm.saved;
    for (const key of ['lock', 'vmstate', 'runningmachine', 'runningcpu']) delete vm.config[key];
  });
}

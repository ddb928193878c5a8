import type { Cluster } from './cluster.ts';
import { findNode, findVm, findVolume, lockKey, missingConfig } from './cluster.ts';
import type { Guest, Vm } from './cluster-state.ts';
import { agentAnswers, bootGuest, isAgentEnabled, resetGuest } from './guests.ts';
import { makeState, saveRam, stateStorage, wakeVm } from './ram-state.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { isGone } from './tasks.ts';
import { applyPending } from './update-config.ts';
import { diskKeys, isCloudInitDrive, mergedConfig, parseDrive } from './vm-config.ts';
import { removeVolume } from './volumes.ts';

/** The one bridge every node has. */
const BRIDGE = 'vmbr0';
const START_MS = 900;
const STOP_MS = 400;
const SHUTDOWN_MS = 3000;
const RESTART_AFTER_MS = 1000;
const CLEANUP_AFTER_MS = 1000;
const CLEANUP_HOLDS_MS = 30_000;

function vmOf(cluster: Cluster, work: TaskWork): Vm {
  const { node, id } = work.record;
  const vm = findVm(cluster, node, Number(id));
  if (!vm) throw new Error(missingConfig(node, Number(id)));
  return vm;
}

function checkLock(work: TaskWork, vm: Vm, allowed: string[] = []): void {
  const { lock } = vm.config;
  if (lock === undefined || work.record.args.skiplock || allowed.includes(String(lock))) return;
  throw new Error(`VM is locked (${lock})`);
}

function checkVcpus(cluster: Cluster, vm: Vm): void {
  const { sockets, cores } = mergedConfig(vm);
  const most = findNode(cluster, vm.node)?.cpus ?? 0;
  if (Number(sockets ?? 1) * Number(cores ?? 1) <= most) return;
  throw new Error(`MAX ${most} vcpus allowed per VM on this node`);
}

function checkBridges(vm: Vm): void {
  for (const [key, value] of Object.entries(mergedConfig(vm))) {
    const bridge = /^net\d+$/.test(key) && /,bridge=([^,]+)/.exec(String(value))?.[1];
    if (bridge && bridge !== BRIDGE) throw new Error(`bridge '${bridge}' does not exist`);
  }
}

function checkKvm(cluster: Cluster, vm: Vm): void {
  if (mergedConfig(vm).kvm === 0 || !findNode(cluster, vm.node)?.hasNoKvm) return;
  throw new Error(
    'KVM virtualisation configured, but not available. Either disable in VM configuration or enable in BIOS.',
  );
}

function checkVolumes(cluster: Cluster, vm: Vm): void {
  const config = mergedConfig(vm);
  for (const key of diskKeys(config)) {
    const { file } = parseDrive(String(config[key]));
    if (file.includes(':') && !findVolume(cluster, vm.node, file)) {
      throw new Error(`volume '${file}' does not exist`);
    }
  }
}

const startVm: TaskWorker = async (cluster, work) => {
  const vmid = Number(work.record.id);
  vmOf(cluster, work);
  await work.lock(work.record.node, vmid);
  const vm = vmOf(cluster, work);
  if (vm.config.lock === 'suspended') return wakeVm(cluster, work, vm, cluster.scaled(START_MS, 2));
  if (!work.record.done.includes('started')) {
    if (vm.config.template) throw new Error("you can't start a vm if it's a template");
    checkLock(work, vm);
    if (vm.guest) throw new Error(`VM ${vmid} already running`);
    checkVcpus(cluster, vm);
    checkKvm(cluster, vm);
    checkBridges(vm);
    checkVolumes(cluster, vm);
  }
  work.once('prepare', () => {
    applyPending(cluster, vm);
    const keys = diskKeys(vm.config);
    if (keys.some((key) => isCloudInitDrive(parseDrive(String(vm.config[key]))))) {
      work.log('generating cloud-init ISO');
    }
  });
  await work.wait('qemu', cluster.scaled(START_MS, 2));
  work.once('started', () => {
    vm.guest = bootGuest(cluster, vm);
    vm.restartAt = null;
  });
};

/** Ends QEMU; a moment later `qm cleanup` runs for it and takes the VM's lock. */
function turnOff(cluster: Cluster, vm: Vm): void {
  vm.guest = null;
  applyPending(cluster, vm);
  const after = cluster.scaled(CLEANUP_AFTER_MS);
  // Without durations there is no "too soon" either, so the clean-up is left out then.
  vm.cleanupAt = after > 20 ? cluster.clock.now() + after : null;
  if (vm.cleanupAt !== null) scheduleCleanup(cluster, vm);
}

/** The guest ended by itself, for which there is no task. */
export function powerOff(cluster: Cluster, vm: Vm): void {
  turnOff(cluster, vm);
}

const stopVm: TaskWorker = async (cluster, work) => {
  const { node, user, args } = work.record;
  const vmid = Number(work.record.id);
  if (!findVm(cluster, node, vmid)) {
    throw new Error(`unable to find configuration file for VM ${vmid} on node '${node}'`);
  }
  if (args['overrule-shutdown']) {
    const overruled = cluster.index
      .tasksOn(node)
      .filter(
        (task) =>
          task.type === 'qmshutdown' &&
          task.endtime === null &&
          task.id === String(vmid) &&
          (task.user === user || user === 'root@pam'),
      );
    if (overruled.length > 0) {
      work.log(`overruled qmshutdown tasks: ${overruled.map(({ upid }) => upid).join(', ')}`);
      await Promise.all(overruled.map(({ upid }) => cluster.tasks.stop(upid)));
    }
  }
  await work.lock(node, vmid);
  const vm = vmOf(cluster, work);
  if (!vm.guest) return;
  checkLock(work, vm, ['backup']);
  await work.wait('quit', cluster.scaled(STOP_MS, 2));
  work.once('stopped', () => turnOff(cluster, vm));
};

/** Asks the guest to end; answers whether it did within the time. */
async function powerDown(
  cluster: Cluster,
  work: TaskWork,
  guest: Guest,
  timeoutMs: number,
): Promise<boolean> {
  const vmid = work.record.id;
  if (isAgentEnabled(guest.config.agent) && !agentAnswers(guest, cluster.clock.now())) {
    work.once('no-agent', () =>
      work.log(`QEMU Guest Agent is not running - VM ${vmid} qga command 'guest-ping' failed - got timeout`),
    );
  }
  const hears = guest.hasSystem && !guest.ignoresShutdown && !guest.paused;
  // The button pressed while the guest boots is heard once it is up.
  const boots = Math.max(0, guest.bootedAt - cluster.clock.now());
  const needs = boots + cluster.scaled(SHUTDOWN_MS, 3);
  const obeys = hears && needs <= timeoutMs;
  await work.wait('powerdown', obeys ? needs : timeoutMs);
  return obeys;
}

function timeoutOf(cluster: Cluster, work: TaskWork): number {
  return cluster.scaled(Number(work.record.args.timeout ?? 60) * 1000, 40);
}

const shutdownVm: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  const vmid = Number(work.record.id);
  vmOf(cluster, work);
  await work.lock(node, vmid);
  const vm = vmOf(cluster, work);
  if (!vm.guest) return;
  checkLock(work, vm, ['backup']);
  if (!(await powerDown(cluster, work, vm.guest, timeoutOf(cluster, work)))) {
    if (!args.forceStop) throw new Error('VM quit/powerdown failed - got timeout');
    work.once('force', () => work.log('VM still running - terminating now with SIGTERM'));
    await work.wait('quit', cluster.scaled(STOP_MS, 2));
  }
  work.once('stopped', () => turnOff(cluster, vm));
};

const rebootVm: TaskWorker = async (cluster, work) => {
  if (work.record.done.includes('stopped')) return;
  const vmid = Number(work.record.id);
  await work.lock(work.record.node, vmid);
  const vm = vmOf(cluster, work);
  if (!vm.guest) throw new Error(`VM ${vmid} not running`);
  if (!(await powerDown(cluster, work, vm.guest, timeoutOf(cluster, work)))) {
    throw new Error('VM quit/powerdown failed - got timeout');
  }
  // The task ends with the VM down; the event daemon starts it again by a task of its own.
  work.once('stopped', () => {
    vm.guest = null;
    applyPending(cluster, vm);
    vm.restartAt = cluster.clock.now() + cluster.scaled(RESTART_AFTER_MS, 10);
    scheduleRestart(cluster, vm);
  });
};

const resetVm: TaskWorker = async (cluster, work) => {
  await work.lock(work.record.node, Number(work.record.id));
  const vm = vmOf(cluster, work);
  checkLock(work, vm, ['backup']);
  if (!vm.guest) throw new Error(`VM ${vm.vmid} not running`);
  const { guest } = vm;
  work.once('reset', () => resetGuest(cluster, guest));
};

/** Writes the guest's RAM to a volume and ends QEMU; the VM stays locked until it is resumed. */
const suspendVm: TaskWorker = async (cluster, work) => {
  const { args } = work.record;
  if (work.record.done.includes('suspended')) return;
  await work.lock(work.record.node, Number(work.record.id));
  const vm = vmOf(cluster, work);
  try {
    const storage = String(args.statestorage ?? stateStorage(cluster, vm));
    await work.onStorage(vm.node, storage, 'state', () => {
      checkLock(work, vm);
      if (!vm.guest) throw new Error(`VM ${vm.vmid} not running`);
      vm.config.lock = 'suspending';
      const name = `suspend-${new Date(cluster.clock.now()).toISOString().slice(0, 10)}`;
      Object.assign(vm.config, makeState(cluster, vm, name, storage, work.log));
    });
    await saveRam(cluster, work, vm, String(vm.config.vmstate));
  } catch (err) {
    if (isGone(err) || vm.config.lock !== 'suspending') throw err;
    removeVolume(cluster, vm.node, String(vm.config.vmstate), work.log);
    for (const key of ['lock', 'vmstate', 'runningmachine', 'runningcpu']) delete vm.config[key];
    throw err;
  }
  work.once('suspended', () => {
    if (vm.guest) vm.saved = { guest: vm.guest, at: cluster.clock.now() };
    vm.guest = null;
    vm.config.lock = 'suspended';
    work.log('State saved, quitting');
  });
};

function pauseWorker(paused: boolean): TaskWorker {
  return async (cluster, work) => {
    await work.lock(work.record.node, Number(work.record.id));
    const vm = vmOf(cluster, work);
    if (!paused && vm.config.lock === 'suspended') {
      return wakeVm(cluster, work, vm, cluster.scaled(START_MS, 2));
    }
    checkLock(work, vm, ['backup']);
    if (!vm.guest) throw new Error(`VM ${vm.vmid} not running`);
    const { guest } = vm;
    work.once('pause', () => {
      guest.paused = paused;
    });
  };
}

/** Workers of the power tasks, by task type. */
export const powerWorkers: Record<string, TaskWorker> = {
  qmstart: startVm,
  qmstop: stopVm,
  qmshutdown: shutdownVm,
  qmreboot: rebootVm,
  qmreset: resetVm,
  qmpause: pauseWorker(true),
  qmsuspend: suspendVm,
  qmresume: pauseWorker(false),
};

/** Starts a VM after its reboot task, at the time noted in the VM. */
function scheduleRestart(cluster: Cluster, vm: Vm): void {
  cluster.clock.after(Math.max(0, (vm.restartAt ?? 0) - cluster.clock.now()), () => {
    if (cluster.state.vms[vm.vmid] !== vm || vm.restartAt === null || vm.guest) return;
    vm.restartAt = null;
    cluster.tasks.start('qmstart', { node: vm.node, id: vm.vmid, user: 'root@pam' });
  });
}

/**
 * `qm cleanup` after a QEMU process ended. It takes the VM's lock, and if it finds the VM running
 * again it holds the lock for 30 s, which nothing in the status shows.
 */
function scheduleCleanup(cluster: Cluster, vm: Vm): void {
  const run = async (): Promise<void> => {
    vm.cleanupAt = null;
    const key = lockKey(vm.node, vm.vmid);
    const owner = `cleanup-${vm.vmid}-${cluster.clock.now()}`;
    if (!(await cluster.locks.acquire(key, owner, true, cluster.scaled(10_000, 100)))) return;
    if (!vm.guest) {
      cluster.locks.release(key, owner);
      return;
    }
    cluster.clock.after(cluster.scaled(CLEANUP_HOLDS_MS), () => cluster.locks.release(key, owner));
  };
  cluster.clock.after(Math.max(0, (vm.cleanupAt ?? 0) - cluster.clock.now()), () => void run());
}

/** Sets the timers again that a former process had running. */
export function resumeTimers(cluster: Cluster): void {
  for (const vm of Object.values(cluster.state.vms)) {
    if (vm.restartAt !== null) scheduleRestart(cluster, vm);
    if (vm.cleanupAt !== null) scheduleCleanup(cluster, vm);
  }
}

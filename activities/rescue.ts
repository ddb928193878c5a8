import { cancellationSignal } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { bootDisk } from './boot-disk.ts';
import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { shutDown, start, stop } from './power-vm.ts';
import { rememberPower } from './restore-power.ts';
import {
  findVm,
  loadVm,
  observePower,
  requireOurVm,
  requireStep,
  type FoundVm,
  type VmContext,
} from './vm-context.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Server, type RescueState } from '../db/models/server.ts';
import { parseDisk } from '../proxmox/vm-config.ts';
import type { StepName } from '../contract/operation-table.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say, told, type Told } from '../contract/sayings.ts';

/** IDE and SATA drives of a VM: every firmware boots from those. */
const DRIVES = ['ide0', 'ide1', 'ide2', 'ide3', 'sata0', 'sata1', 'sata2', 'sata3', 'sata4', 'sata5'];

export function createInsertRescue(deps: Deps) {
  /** Puts the cluster's rescue medium into a free drive and in front of the boot order; both count from the next start. */
  return async function insertRescue(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    const volume = await requireMedium(vm, found);
    await rememberPower(deps, vm, found);
    const { drive, boot } = vm.server.rescue ?? (await chooseDrive(deps, vm, found));
    await requireStep(deps, claim, 'attach');
    await vm.proxmox.updateConfig(found.node, found.vmid, {
      [drive]: `${volume},media=cdrom`,
      boot: `order=${[drive, ...devicesOf(boot, found)].join(';')}`,
    });
    return { summary: `${volume} in ${drive}` };
  };
}

export function createRemoveRescue(deps: Deps) {
  /** Takes the rescue medium out and restores the boot order; both count from the next start. */
  return async function removeRescue(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    await remove(deps, vm, await requireOurVm(vm), 'detach');
  };
}

export function createRestartVm(deps: Deps) {
  /** Starts the VM with what was changed; one that runs with it already is left alone. */
  return async function restartVm(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    return told(await restart(deps, vm, await requireOurVm(vm), 'restart'));
  };
}

export function createUndoRescue(deps: Deps) {
  /** Makes the VM boot from its disk again, in the power state it had; nothing to do where it has not been changed. */
  return async function undoRescue(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const found = await findVm(vm);
    if (found?.isOurs && !found.isHalfBuilt && vm.server.rescue) {
      await remove(deps, vm, found, 'undo');
      if (vm.operation.params.powerBefore === 'stopped') await stop(deps, vm, found);
      else await restart(deps, vm, found, 'undo');
    }
    await Server.query(deps.database).findById(claim.serverId).patch({ rescue: null });
  };
}

/** The medium, which must be on the VM's node: a VM whose medium is missing does not start at all. */
async function requireMedium({ proxmox, server }: VmContext, { node }: FoundVm): Promise<string> {
  const volume = server.cluster?.rescueIso;
  if (!volume) throw finalFailure('volume_missing', say('no_rescue_medium'));
  const [storage = ''] = volume.split(':');
  const content = await proxmox.storageContent(node, storage, 'iso');
  if (content.some(({ volid }) => volid === volume)) return volume;
  throw finalFailure('volume_missing', say('rescue_medium_missing', { volume, node }));
}

/** Takes a free drive and records it with the boot order to go back to, before anything is changed. */
async function chooseDrive(deps: Deps, vm: VmContext, found: FoundVm): Promise<RescueState> {
  const { values } = await vm.proxmox.vmConfig(found.node, found.vmid, { current: true });
  const drive = DRIVES.find((key) => !(key in values) && !(key in found.config.values));
  if (!drive) throw finalFailure('proxmox_rejected', say('drives_taken'));
  const rescue = { drive, boot: found.config.values['boot'] ?? null };
  await Server.query(deps.database).findById(vm.server.id).patch({ rescue });
  vm.server.rescue = rescue;
  return rescue;
}

/** What the VM boots from by itself; a VM from before Proxmox VE 6.3 may have no list of it. */
function devicesOf(boot: string | null, { config }: FoundVm): string[] {
  const listed = /order=([^,]+)/.exec(boot ?? '')?.[1];
  if (listed !== undefined) return listed.split(';');
  const disk = bootDisk(config.values);
  return disk ? [disk.key] : [];
}

async function remove(deps: Deps, vm: VmContext, found: FoundVm, step: StepName): Promise<void> {
  const { rescue } = vm.server;
  if (!rescue) return;
  const { drive, boot } = rescue;
  const { values } = found.config;
  const isInserted = drive in values && parseDisk(values[drive] ?? '').isCdrom;
  const isFirst = values['boot']?.startsWith(`order=${drive}`) ?? false;
  if (!isInserted && !isFirst) return;
  await requireStep(deps, vm.claim, step);
  await vm.proxmox.updateConfig(found.node, found.vmid, isFirst && boot !== null ? { boot } : {}, {
    remove: [...(isInserted ? [drive] : []), ...(isFirst && boot === null ? ['boot'] : [])],
  });
}

async function restart(deps: Deps, vm: VmContext, found: FoundVm, step: StepName): Promise<Said> {
  const isRunning = (await observePower(deps, vm, found)) !== 'stopped';
  const isToRestart = isRunning && ((await isShuttingDown(deps, vm)) || (await isWaitingForStart(vm, found)));
  // Also of one that runs with it already: high availability may be about to stop it.
  if (!isToRestart) return start(deps, vm, found);
  await requireStep(deps, vm.claim, step);
  await shutDown(deps, vm, found, { stopOnCancel: false, forceStop: true });
  await delay(deps.timing.settleMs, undefined, { signal: cancellationSignal() });
  return start(deps, vm, found);
}

/** A shutdown that was begun, and given up by a cancel, ends the VM all the same. */
async function isShuttingDown({ database }: Deps, { claim }: VmContext): Promise<boolean> {
  const task = await OperationTask.query(database).findById([claim.operationId, 'shutdown']);
  return task !== undefined && task.finishedAt === null;
}

/** Whether drive or boot order will change with the next start. */
async function isWaitingForStart({ proxmox, server }: VmContext, { node, vmid }: FoundVm): Promise<boolean> {
  const wanted = await proxmox.vmConfig(node, vmid);
  const current = await proxmox.vmConfig(node, vmid, { current: true });
  return ['boot', server.rescue?.drive ?? ''].some((key) => wanted.values[key] !== current.values[key]);
}

import { cancellationDetails } from '@temporalio/activity';
import type { Deps } from './deps.ts';
import { passingFailure, staleClaim } from './failures.ts';
import { awaitHa } from './await-ha.ts';
import { awaitMigrationEnd, targetOf } from './migration-lock.ts';
import { powerSaid } from './power-said.ts';
import { start } from './power-vm.ts';
import { runTask } from './run-task.ts';
import {
  findVm,
  loadVm,
  observePower,
  observeVm,
  requireOurVm,
  type FoundVm,
  type VmContext,
} from './vm-context.ts';
import { classifyTaskExit, ProxmoxError } from '../proxmox/errors.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say, tell, told, type Told } from '../contract/sayings.ts';

const STEP = 'move';

export function createMoveVm(deps: Deps) {
  /**
   * Moves the VM to the wanted node, live when it runs. Where it is afterwards is what Proxmox shows, not what the task
   * said: a migration may end in an error after the VM has arrived.
   */
  return async function moveVm(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const target = targetOf(vm);
    const found = await requireOurVm(vm);
    if (found.node === target && found.config.values['lock'] !== 'migrate')
      return tell('on_node', { node: target });
    let reason: string | null = null;
    try {
      await migrate(deps, vm, found, target);
    } catch (err) {
      if (!(err instanceof ProxmoxError) || cancellationDetails()?.cancelRequested) throw err;
      if ((await requireOurVm(vm)).node !== target) throw err;
      ({ reason } = err);
    }
    const { node } = await awaitMigrationEnd(deps, vm, await requireOurVm(vm));
    if (node !== target) throw passingFailure('task_failed', say('strayed', { node }));
    const way = { from: found.node, to: target };
    return reason === null ? tell('moved', way) : tell('moved_despite', { ...way, reason });
  };
}

async function migrate(deps: Deps, vm: VmContext, found: FoundVm, target: string): Promise<void> {
  const { node, vmid } = found;
  const { haState } = await observeVm(deps, vm, found);
  await runTask(deps, vm, {
    step: STEP,
    node,
    vmid,
    type: haState === null ? 'qmigrate' : 'hamigrate',
    stopOnCancel: true,
    start: async () => {
      const now = await awaitMigrationEnd(deps, vm, await requireOurVm(vm));
      if (now.node !== node) throw passingFailure('task_failed', say('moved_meanwhile', { node: now.node }));
      const { running, localDisks } = await vm.proxmox.migrationPreconditions(node, vmid, target);
      // An attempt that was frozen must not move a VM whose operation has gone on. What is left is the call itself.
      if ((await loadVm(deps, vm.claim)).operation.step !== STEP) throw staleClaim();
      return vm.proxmox.migrateVm(node, vmid, {
        target,
        online: running,
        withLocalDisks: localDisks.length > 0,
      });
    },
  });
  if (haState !== null) await awaitHaMove(deps, vm, target);
}

/** High availability moves it by a task of its own, and does not try again when that fails. */
async function awaitHaMove(deps: Deps, vm: VmContext, target: string): Promise<void> {
  let hasBegun = false;
  const what = say('move_it', { node: target });
  const { node, vmid } = await awaitHa(deps, vm, { what }, ({ node, config }, { haState }) => {
    if (config.values['lock'] === 'migrate' || haState === 'migrate' || haState === 'relocate') {
      hasBegun = true;
      return 'under way';
    }
    return node === target || hasBegun ? 'done' : 'not yet';
  });
  if (node === target) return;
  const [task] = await vm.proxmox.findTasks(node, { typefilter: 'qmigrate', vmid, limit: 1 });
  const log = task ? await vm.proxmox.taskLog(task.upid, { limit: 0 }) : [];
  const verdict = classifyTaskExit(task?.status ?? 'migration aborted', log.slice(-20));
  if (!verdict.ok) throw verdict.error;
}

export function createVerifyMove(deps: Deps) {
  /** Makes sure that the VM is on the wanted node in the power state it had, and records both. */
  return async function verifyMove(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const target = targetOf(vm);
    const found = await awaitMigrationEnd(deps, vm, await requireOurVm(vm));
    const said = await settle(deps, vm, found);
    if (found.node !== target) throw passingFailure('task_failed', say('moved_on', { node: found.node }));
    return told(said);
  };
}

export function createSettleMove(deps: Deps) {
  /** After a move that was cut short: waits until nothing moves the VM any more, and records where it is. */
  return async function settleMove(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const found = await findVm(vm);
    if (!found?.isOurs) return tell('no_vm');
    return told(await settle(deps, vm, await awaitMigrationEnd(deps, vm, found)));
  };
}

/** Records node and power state; a guest that did not survive the move is started again. */
async function settle(deps: Deps, vm: VmContext, found: FoundVm): Promise<Said> {
  const power = await observePower(deps, vm, found);
  if (power !== 'stopped' || vm.operation.params.powerBefore !== 'running')
    return say('found_on', { node: found.node, power: powerSaid(power) });
  await start(deps, vm, found);
  return say('restarted_on', { node: found.node });
}

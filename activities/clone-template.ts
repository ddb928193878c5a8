import type { ApplicationFailure } from '@temporalio/common';
import type { Deps } from './deps.ts';
import { finalFailure, passingFailure } from './failures.ts';
import { runTask } from './run-task.ts';
import {
  buildMarkOf,
  findOurVm,
  isBuiltBy,
  loadVm,
  markerOf,
  type FoundVm,
  type VmContext,
} from './vm-context.ts';
import { withSlot } from './with-slot.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Storage } from '../db/models/storage.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import type { TaskListEntry } from '../proxmox/answers.ts';
import { classifyTaskExit, ProxmoxError } from '../proxmox/errors.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say } from '../contract/sayings.ts';

export function createCloneTemplate(deps: Deps) {
  /** Copies the template to the leased VM id. A repeat finds the copy, or the task that is making it, and waits for it. */
  return async function cloneTemplate(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const { server, proxmox } = vm;
    const { node, template, vmidLease } = server;
    if (!node || !template || !vmidLease)
      throw finalFailure('internal_error', 'cloned before it was placed and leased');
    const source = await TemplateVm.query(deps.database).findById([template.id, node.id]);
    if (!source)
      throw finalFailure(
        'template_missing',
        say('no_template_now', { node: node.name, template: template.name }),
      );

    await withSlot(deps, vm, { step: 'clone', ...(await placeOf(deps, source, node.name)) }, async () => {
      const found = await findOurVm(vm);
      if (found && !found.isHalfBuilt) refuseOther(vm, found);
      if (found && !found.isHalfBuilt && (await hasEndedWell(vm))) return;
      const cloning = runTask(deps, vm, {
        step: 'clone',
        node: node.name,
        type: 'qmclone',
        vmid: source.vmid,
        isOurs: async (task: TaskListEntry) => {
          const lines = await proxmox.taskLog(task.upid, { limit: 5 });
          return lines.some((line) => line.endsWith(` with ID ${vmidLease.vmid}`));
        },
        start: () => {
          if (found) throw brokenCopy(found);
          return proxmox.cloneVm({
            node: node.name,
            vmid: source.vmid,
            newid: vmidLease.vmid,
            name: server.name,
            description: marksOf(vm),
            full: template.cloneMode === 'full',
          });
        },
        stopOnCancel: true,
      });
      await cloning.catch((err: unknown) => explainTakenId(vm, vmidLease.vmid, err));
      if (!(await findOurVm(vm))) throw passingFailure('vm_gone', say('clone_vanished'));
    });
  };
}

function marksOf({ server, operation: { id, type } }: VmContext): string {
  return type === 'rebuild' ? `${markerOf(server.id)} ${buildMarkOf(id)}` : markerOf(server.id);
}

/** A rebuild has deleted the VM that was there: what is there now is its own copy, or somebody put it back. */
function refuseOther({ operation: { id, type } }: VmContext, { vmid, node, config }: FoundVm): void {
  if (type !== 'rebuild' || isBuiltBy(config, id)) return;
  throw finalFailure('vm_changed', say('put_back', { vmid, node }));
}

/** What an operator has unlocked after its task was killed looks complete, and is not. */
async function hasEndedWell({ database, claim }: VmContext): Promise<boolean> {
  const saved = await OperationTask.query(database).findById([claim.operationId, 'clone']);
  return !saved || (saved.exitStatus !== null && classifyTaskExit(saved.exitStatus).ok);
}

/** Proxmox removes what a failed copy leaves, but not what a killed one does; its lock is opened on the node only. */
function brokenCopy({ vmid, config }: FoundVm): ApplicationFailure {
  return config.values['lock']
    ? passingFailure('vm_locked', say('broken_copy_locked', { vmid }))
    : finalFailure('task_interrupted', say('broken_copy', { vmid }));
}

/** A copy stays on its template's storage. One that nodes do not share is another one on each of them. */
async function placeOf(
  { database }: Deps,
  { storage, nodeId }: TemplateVm,
  node: string,
): Promise<{ resource: 'storage'; name: string }> {
  const found = await Storage.query(database).findOne({ nodeId, name: storage });
  return { resource: 'storage', name: found?.shared ? storage : `${storage} on ${node}` };
}

/** An id that Proxmox calls taken is ours all the same when an earlier attempt's copy has it; one of a guest we cannot see is lost. */
async function explainTakenId(vm: VmContext, vmid: number, err: unknown): Promise<never> {
  const isTaken = err instanceof ProxmoxError && err.code === 'vmid_taken';
  if (isTaken && !(await findOurVm(vm)) && !(await vm.proxmox.nextIdFree(vmid)))
    throw finalFailure('vmid_taken', say('vmid_taken', { vmid }), err.reason);
  throw err;
}

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { requireOurVm, type FoundVm, type VmContext } from './vm-context.ts';
import { say } from '../contract/sayings.ts';

/** The node a `migrate` is to end on. */
export function targetOf({ operation }: VmContext): string {
  const { targetNode } = operation.params;
  if (!targetNode) throw finalFailure('internal_error', 'the operation names no node to move to');
  return targetNode;
}

/** Between the end of a migration's task and that of its lock, and the other way round, there is a moment. */
const LOOKS_WITHOUT_A_TASK = 5;

/**
 * Waits while a migration has the VM locked, whoever began it, and returns where the VM is then. A lock that no migration
 * holds any more (its node died) ends it with `vm_locked`: whether a half copied VM may be unlocked is for a person to say.
 */
export async function awaitMigrationEnd(deps: Deps, vm: VmContext, found: FoundVm): Promise<FoundVm> {
  for (let idle = 0; found.config.values['lock'] === 'migrate'; found = await requireOurVm(vm)) {
    const { node, vmid } = found;
    heartbeat();
    await vm.tasks.turn(node, cancellationSignal());
    const running = await vm.proxmox.findTasks(node, { typefilter: 'qmigrate', vmid, source: 'active' });
    idle = running.length > 0 ? 0 : idle + 1;
    if (idle > LOOKS_WITHOUT_A_TASK) {
      throw finalFailure('vm_locked', say('migration_cut_short', { vmid, node }));
    }
    await delay(deps.timing.pollMs, undefined, { signal: cancellationSignal() });
  }
  return found;
}

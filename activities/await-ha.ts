import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deps } from './deps.ts';
import { finalFailure, passingFailure } from './failures.ts';
import { observeVm, requireOurVm, type FoundVm, type ObservedVm, type VmContext } from './vm-context.ts';
import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';

/**
 * Waits until high availability has done what it was asked for. Its tasks (`hastart`, `hastop`, `hamigrate`) end at once:
 * the manager acts in its next rounds, some 10 s apart, and may put the VM on another node meanwhile. `isDone` looks at the VM
 * each time and may prolong the wait by answering `under way`.
 */
export async function awaitHa(
  deps: Deps,
  vm: VmContext,
  { what, extraMs = 0 }: { what: Said; extraMs?: number },
  isDone: (found: FoundVm, observed: ObservedVm) => 'done' | 'under way' | 'not yet',
): Promise<FoundVm> {
  const deadline = () => performance.now() + deps.timing.haTimeoutMs + extraMs;
  for (let until = deadline(); ;) {
    const found = await requireOurVm(vm);
    const observed = await observeVm(deps, vm, found);
    const progress = isDone(found, observed);
    if (progress === 'done') return found;
    if (observed.haState === 'error') {
      throw finalFailure('ha_refused', say('ha_gave_up', { vmid: found.vmid, what }));
    }
    if (progress === 'under way') until = deadline();
    if (performance.now() > until) throw passingFailure('ha_refused', say('ha_not_yet', { what }));
    heartbeat();
    await vm.tasks.turn(found.node, cancellationSignal());
    await delay(deps.timing.pollMs, undefined, { signal: cancellationSignal() });
  }
}

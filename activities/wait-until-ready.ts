import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { noteProgress } from './note-progress.ts';
import { loadVm, observePower, requireOurVm, type FoundVm, type VmContext } from './vm-context.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish, say, told, type Told } from '../contract/sayings.ts';

export function createWaitUntilReady(deps: Deps) {
  /** Waits for what the template promises: a running VM, its guest agent, or the leased address seen by the agent. */
  return async function waitUntilReady(claim: OperationClaim): Promise<Told> {
    const before = (activityInfo().heartbeatDetails as Waited | undefined)?.waitedMs ?? 0;
    const startedAt = performance.now();
    const waitedMs = () => before + performance.now() - startedAt;
    const vm = await loadVm(deps, claim);
    const alive = setInterval(() => heartbeat({ waitedMs: waitedMs() } satisfies Waited), HEARTBEAT_MS);
    try {
      return told(await watchGuest(deps, vm, await requireOurVm(vm), waitedMs));
    } finally {
      clearInterval(alive);
    }
  };
}

/**
 * Carried from attempt to attempt. Time in which nobody could look (Proxmox or the worker was away) does not count, and a
 * clock that jumps changes nothing.
 */
interface Waited {
  waitedMs: number;
}

const HEARTBEAT_MS = 2_000;
/** Among many new guests on a node a look may be minutes apart, so time alone must not decide. */
const LEAST_LOOKS = 3;

async function watchGuest(deps: Deps, vm: VmContext, found: FoundVm, waitedMs: () => number): Promise<Said> {
  const { pollMs, readyTimeoutMs } = deps.timing;
  const signal = cancellationSignal();
  let shown = '';
  for (let looks = 1; ; looks++) {
    await vm.tasks.turn(found.node, signal);
    signal.throwIfAborted();
    const missing = await whatIsMissing(deps, vm, found);
    if (!missing) return say(READY[vm.server.template?.readyWhen ?? 'running']);
    if (looks >= LEAST_LOOKS && waitedMs() > readyTimeoutMs)
      throw finalFailure('guest_not_ready', say('not_ready', { missing }));
    const now = inEnglish(missing);
    if (now !== shown) await noteProgress(deps, vm.claim, { note: say('waiting', { what: missing }) });
    shown = now;
    await delay(pollMs, undefined, { signal });
  }
}

const SILENT = {
  silent: 'agent_not_yet',
  not_configured: 'agent_not_configured',
  vm_not_running: 'vm_not_running',
} as const;

const READY = {
  running: 'runs',
  agent: 'agent_answers',
  address: 'has_address',
} as const;

async function whatIsMissing(deps: Deps, vm: VmContext, found: FoundVm): Promise<Said | null> {
  const { proxmox, server } = vm;
  const readyWhen = server.template?.readyWhen ?? 'running';
  if (readyWhen === 'running')
    return (await observePower(deps, vm, found)) === 'running' ? null : say('vm_not_running');
  const agent = await proxmox.agentPing(found.node, found.vmid);
  if (agent !== 'answering') return say(SILENT[agent]);
  if (readyWhen === 'agent') return null;
  await vm.tasks.turn(found.node, cancellationSignal());
  const seen = (await proxmox.agentInterfaces(found.node, found.vmid)).flatMap(({ addresses }) =>
    addresses.map(({ address }) => address),
  );
  const wanted = server.ipAddresses?.[0]?.address;
  return wanted && !seen.includes(wanted) ? say('address_not_yet', { address: wanted }) : null;
}

import { sizesOf } from './check-resize.ts';
import type { Deps } from './deps.ts';
import { recordDisk } from './resize-disk.ts';
import { noteRestartNeeded } from './restart-needed.ts';
import { findVm, loadVm, requireOurVm, requireStep, type FoundVm, type VmContext } from './vm-context.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import { formatNet0, parseNet0, parseProperties } from '../proxmox/vm-config.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { tell, type Told } from '../contract/sayings.ts';

export function createSetVmSize(deps: Deps) {
  /** Gives the VM the processors and memory it is to have, at once where hot-plug allows, else from its next cold start on. */
  return async function setVmSize(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    const { target } = sizesOf(vm);
    await requireStep(deps, claim, 'configure');
    const rate = vm.server.macAddress ? target.networkMbps : undefined;
    await write(vm, found, sizeParameters(found.config.values, { ...target, rateMbps: rate }));
    const restartNeeded = await noteRestartNeeded(deps, vm, found);
    const { vcpu, memoryMib } = target;
    return tell(restartNeeded ? 'resized_after_restart' : 'resized', { vcpu, memoryMib });
  };
}

export function createRestoreVmSize(deps: Deps) {
  /** Sets processors and memory back to what they were before a resize. The disk stays, and its real size is recorded. */
  return async function restoreVmSize(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const found = await findVm(vm);
    const { formerConfig } = vm.operation.params;
    if (!found?.isOurs || !formerConfig) return;
    await recordDisk(deps, vm, found);
    await write(vm, found, formerConfig);
    await noteRestartNeeded(deps, vm, found);
  };
}

interface VmSize {
  vcpu: number;
  memoryMib: number;
  /** Megabits per second, null for no limit; left out, the network card is left alone. */
  rateMbps?: number | null | undefined;
}

/** A size as Proxmox configuration of a VM that has `values` now, whatever its topology. */
export function sizeParameters(
  values: Record<string, string>,
  { vcpu, memoryMib, rateMbps }: VmSize,
): Record<string, string | number> {
  const { cores = '1', vcpus, balloon = '0', net0 } = values;
  const sockets = Number(values['sockets'] ?? 1);
  // With `vcpus` below what it could have, a VM was made to get more of them while it runs.
  const isWithin = vcpus !== undefined && vcpu <= sockets * Number(cores);
  const newSockets = vcpu % sockets === 0 ? sockets : 1;
  return {
    ...(isWithin ? {} : { sockets: newSockets, cores: vcpu / newSockets }),
    ...(vcpus === undefined ? {} : { vcpus: vcpu }),
    memory: memoryMib,
    // Proxmox refuses a least memory above the most.
    ...(Number(balloon) > memoryMib ? { balloon: memoryMib } : {}),
    ...(net0 && rateMbps !== undefined ? { net0: withRate(net0, rateMbps) } : {}),
  };
}

function withRate(net0: string, rateMbps: number | null): string {
  const { rateMBps: _former, ...net } = parseNet0(net0);
  // Proxmox takes MB/s, plans are sold in Mbit/s.
  return formatNet0({ ...net, ...(rateMbps ? { rateMBps: rateMbps / 8 } : {}) });
}

/**
 * Writes what differs; null removes a property. The digest keeps an attempt that slept through a later change from taking it
 * back, unless the configuration has meanwhile become letter for letter what it was.
 */
async function write(
  { proxmox }: VmContext,
  { node, vmid, config }: FoundVm,
  wanted: Record<string, string | number | null>,
): Promise<void> {
  const differing = Object.entries(wanted).filter(
    ([key, value]) => plain(key, config.values[key]) !== plain(key, value),
  );
  if (differing.length === 0) return;
  const params = Object.fromEntries(
    differing.flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
  const remove = differing.flatMap(([key, value]) => (value === null ? [key] : []));
  try {
    await proxmox.updateConfig(node, vmid, params, { digest: config.digest, remove });
  } catch (err) {
    // Refused while the VM runs, the change stays pending all the same.
    if (!(err instanceof ProxmoxError) || err.code !== 'hotplug_pending') throw err;
  }
}

/** Memory may be written as `current=2048`. */
function plain(key: string, value: string | number | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return key === 'memory' ? (parseProperties(String(value), 'current')['current'] ?? null) : String(value);
}

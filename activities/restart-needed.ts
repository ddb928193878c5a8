import type { Deps } from './deps.ts';
import type { FoundVm, VmContext } from './vm-context.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';

/** The properties of a VM that a change of plan touches. */
export const SIZE_PROPERTIES = ['sockets', 'cores', 'vcpus', 'memory', 'balloon', 'net0'];

/** Asks Proxmox whether a change of the VM's size waits for its next cold start, and records the answer. */
export async function noteRestartNeeded(
  { database }: Deps,
  { proxmox, claim: { operationId, serverId, fence } }: VmContext,
  { node, vmid }: FoundVm,
): Promise<boolean> {
  const pending = await proxmox.pendingProperties(node, vmid);
  const restartNeeded = pending.some((key) => SIZE_PROPERTIES.includes(key));
  await Server.query(database)
    .findById(serverId)
    .patch({ restartNeeded })
    .whereExists(Operation.query(database).where({ id: operationId, fence, status: 'running' }));
  return restartNeeded;
}

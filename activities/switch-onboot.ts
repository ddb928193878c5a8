import type { Deps } from './deps.ts';
import type { FoundVm, VmContext } from './vm-context.ts';
import { Operation } from '../db/models/operation.ts';

export const startsWithNode = ({ config }: FoundVm): boolean => config.values['onboot'] === '1';

/**
 * Says whether the VM starts with its node, and notes on the operation whether it did before; the first note stays. The
 * configuration's digest keeps an attempt that comes late from overwriting what was set after it looked.
 */
export async function switchOnboot(
  { database }: Deps,
  { operation, proxmox }: VmContext,
  found: FoundVm,
  isWanted: boolean,
): Promise<void> {
  const isOn = startsWithNode(found);
  if (operation.params.onbootBefore === undefined) {
    operation.params = { ...operation.params, onbootBefore: isOn };
    await Operation.query(database).findById(operation.id).patch({ params: operation.params });
  }
  if (isOn === isWanted) return;
  const { node, vmid, config } = found;
  await proxmox.updateConfig(node, vmid, { onboot: isWanted }, { digest: config.digest });
}

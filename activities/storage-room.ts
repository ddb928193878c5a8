import { finalFailure } from './failures.ts';
import type { VmContext } from './vm-context.ts';
import { say } from '../contract/sayings.ts';

/** What is free on a node's storage now, in MiB; throws when it cannot be used there. */
export async function freeMibOf({ proxmox }: VmContext, node: string, storage: string): Promise<number> {
  const found = (await proxmox.storages(node)).find((one) => one.storage === storage);
  if (!found?.active) throw finalFailure('storage_unavailable', say('storage_unusable', { node, storage }));
  return found.avail / 1024 ** 2;
}

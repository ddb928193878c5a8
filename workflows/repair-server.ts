import { proxmox } from './proxies.ts';
import type { RepairInput } from '../contract/temporal.ts';

/** Makes a server's VM like the record where that was asked for. Runs under the server's workflow id, as operations do. */
export async function repairServer(input: RepairInput): Promise<string> {
  const { repaired } = await proxmox('make the VM like the record').repairServer(input);
  return repaired.join(', ');
}

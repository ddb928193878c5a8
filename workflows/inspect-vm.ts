import { proxmoxNow } from './proxies.ts';
import type { VmInspection } from '../contract/adoptions.ts';

/** Looks at a VM for somebody who waits for the answer; see docs/adr. */
export async function inspectVm(input: { clusterId: string; vmid: number }): Promise<VmInspection | null> {
  return proxmoxNow(`look at VM ${input.vmid}`).inspectVm(input);
}

import { proxmoxNow } from './proxies.ts';
import type { UnclaimedVmList } from '../contract/clusters.ts';

/** Looks at the VMs of a cluster for somebody who waits for the answer; see ADR 11. */
export async function listUnclaimedVms(input: {
  clusterId: string;
  search: string;
}): Promise<UnclaimedVmList> {
  return proxmoxNow('list VMs that no server holds').listUnclaimedVms(input);
}

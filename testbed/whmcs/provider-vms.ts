import type { ClusterName } from './catalogue.ts';
import { vmRows } from './provider.ts';
import { createWorld, type WorldOptions } from './world.ts';

/** A VM as the simulator's option `vms` takes it. */
export interface ClusterVm {
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memoryMib: number;
  diskGib: number;
  mac: string;
  ip?: string;
  ip6?: string;
  isRunning: boolean;
  isContainer?: true;
}

/**
 * The VMs that one of the provider's clusters must hold to match the database made with the same options: for
 * `startSimulator({ vms })`.
 */
export function* providerVms(options: WorldOptions, cluster: ClusterName): Generator<ClusterVm> {
  for (const vm of vmRows(createWorld(options))) {
    if (vm.cluster !== cluster) continue;
    const { vmid, node, name, cores, memoryMib, diskGib, mac, isRunning } = vm;
    const [ip, ip6] = [vm.ips[0], vm.ipv6[0]];
    yield {
      vmid,
      node,
      name,
      cores,
      memoryMib,
      diskGib,
      mac,
      isRunning,
      ...(vm.isContainer ? { isContainer: true as const } : {}),
      ...(ip === undefined ? {} : { ip: `${ip}/16` }),
      ...(ip6 === undefined ? {} : { ip6 }),
    };
  }
}

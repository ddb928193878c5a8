import type { Proxmox } from '../proxmox/client.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import { parseNet0, parseProperties } from '../proxmox/vm-config.ts';

/** A VM or container of a cluster; sizes as the cluster reports them, null where it does not. */
export interface ClusterInventoryVm {
  vmid: number;
  node: string;
  kind: 'qemu' | 'lxc';
  name: string | null;
  status: string;
  vcpu: number | null;
  memoryMib: number | null;
  diskGib: number | null;
  template: boolean;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/**
 * Everything a cluster runs, in one call however many VMs there are (sizes and states up to 10 s old). Rejects while
 * a node has not reported its VMs: a migration must not take those for missing.
 */
export async function listClusterVms(proxmox: Proxmox): Promise<ClusterInventoryVm[]> {
  const found = await proxmox.clusterResources('vm');
  const silent = found.find(({ name }) => name === undefined);
  if (silent) {
    throw new Error(
      `node ${silent.node ?? '?'} has not reported its VMs: bring it back, or remove it from the cluster`,
    );
  }
  return found.flatMap(({ type, node, vmid, name, status, maxcpu, maxmem, maxdisk, template }) => {
    if ((type !== 'qemu' && type !== 'lxc') || node === undefined || vmid === undefined) return [];
    return [
      {
        vmid,
        node,
        kind: type,
        name: name ?? null,
        status: status ?? 'unknown',
        vcpu: maxcpu ?? null,
        memoryMib: maxmem === undefined ? null : Math.round(maxmem / MIB),
        diskGib: maxdisk === undefined ? null : Math.round(maxdisk / GIB),
        template,
      },
    ];
  });
}

/**
 * The IP addresses a VM's configuration gives it, or else its guest agent reports, and the MAC addresses of its network
 * cards in lower case.
 */
export async function listVmAddresses(proxmox: Proxmox, node: string, vmid: number): Promise<string[]> {
  const config = await proxmox.vmConfig(node, vmid).catch((err: unknown) => {
    if (err instanceof ProxmoxError && err.kind === 'missing') return null;
    throw err;
  });
  if (!config) return [];
  const { values } = config;
  const cards = Object.entries(values)
    .filter(([key]) => /^net\d+$/.test(key))
    .flatMap(([, value]) => parseNet0(value).mac?.toLowerCase() ?? []);
  const configured = Object.entries(values)
    .filter(([key]) => /^ipconfig\d+$/.test(key))
    .flatMap(([, value]) => {
      const { ip, ip6 } = parseProperties(value, 'ip');
      // Others are words: dhcp, auto, manual.
      return [ip, ip6].flatMap((address) => (address && /[.:]/.test(address) ? [address] : []));
    });
  if (configured.length > 0) return [...configured, ...cards];
  const interfaces = await proxmox.agentInterfaces(node, vmid).catch(() => []);
  return [...interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address)), ...cards];
}

import { bootDisk } from './boot-disk.ts';
import type { Deps } from './deps.ts';
import { listVmAddresses } from './list-cluster-vms.ts';
import type { VmConfig } from '../proxmox/answers.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import { isTrue, parseProperties, parseSmbiosUuid } from '../proxmox/vm-config.ts';
import type { VmInspection } from '../contract/adoptions.ts';

const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;
/** What an agent reports besides: loopback and link-local. */
const OF_THE_GUEST_ALONE = /^(?:127\.|169\.254\.|::1(?:\/|$)|fe80:)/i;

export function createInspectVm({ clusters }: Pick<Deps, 'clusters'>) {
  /** Looks at any VM of a cluster, or answers null when there is none with this id. Changes nothing. */
  return async function inspectVm(input: { clusterId: string; vmid: number }): Promise<VmInspection | null> {
    const { clusterId, vmid } = input;
    const { proxmox } = await clusters.of(clusterId);
    const found = await proxmox.findVm(vmid);
    if (!found) return null;
    const { node } = found;
    try {
      const config = await proxmox.vmConfig(node, vmid);
      const { status } = await proxmox.vmStatus(node, vmid);
      const addresses = await listVmAddresses(proxmox, node, vmid);
      return {
        ...describeConfig(config),
        vmid,
        node,
        name: config.values['name'] ?? `VM ${vmid}`,
        status,
        addresses: addresses.filter((text) => !MAC.test(text) && !OF_THE_GUEST_ALONE.test(text)),
      };
    } catch (err) {
      if (err instanceof ProxmoxError && err.kind === 'missing') return null;
      throw err;
    }
  };
}

type OfConfig = Omit<VmInspection, 'vmid' | 'node' | 'name' | 'status' | 'addresses'>;

function describeConfig({ values, digest }: VmConfig): OfConfig {
  const memory = parseProperties(values['memory'] ?? '', 'current')['current'];
  const disk = bootDisk(values);
  return {
    uuid: parseSmbiosUuid(values['smbios1']) || null,
    os: osOf(values['ostype']),
    vcpu: Number(values['sockets'] ?? 1) * Number(values['cores'] ?? 1),
    memoryMib: Number(memory ?? 512),
    diskGib: disk && Math.ceil(disk.sizeGib),
    isTemplate: isTrue(values['template'] ?? ''),
    lock: values['lock'] ?? null,
    description: values['description'] ?? '',
    tags: (values['tags'] ?? '').split(/[;, ]/).filter(Boolean),
    configDigest: digest,
  };
}

/** Proxmox knows no more than this. */
function osOf(ostype: string | undefined): string | null {
  if (ostype === undefined || ostype === 'other') return null;
  if (/^l2[46]$/.test(ostype)) return 'Linux';
  return ostype.startsWith('w') ? 'Windows' : ostype;
}

/** Where a privilege is needed: the part of Proxmox's tree of rights that its calls are checked against. */
export type Place = 'vms' | 'storage' | 'network' | 'nodes';

export interface NeededPrivilege {
  privilege: string;
  place: Place;
  /** What Berth does with it. */
  reason: string;
  /** Major releases that know it by this name; all of them when left out. */
  releases?: 'before 9' | 'from 9';
}

/**
 * Every privilege that the calls of `client.ts` need, and no other: the role that `proxmox:bootstrap` makes, the test of a
 * connection and docs/proxmox.md all follow this table. Which call needs which: the `permissions` of Proxmox VE's API
 * schema, and for configurations, disks and bridges the checks in qemu-server's API2/Qemu.pm.
 */
export const NEEDED_PRIVILEGES: readonly NeededPrivilege[] = [
  { privilege: 'VM.Audit', place: 'vms', reason: 'list VMs, read their configuration and power state' },
  { privilege: 'VM.Clone', place: 'vms', reason: 'copy a template' },
  { privilege: 'VM.Allocate', place: 'vms', reason: 'make the copy, and delete the VM of a deleted server' },
  { privilege: 'VM.PowerMgmt', place: 'vms', reason: 'start, shut down, stop, reboot and reset' },
  { privilege: 'VM.Migrate', place: 'vms', reason: 'move a server to another node' },
  { privilege: 'VM.Config.CDROM', place: 'vms', reason: 'insert and remove the medium of the rescue system' },
  { privilege: 'VM.Config.CPU', place: 'vms', reason: 'processors of the plan' },
  { privilege: 'VM.Config.Memory', place: 'vms', reason: 'memory of the plan' },
  { privilege: 'VM.Config.Disk', place: 'vms', reason: "grow the boot disk to the plan's size" },
  {
    privilege: 'VM.Config.Network',
    place: 'vms',
    reason: 'network card and cloud-init settings: addresses, user, keys, password',
  },
  { privilege: 'VM.Config.HWType', place: 'vms', reason: 'the SMBIOS uuid by which a VM is known again' },
  { privilege: 'VM.Config.Options', place: 'vms', reason: 'name, tag, start at boot' },
  {
    privilege: 'VM.GuestAgent.Unrestricted',
    place: 'vms',
    reason: 'ask the guest agent whether the system is up and which addresses it has; reset passwords',
    releases: 'from 9',
  },
  {
    privilege: 'VM.Monitor',
    place: 'vms',
    reason: 'ask the guest agent whether the system is up and which addresses it has; reset passwords',
    releases: 'before 9',
  },
  {
    privilege: 'Datastore.AllocateSpace',
    place: 'storage',
    reason: 'disks of servers, and seeing the storage with its size',
  },
  { privilege: 'SDN.Use', place: 'network', reason: 'connect servers to the bridge' },
  { privilege: 'Sys.Audit', place: 'nodes', reason: "the nodes' size and load, to place servers by" },
];

/** The privileges that a release with this version (`8.4.1`) knows. */
export function privilegesOf(version: string): NeededPrivilege[] {
  const unknown = Number.parseInt(version, 10) >= 9 ? 'before 9' : 'from 9';
  return NEEDED_PRIVILEGES.filter(({ releases }) => releases !== unknown);
}

export const ofPlace = (privileges: NeededPrivilege[], place: Place): string[] =>
  privileges.filter((needed) => needed.place === place).map(({ privilege }) => privilege);

/** The path of each storage and bridge; their rights reach what lies below, such as a bridge's VLANs. */
export const storagePath = (storage: string): string => `/storage/${storage}`;
export const bridgePath = (bridge: string): string => `/sdn/zones/localnetwork/${bridge}`;
export const VMS_PATH = '/vms';
export const NODES_PATH = '/nodes';

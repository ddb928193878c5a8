import { z } from 'zod';

/** Proxmox wavers between numbers, strings and booleans for the same field, so every scalar is read leniently. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const number = z.union([z.number(), z.string().trim().min(1)]).pipe(z.coerce.number());
const flag = z
  .union([z.boolean(), z.number(), z.string()])
  .transform((value) => value === true || value === 1 || /^(?:1|on|yes|true)$/i.test(String(value)));
/** Tags come as one string; an emptied one as a single blank. */
const tags = text.transform((value) => value.split(/[;,\s]+/).filter(Boolean));

const isSet = flag.default(false);
const tagList = tags.default([]);

export const Version = z.object({ version: text, release: text, repoid: text.optional() });
export type Version = z.infer<typeof Version>;

/** The clock of a node. */
export const NodeTime = z.object({ time: number });

export const Node = z.object({
  node: z.string(),
  /** `online`, `offline` or `unknown` */
  status: text,
  cpu: number.optional(),
  maxcpu: number.optional(),
  mem: number.optional(),
  maxmem: number.optional(),
  disk: number.optional(),
  maxdisk: number.optional(),
  uptime: number.optional(),
  ssl_fingerprint: text.optional(),
});
export type Node = z.infer<typeof Node>;

/** One entry of /cluster/resources; which fields are there depends on `type`. Sizes in bytes, cpu as a fraction of maxcpu. */
export const ClusterResource = z.object({
  id: text,
  /** `node`, `qemu`, `lxc`, `storage`, `pool`, `sdn` or `network` */
  type: text,
  node: text.optional(),
  /** For a VM `unknown` means no node has reported it yet (up to 10 s after creation) or its node is away. */
  status: text.optional(),
  vmid: number.optional(),
  name: text.optional(),
  template: isSet,
  tags: tagList,
  lock: text.optional(),
  pool: text.optional(),
  hastate: text.optional(),
  uptime: number.optional(),
  cpu: number.optional(),
  maxcpu: number.optional(),
  mem: number.optional(),
  maxmem: number.optional(),
  disk: number.optional(),
  maxdisk: number.optional(),
  netin: number.optional(),
  netout: number.optional(),
  diskread: number.optional(),
  diskwrite: number.optional(),
  storage: text.optional(),
  plugintype: text.optional(),
  shared: isSet,
  content: text.optional(),
});
export type ClusterResource = z.infer<typeof ClusterResource>;

/**
 * A VM as its own node lists it: current, unlike /cluster/resources. But `cpu` is a share since the same process of the node was
 * asked last, and bytes read and written are always 0 there (`vmstatus` in qemu-server's PVE/QemuServer.pm), so they are left out.
 */
export const VmSummary = z.object({
  vmid: number,
  /** `running` or `stopped` */
  status: text,
  name: text.optional(),
  template: isSet,
  tags: tagList,
  lock: text.optional(),
  uptime: number.default(0),
  cpus: number.optional(),
  cpu: number.optional(),
  mem: number.optional(),
  maxmem: number.optional(),
  maxdisk: number.optional(),
  netin: number.optional(),
  netout: number.optional(),
  pid: number.optional(),
});
export type VmSummary = z.infer<typeof VmSummary>;

export const VmStatus = VmSummary.extend({
  /** What QEMU says: `running`, `paused`, `io-error`, `prelaunch`…; equals `status` when it does not answer. */
  qmpstatus: text.optional(),
  /** From the configuration alone; says nothing about an agent answering. */
  agent: isSet,
  ha: z.object({ managed: isSet, state: text.optional() }).default({ managed: false }),
});
export type VmStatus = z.infer<typeof VmStatus>;

const VmConfigRecord = z.record(z.string(), text);

export interface VmConfig {
  /** Every property as text, as Proxmox prints it. */
  values: Record<string, string>;
  /** Hash of the content; hand it back to `updateConfig` to detect a change in between. */
  digest: string;
}

export const VmConfig = VmConfigRecord.transform(({ digest = '', ...values }): VmConfig => ({
  values,
  digest,
}));

/** A property with its value in force, and the change of it that waits for a cold start. */
export const PendingProperty = z.object({
  key: z.string(),
  value: text.optional(),
  pending: text.optional(),
  /** 1, or 2 when its volume is to go too. */
  delete: number.optional(),
});

export const TaskStatus = z.object({
  upid: z.string(),
  node: z.string(),
  type: text,
  id: text.default(''),
  user: text.default(''),
  starttime: number,
  status: z.enum(['running', 'stopped']),
  /** Only once stopped. */
  exitstatus: text.optional(),
});
export type TaskStatus = z.infer<typeof TaskStatus>;

export const TaskListEntry = z.object({
  upid: z.string(),
  node: z.string(),
  type: text,
  id: text.default(''),
  user: text.default(''),
  tokenid: text.optional(),
  /** Unix seconds */
  starttime: number,
  endtime: number.optional(),
  /** Absent or `RUNNING` while it runs, else the exit status. */
  status: text.optional(),
});
export type TaskListEntry = z.infer<typeof TaskListEntry>;

export const TaskLogLine = z.object({ n: number, t: text });

export const AgentInterfaces = z.object({
  result: z.array(
    z.object({
      name: text,
      'hardware-address': text.optional(),
      'ip-addresses': z
        .array(z.object({ 'ip-address': text, 'ip-address-type': text, prefix: number }))
        .default([]),
    }),
  ),
});

export const Storage = z.object({
  storage: z.string(),
  type: text,
  content: text.transform((value) => value.split(',').filter(Boolean)),
  active: isSet,
  enabled: isSet,
  shared: isSet,
  total: number.default(0),
  used: number.default(0),
  avail: number.default(0),
});
export type Storage = z.infer<typeof Storage>;

const texts = z.array(text).default([]);

export const MigrationPreconditions = z
  .object({
    running: isSet,
    /** Before 9 only told of a stopped VM. */
    allowed_nodes: z.array(text).optional(),
    not_allowed_nodes: z
      .record(
        z.string(),
        z.object({
          unavailable_storages: texts,
          /** Mapped devices that the node has no mapping for. */
          'unavailable-resources': texts,
          'blocking-ha-resources': z.array(z.object({ sid: text })).default([]),
        }),
      )
      .default({}),
    /** On storages that only its node has; a cloud-init drive counts as a CD. */
    local_disks: z.array(z.object({ volid: z.string(), size: number.default(0), cdrom: isSet })).default([]),
    /** Configuration keys of devices of the node, such as `hostpci0`. */
    local_resources: texts,
    /** What high availability moves along with it, such as `vm:101`. */
    'dependent-ha-resources': texts,
  })
  .transform(({ not_allowed_nodes, local_disks, local_resources, ...rest }) => ({
    running: rest.running,
    allowedNodes: rest.allowed_nodes ?? null,
    notAllowedNodes: not_allowed_nodes,
    localDisks: local_disks,
    localResources: local_resources,
    movesAlong: rest['dependent-ha-resources'],
  }));
export type MigrationPreconditions = z.infer<typeof MigrationPreconditions>;
export const StorageVolume = z.object({
  /** `storage:volume` */
  volid: z.string(),
  /** `images`, `rootdir`, `backup`, `iso`, `vztmpl`, `snippets` or `import` */
  content: text,
  /** Whose it is, by its name. */
  vmid: number.optional(),
  /** Bytes */
  size: number.default(0),
  /** Unix seconds */
  ctime: number.optional(),
});
export type StorageVolume = z.infer<typeof StorageVolume>;

export const NetworkInterface = z.object({
  iface: z.string(),
  /** `bridge`, `eth`, `bond`, `vlan`, `OVSBridge`… */
  type: text,
  active: isSet,
  cidr: text.optional(),
  gateway: text.optional(),
  bridge_vlan_aware: isSet,
});
export type NetworkInterface = z.infer<typeof NetworkInterface>;

export const ClusterStatusEntry = z.object({
  /** `cluster` (absent on a standalone node) or `node` */
  type: text,
  id: text,
  name: text,
  ip: text.optional(),
  nodeid: number.optional(),
  online: isSet,
  local: isSet,
  quorate: isSet,
  nodes: number.optional(),
});
export type ClusterStatusEntry = z.infer<typeof ClusterStatusEntry>;

/** Privileges by path; the value says whether they propagate. */
export const Permissions = z.record(z.string(), z.record(z.string(), flag));
export type Permissions = z.infer<typeof Permissions>;

export const Ticket = z.object({ ticket: z.string(), CSRFPreventionToken: z.string(), NeedTFA: isSet });
export const Upid = z.string().startsWith('UPID:');
export const TextAnswer = text;

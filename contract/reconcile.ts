import { z } from 'zod';
import { Flag } from './flag.ts';
import { PageQuery } from './page.ts';
import { Said } from './said.ts';

/**
 * Who decides a field when record and VM differ: what Berth owns is repaired on Proxmox, what Proxmox owns is accepted
 * into the record.
 */
export const FieldOwner = z.enum(['berth', 'proxmox']);
export type FieldOwner = z.infer<typeof FieldOwner>;

interface FieldDefinition {
  title: string;
  owner: FieldOwner;
  /** Berth can make the VM like the record. */
  repair: boolean;
  /** The record can take the VM's value. */
  accept: boolean;
}

/** Every field that is compared, in the order in which a person reads them. */
export const DRIFT_FIELDS = {
  name: { title: 'Name', owner: 'berth', repair: true, accept: true },
  vcpu: { title: 'Processors', owner: 'berth', repair: true, accept: true },
  memory: { title: 'Memory (MiB)', owner: 'berth', repair: true, accept: true },
  disk: { title: 'Boot disk (GiB)', owner: 'berth', repair: true, accept: true },
  mac: { title: 'MAC address', owner: 'berth', repair: true, accept: true },
  bridge: { title: 'Bridge', owner: 'berth', repair: true, accept: false },
  vlan: { title: 'VLAN', owner: 'berth', repair: true, accept: false },
  rate: { title: 'Network limit (MB/s)', owner: 'berth', repair: true, accept: false },
  address: { title: 'Addresses', owner: 'berth', repair: true, accept: false },
  onboot: { title: 'Start at boot', owner: 'berth', repair: true, accept: false },
  tag: { title: 'Tag', owner: 'berth', repair: true, accept: false },
  marker: { title: 'Marker', owner: 'berth', repair: true, accept: false },
  uuid: { title: 'SMBIOS uuid', owner: 'berth', repair: true, accept: false },
  protection: { title: 'Protection on Proxmox', owner: 'proxmox', repair: true, accept: true },
  node: { title: 'Node', owner: 'proxmox', repair: false, accept: true },
  power: { title: 'Power', owner: 'proxmox', repair: false, accept: true },
} as const satisfies Record<string, FieldDefinition>;
export type DriftField = keyof typeof DRIFT_FIELDS;
const DriftField = z.enum(Object.keys(DRIFT_FIELDS) as [DriftField, ...DriftField[]]);

export const ComparedField = z
  .object({
    field: DriftField,
    title: z.string(),
    owner: FieldOwner,
    record: z.string().nullable(),
    proxmox: z.string().nullable(),
    agrees: z.boolean(),
  })
  .meta({ id: 'ComparedField' });
export type ComparedField = z.infer<typeof ComparedField>;

/** Put on a VM that is in quarantine; it says so to everybody who looks at Proxmox. */
export const QUARANTINE_TAG = 'berth-quarantine';

export const OrphanKind = z.enum([
  'marked_vm_without_server',
  'server_without_vm',
  'vmid_lease_without_server',
  'vmid_lease_without_vm',
  'ip_lease_without_server',
  'disk',
  'backup',
]);
export type OrphanKind = z.infer<typeof OrphanKind>;
export const OrphanState = z.enum(['found', 'quarantined', 'destroyed', 'dismissed', 'adopted']);
export type OrphanState = z.infer<typeof OrphanState>;
export const OrphanRequest = z.enum(['quarantine', 'release', 'destroy']);
export type OrphanRequest = z.infer<typeof OrphanRequest>;

/** The rest has an owner, a server whose deletion takes it along. */
export const DESTRUCTIBLE_KINDS: readonly OrphanKind[] = [
  'marked_vm_without_server',
  'vmid_lease_without_server',
  'ip_lease_without_server',
  'disk',
  'backup',
];

export const OrphanEvidence = z.object({
  /** What has to be typed to destroy it. */
  name: z.string().optional(),
  vmid: z.int().optional(),
  serverId: z.uuid().optional(),
  /** What the server is in Berth; `unknown` when there never was one of this id in this database. */
  server: z.string().optional(),
  /** Where more is said of it than what it is. */
  serverSaid: Said.optional(),
  reason: z.string().optional(),
  reasonSaid: Said.optional(),
  status: z.string().optional(),
  address: z.string().optional(),
  storage: z.string().optional(),
  volume: z.string().optional(),
  sizeGib: z.number().optional(),
  /** Unix seconds */
  madeAt: z.number().optional(),
  /** What *start at boot* was before the quarantine. */
  onboot: z.boolean().optional(),
});
export type OrphanEvidence = z.infer<typeof OrphanEvidence>;

const time = z.iso.datetime();

export const Orphan = z
  .object({
    id: z.uuid(),
    clusterId: z.uuid(),
    kind: OrphanKind,
    identifier: z.string(),
    node: z.string().nullable(),
    evidence: OrphanEvidence,
    state: OrphanState,
    request: OrphanRequest.nullable().meta({ description: 'Asked for and not carried out yet' }),
    note: z.string().nullable().meta({ description: 'What the latest request had to say' }),
    noteSaid: Said.optional(),
    firstSeenAt: time,
    lastSeenAt: time,
    goneAt: time.nullable().meta({ description: 'Since when it is not there any more' }),
    quarantinedUntil: time.nullable(),
  })
  .meta({ id: 'Orphan' });
export type Orphan = z.infer<typeof Orphan>;

export const Drift = z
  .object({
    id: z.uuid(),
    serverId: z.uuid(),
    serverName: z.string(),
    field: DriftField,
    title: z.string(),
    owner: FieldOwner,
    record: z.string().nullable(),
    proxmox: z.string().nullable(),
    canRepair: z.boolean(),
    canAccept: z.boolean(),
    repairRequestedAt: time.nullable().meta({ description: 'A repair is under way since then' }),
    note: z.string().nullable().meta({ description: 'What the latest repair had to say' }),
    noteSaid: Said.optional(),
    firstSeenAt: time,
    lastSeenAt: time,
    resolvedAt: time.nullable(),
    resolution: z.enum(['vanished', 'repaired', 'accepted']).nullable(),
  })
  .meta({ id: 'Drift' });
export type Drift = z.infer<typeof Drift>;

export const Truth = z
  .object({
    serverId: z.uuid(),
    readAt: time.nullable().meta({ description: 'Null when the VM has not been read yet' }),
    ageSeconds: z.int().nullable(),
    node: z.string().nullable(),
    vmid: z.int().nullable(),
    fields: z.array(ComparedField),
    drift: z.array(Drift).meta({ description: 'What is open' }),
  })
  .meta({ id: 'Truth' });
export type Truth = z.infer<typeof Truth>;

export const ReconcileState = z
  .object({
    clusterId: z.uuid(),
    cluster: z.string(),
    lastRun: z
      .object({
        status: z.enum(['running', 'complete', 'incomplete', 'failed']),
        startedAt: time,
        finishedAt: time.nullable(),
        completedAt: time.nullable().meta({ description: 'When a run last read everything' }),
        serversRead: z.int(),
        message: z.string().nullable(),
        said: Said.optional(),
      })
      .nullable(),
    drift: z.int().meta({ description: 'Open differences' }),
    orphans: z.record(z.string(), z.int()).meta({ description: 'By kind; those found or in quarantine' }),
  })
  .meta({ id: 'ReconcileState' });
export type ReconcileState = z.infer<typeof ReconcileState>;
export const ReconcileStateList = z
  .object({ items: z.array(ReconcileState), nextCursor: z.string().nullable() })
  .meta({ id: 'ReconcileStateList' });

export const ListDriftQuery = PageQuery.extend({
  server: z.uuid().optional(),
  cluster: z.uuid().optional(),
  resolved: Flag,
});
export type ListDriftQuery = z.infer<typeof ListDriftQuery>;
export const DriftList = z
  .object({ items: z.array(Drift), nextCursor: z.string().nullable() })
  .meta({ id: 'DriftList' });

export const ListOrphansQuery = PageQuery.extend({
  cluster: z.uuid().optional(),
  kind: OrphanKind.optional(),
  state: OrphanState.optional().meta({ description: 'found and quarantined when left out' }),
  gone: Flag.meta({ description: 'Those that are not there any more' }),
});
export type ListOrphansQuery = z.infer<typeof ListOrphansQuery>;
export const OrphanList = z
  .object({ items: z.array(Orphan), nextCursor: z.string().nullable() })
  .meta({ id: 'OrphanList' });

export const DestroyOrphan = z
  .strictObject({
    name: z.string().max(512).optional().meta({
      description: "A VM's name, or a volume's identifier, typed by the person who wants it destroyed",
    }),
  })
  .meta({ id: 'DestroyOrphan' });

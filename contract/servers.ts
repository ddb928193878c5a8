import { z } from 'zod';
import { AuditActor } from './audit-log.ts';
import { PageQuery } from './page.ts';
import { Operation, OperationStatus, OperationSummary } from './operations.ts';
import { FIELD_TEXTS } from './field-texts.ts';

/**
 * What a person is told. `unknown` means Proxmox could not be asked lately; it is never shown as stopped. `cancelled`: its
 * order was, and nothing of it exists.
 */
export const ServerStatus = z.enum([
  'provisioning',
  'running',
  'stopped',
  'suspended',
  'unknown',
  'failed',
  'cancelled',
  'deleting',
]);
export type ServerStatus = z.infer<typeof ServerStatus>;

export const ServerAddress = z
  .object({
    address: z.string(),
    prefix: z.int(),
    gateway: z.string().nullable(),
    family: z.union([z.literal(4), z.literal(6)]),
  })
  .meta({ id: 'ServerAddress' });
export type ServerAddress = z.infer<typeof ServerAddress>;

const counter = (what: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `${what}, since the VM was started` });

export const ServerObservation = z
  .object({
    at: z.iso.datetime().nullable().meta({
      description: 'when Proxmox was asked how much the VM uses; every 20 seconds where it answers',
    }),
    missingSince: z.iso.datetime().nullable().meta({
      description: 'the first look at the whole cluster that did not find the VM; null: it is there',
    }),
    lock: z.string().nullable().meta({
      description:
        "Proxmox's lock on the VM, such as backup, migrate or snapshot; while it lasts little else can be done",
    }),
    uptimeSeconds: z.int().nullable(),
    cpu: z.number().nullable().meta({ description: 'share of its processors in use, 0 to 1' }),
    memoryUsedMib: z.int().nullable(),
    diskReadBytes: counter('bytes read from its disks'),
    diskWrittenBytes: counter('bytes written to its disks'),
    netInBytes: counter('bytes received'),
    netOutBytes: counter('bytes sent'),
    agentAddresses: z.array(z.string()).nullable().meta({
      description:
        'what the guest agent reported, without loopback and link-local ones; null: nothing, or the VM is off',
    }),
    agentSeenAt: z.iso.datetime().nullable().meta({
      description: 'when the agent answered; it is asked once in a while, at most every ten minutes',
    }),
  })
  .meta({ id: 'ServerObservation' });
export type ServerObservation = z.infer<typeof ServerObservation>;

/** An imported server's has no id: it is none of the catalog. */
const Ref = z.object({ id: z.uuid().nullable(), name: z.string() });

export const Server = z
  .object({
    id: z.uuid(),
    accountId: z.uuid().meta({ description: 'whose it is' }),
    accountName: z.string(),
    name: z.string(),
    hostname: z.string().nullable().meta({ description: 'the full name an imported server came with' }),
    status: ServerStatus,
    suspendReason: z.string().nullable(),
    plan: Ref,
    template: Ref,
    vcpu: z.int(),
    memoryMib: z.int(),
    diskGib: z.int(),
    ipAddresses: z.array(ServerAddress),
    node: z.string().nullable(),
    location: z.string().nullable(),
    defaultUser: z.string().nullable(),
    deleteProtection: z.boolean().meta({ description: 'while true the server cannot be deleted' }),
    rescue: z.boolean().meta({ description: 'it boots the rescue system instead of its own' }),
    rebuildProtection: z.boolean().meta({ description: 'while true the server cannot be rebuilt' }),
    restartNeeded: z
      .boolean()
      .meta({ description: 'its size takes effect only after a reboot, or when it is stopped and started' }),
    labels: z.record(z.string(), z.string()),
    powerState: z.enum(['running', 'stopped', 'unknown']).meta({
      description:
        'what Proxmox said within the last minute, whatever the status: a suspended server may have been started there',
    }),
    deletesAt: z.iso.datetime().nullable().meta({
      description: 'of a server being deleted: until then cancelling the operation gives it back',
    }),
    statusObservedAt: z.iso.datetime().nullable(),
    observed: ServerObservation.nullable().meta({
      description: 'what was last seen of the VM beside its status; null: nothing yet',
    }),
    createdAt: z.iso.datetime(),
    operation: OperationSummary.nullable(),
  })
  .meta({ id: 'Server' });
export type Server = z.infer<typeof Server>;

export const ServerPrice = z
  .object({
    price: z
      .object({
        amount: z.string().meta({ description: 'a decimal with two digits after the point' }),
        currency: z.string().meta({ description: 'a code such as EUR' }),
        cycle: z.string().meta({ description: 'as WHMCS has it, such as Monthly or Annually' }),
        nextDue: z.iso.date().nullable(),
      })
      .nullable()
      .meta({ description: 'known of a server that came from WHMCS, until its plan is changed' }),
  })
  .meta({ id: 'ServerPrice' });
export type ServerPrice = z.infer<typeof ServerPrice>;

/** What is left of a server that was deleted. */
export const DeletedServer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    accountName: z.string(),
    planName: z.string().nullable(),
    templateName: z.string().nullable(),
    createdAt: z.iso.datetime(),
    deletedAt: z.iso.datetime(),
    deletedBy: z
      .object({
        actor: AuditActor,
        name: z.string().nullable().meta({ description: 'Null for the provider' }),
      })
      .nullable()
      .meta({ description: 'Who asked for it; null where the audit log does not say' }),
  })
  .meta({ id: 'DeletedServer' });
export type DeletedServer = z.infer<typeof DeletedServer>;

/** A DNS label: a new VM is named after its server, and so is the system inside. */
export const ServerName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: FIELD_TEXTS.server_name,
  });

const LABEL_KEY = z.string().regex(/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/);

const MOST_LABELS = 50;

export const Labels = z.preprocess(
  (given, ctx) => {
    // Counted before any is looked at: a body of 1 MB holds 80,000, which would take more than a second.
    if (typeof given === 'object' && given !== null && Object.keys(given).length > MOST_LABELS)
      ctx.addIssue({ code: 'custom', message: FIELD_TEXTS.fifty_labels });
    return given;
  },
  z
    .record(
      LABEL_KEY,
      z
        .string()
        .max(255)
        .regex(/^\P{Cc}*$/u, { error: FIELD_TEXTS.printable_only }),
      {
        error: ({ code }) => (code === 'invalid_key' ? FIELD_TEXTS.label_key : undefined),
      },
    )
    .meta({ maxProperties: MOST_LABELS }),
);

const SSH_KEY =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,3}( [^\r\n]*)?$/;

export const SshKey = z.string().trim().max(8192).regex(SSH_KEY, { error: FIELD_TEXTS.ssh_key });

export const SshKeyIds = z
  .array(z.uuid())
  .max(20)
  .meta({ description: 'keys the account keeps (GET /ssh-keys), besides those in sshKeys' });

export const ServerPassword = z
  .string()
  .min(10, { error: FIELD_TEXTS.ten_characters })
  .max(128)
  .regex(/^[\x20-\x7e]+$/, { error: FIELD_TEXTS.ascii_only })
  // Proxmox shows a password as asterisks and takes those for the mask.
  .regex(/[^*]/, { error: FIELD_TEXTS.not_only_asterisks });

export const CreateServer = z
  .strictObject({
    name: ServerName,
    accountId: z.uuid().optional().meta({ description: 'whose it will be; your first account unless given' }),
    planId: z.uuid(),
    templateId: z.uuid(),
    location: z.string().max(200).optional().meta({ description: 'wherever there is room unless given' }),
    labels: Labels.optional(),
    sshKeys: z.array(SshKey).max(20).optional(),
    sshKeyIds: SshKeyIds.optional(),
    password: ServerPassword.optional(),
    userData: z
      .string()
      .max(64 * 1024)
      .optional()
      .meta({ description: 'cloud-config or a script, run at first boot' }),
  })
  .meta({ id: 'CreateServer' });
export type CreateServer = z.infer<typeof CreateServer>;

export const UpdateServer = z
  .strictObject({
    name: ServerName.optional().meta({
      description: "Berth's name for it; the VM on Proxmox and the system inside keep theirs",
    }),
    deleteProtection: z.boolean().optional().meta({ description: 'while true the server cannot be deleted' }),
    rebuildProtection: z
      .boolean()
      .optional()
      .meta({ description: 'while true the server cannot be rebuilt' }),
    labels: Labels.optional().meta({ description: 'all of them, instead of those it has' }),
  })
  .refine((body) => Object.keys(body).length > 0, { error: FIELD_TEXTS.name_a_field })
  .meta({ id: 'UpdateServer', minProperties: 1 });
export type UpdateServer = z.infer<typeof UpdateServer>;

export const PowerAction = z.enum(['start', 'shutdown', 'stop', 'reboot', 'reset']);
export type PowerAction = z.infer<typeof PowerAction>;

export const ServerAction = z
  .strictObject({
    action: PowerAction,
    force: z
      .boolean()
      .optional()
      .meta({ description: 'shutdown only: power off when the guest does not shut down in time' }),
    timeoutSeconds: z
      .int()
      .min(5)
      .max(600)
      .optional()
      .meta({ description: 'shutdown and reboot only: how long the guest may take; 60 by default' }),
  })
  .meta({ id: 'ServerAction' });
export type ServerAction = z.infer<typeof ServerAction>;

export const ServerSort = z.enum(['createdAt', '-createdAt', 'name', '-name']);
export type ServerSort = z.infer<typeof ServerSort>;

export const ListServersQuery = PageQuery.extend({
  sort: ServerSort.default('-createdAt'),
  status: ServerStatus.optional(),
  search: z
    .string()
    .trim()
    .max(100)
    .optional()
    .meta({ description: 'part of the name, the host name or an address' }),
  q: z.string().trim().max(500).optional().meta({
    description:
      'Terms that all have to hold: status:, node:, account:, ip: (beginning, or network), plan:, vmid:, and words as in search; "…" around spaces',
  }),
  label: z
    .string()
    .regex(/^[^=]+=/, { error: FIELD_TEXTS.label })
    .optional()
    .meta({ description: 'key=value: servers that carry this label' }),
  accountId: z.uuid().optional().meta({ description: 'servers of this account only' }),
  nodeId: z.uuid().optional().meta({ description: 'servers on this node only' }),
});
export type ListServersQuery = z.infer<typeof ListServersQuery>;

export const ServerList = z
  .object({ items: z.array(Server), nextCursor: z.string().nullable() })
  .meta({ id: 'ServerList' });
export type ServerList = z.infer<typeof ServerList>;

/** The answer to every accepted change: 202, with `Location: /operations/<id>`. */
export const Accepted = z.object({ server: Server, operation: Operation }).meta({ id: 'Accepted' });
export type Accepted = z.infer<typeof Accepted>;

export const ListAllOperationsQuery = PageQuery.extend({
  status: z
    .enum([...OperationStatus.options, 'live', 'over'])
    .default('live')
    .meta({ description: 'live: pending, running or needs_attention; over: all others' }),
});
export const OperationList = z
  .object({ items: z.array(Operation), nextCursor: z.string().nullable() })
  .meta({ id: 'OperationList' });
export type OperationList = z.infer<typeof OperationList>;

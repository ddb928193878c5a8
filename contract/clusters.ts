import { z } from 'zod';
import { Said } from './said.ts';
import { FIELD_TEXTS } from './field-texts.ts';

/** What the test of a connection to a cluster may find; docs/proxmox.md explains each. */
export const CONNECTION_CODES = [
  'dns_not_found',
  'dns_unavailable',
  'connection_refused',
  'host_unreachable',
  'timed_out',
  'not_tls',
  'tls_failed',
  'tls_fingerprint_mismatch',
  'tls_expired',
  'tls_not_yet_valid',
  'tls_self_signed',
  'tls_unknown_issuer',
  'tls_host_mismatch',
  'not_proxmox',
  'proxmox_failing',
  'clock_skew',
  'token_user_missing',
  'token_user_disabled',
  'token_missing',
  'token_expired',
  'token_secret_wrong',
  'token_refused',
  'version_too_old',
  'version_unknown',
  'privilege_missing',
  'storage_missing',
  'bridge_missing',
  'node_offline',
  'template_missing',
  'rescue_iso_missing',
  'proxmox_error',
] as const;

export const ConnectionFinding = z
  .object({
    code: z.enum(CONNECTION_CODES),
    level: z.enum(['error', 'warning']).meta({ description: 'With an error Berth cannot work there' }),
    message: z.string().meta({ description: 'One human sentence' }),
    remedy: z.string().meta({ description: 'What to do about it' }),
    said: Said.optional(),
    endpoint: z.string().optional(),
    path: z.string().optional().meta({ description: "In Proxmox's tree of rights" }),
    privilege: z.string().optional().meta({ description: 'Missing on that path' }),
    fingerprint: z.string().optional().meta({ description: 'SHA-256 of the certificate seen there' }),
  })
  .meta({ id: 'ConnectionFinding' });

export const ConnectionReport = z
  .object({
    ok: z.boolean().meta({ description: 'No finding is an error' }),
    version: z.string().nullable().meta({ description: 'Of Proxmox VE; null when it did not answer' }),
    endpoints: z.array(z.object({ endpoint: z.string(), fingerprint: z.string().nullable() })),
    findings: z.array(ConnectionFinding),
  })
  .meta({ id: 'ConnectionReport' });
export type ConnectionReport = z.infer<typeof ConnectionReport>;

/** The volume that servers boot the rescue system from, the same on every node. */
export const RescueIso = z
  .string()
  .max(255)
  .regex(/^[\w.-]+:iso\/[^/,;\s]+\.(iso|img)$/i, FIELD_TEXTS.rescue_iso)
  .meta({ description: 'What servers boot the rescue system from, such as local:iso/rescue.iso' });

/** How a cluster is reached. */
const Reach = {
  endpoints: z
    .array(
      z
        .url({ protocol: /^https$/, error: FIELD_TEXTS.proxmox_url })
        .refine((text) => !text.includes('@'), FIELD_TEXTS.no_credentials),
    )
    .min(1)
    .max(16)
    .meta({ description: 'Several are ways to the same cluster' }),
  tokenId: z
    .string()
    .max(255)
    .regex(/^[^@!=\s]+@[^@!=\s]+![^@!=\s]+$/, FIELD_TEXTS.token_id),
  tokenSecret: z.string().min(1).max(255),
  tlsFingerprint: z
    .string()
    .regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/i, FIELD_TEXTS.fingerprint)
    .optional()
    .meta({ description: 'The one certificate to accept' }),
  tlsCa: z
    .string()
    .max(100_000)
    .includes('-----BEGIN CERTIFICATE-----', FIELD_TEXTS.pem)
    .optional()
    .meta({ description: "The CA in PEM; without either the system's CAs decide" }),
};
const Connection = z.strictObject({ ...Reach, rescueIso: RescueIso.optional() });

const hasOneTrust = ({ tlsFingerprint, tlsCa }: { tlsFingerprint?: unknown; tlsCa?: unknown }): boolean =>
  tlsFingerprint === undefined || tlsCa === undefined;
const ONE_TRUST = { path: ['tlsCa'], error: FIELD_TEXTS.one_trust };

export const TestCluster = Connection.refine(hasOneTrust, ONE_TRUST).meta({ id: 'TestCluster' });
const Location = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .meta({ description: 'What customers see as the location' });
export const CreateCluster = Connection.extend({
  name: z.string().regex(/^[\w.-]{1,63}$/, FIELD_TEXTS.cluster_name),
  location: Location,
})
  .refine(hasOneTrust, ONE_TRUST)
  .meta({ id: 'CreateCluster' });
export type TestCluster = z.infer<typeof TestCluster>;
export type CreateCluster = z.infer<typeof CreateCluster>;

const AT_ONCE = z.int().min(1).max(1_000);
/** What is left out stays as it is. */
export const UpdateCluster = z
  .strictObject({
    copiesPerStorage: AT_ONCE.optional().meta({
      description: 'How many operations may copy disks onto one storage at once; the others wait in line',
    }),
    startsPerNode: AT_ONCE.optional().meta({
      description: 'How many new servers may start on one node at once; power actions always may',
    }),
    rescueIso: RescueIso.nullable().optional().meta({ description: 'null: no rescue system there' }),
    location: Location.optional(),
    connection: z.strictObject(Reach).refine(hasOneTrust, ONE_TRUST).optional().meta({
      description:
        'All of how it is reached, with the secret: a kept one is never sent anywhere it was not given for. Saved when the test finds no error',
    }),
  })
  .refine((body) => Object.keys(body).length > 0, { error: FIELD_TEXTS.name_a_field })
  .meta({ id: 'UpdateCluster', minProperties: 1 });

export type UpdateCluster = z.infer<typeof UpdateCluster>;

export const Cluster = z
  .object({
    id: z.uuid(),
    name: z.string(),
    location: z.string(),
    endpoints: z.array(z.string()),
    tokenId: z.string(),
    tlsFingerprint: z.string().nullable(),
    hasTlsCa: z.boolean(),
    copiesPerStorage: AT_ONCE,
    startsPerNode: AT_ONCE,
    rescueIso: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Cluster' });
export type Cluster = z.infer<typeof Cluster>;
export const ClusterList = z
  .object({ items: z.array(Cluster), nextCursor: z.string().nullable() })
  .meta({ id: 'ClusterList' });
export const CreatedCluster = z
  .object({ cluster: Cluster, report: ConnectionReport })
  .meta({ id: 'CreatedCluster' });

/** `GET /admin/clusters/:id/unclaimed-vms` */
export const ListUnclaimedVmsQuery = z.object({
  search: z.string().trim().max(255).default('').meta({ description: 'Part of a name, or a VM id' }),
});

/** A VM that no server holds; sizes as the cluster reports them, null where it does not. */
export const UnclaimedVm = z
  .object({
    vmid: z.int(),
    node: z.string(),
    name: z.string().nullable(),
    status: z.string(),
    vcpu: z.number().nullable(),
    memoryMib: z.int().nullable(),
    diskGib: z.int().nullable(),
  })
  .meta({ id: 'UnclaimedVm' });
export type UnclaimedVm = z.infer<typeof UnclaimedVm>;
export const UnclaimedVmList = z
  .object({
    items: z.array(UnclaimedVm),
    nextCursor: z.null(),
    total: z.int().meta({ description: 'How many match; the first 200 are listed' }),
  })
  .meta({ id: 'UnclaimedVmList' });
export type UnclaimedVmList = z.infer<typeof UnclaimedVmList>;

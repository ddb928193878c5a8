import { createProxmox, type Proxmox } from './client.ts';
import { ProxmoxError } from './errors.ts';
import { finding, hasErrors, type Finding } from './findings.ts';
import { bridgePath, NODES_PATH, ofPlace, privilegesOf, storagePath, VMS_PATH } from './privileges.ts';
import type { Trust } from './judge-certificate.ts';
import { probeEndpoint, type EndpointCode } from './probe-endpoint.ts';
import { TEMPLATE_TAG } from './template-tag.ts';
import { tellFinding } from '../contract/connection-texts.ts';
import { parseDisk, parseProperties } from './vm-config.ts';

export type ConnectionCode =
  | EndpointCode
  | 'token_user_missing'
  | 'token_user_disabled'
  | 'token_missing'
  | 'token_expired'
  | 'token_secret_wrong'
  | 'token_refused'
  | 'version_too_old'
  | 'version_unknown'
  | 'privilege_missing'
  | 'storage_missing'
  | 'bridge_missing'
  | 'node_offline'
  | 'template_missing'
  | 'rescue_iso_missing'
  | 'proxmox_error';

export interface Connection {
  /** Such as `https://pve1.example.net:8006`; several are ways to the same cluster. */
  endpoints: string[];
  trust: Trust;
  token: { id: string; secret: string };
  /** The volume that servers are to boot the rescue system from, if there is to be one. */
  rescueIso?: string;
}

/** The same as an admin gives it, and as it is kept. */
export function connectionOf(given: {
  endpoints: string[];
  tokenId: string;
  tokenSecret: string;
  tlsFingerprint?: string | null | undefined;
  tlsCa?: string | null | undefined;
  rescueIso?: string | null | undefined;
}): Connection {
  const { endpoints, tokenId, tokenSecret, tlsFingerprint, tlsCa, rescueIso } = given;
  return {
    endpoints,
    trust: { ...(tlsFingerprint ? { fingerprint: tlsFingerprint } : {}), ...(tlsCa ? { ca: tlsCa } : {}) },
    token: { id: tokenId, secret: tokenSecret },
    ...(rescueIso ? { rescueIso } : {}),
  };
}

export interface ConnectionReport {
  /** Whether Berth can work with the cluster; warnings do not count. */
  ok: boolean;
  /** Of the node that answered, such as `9.2.11`; null when none did. */
  version: string | null;
  endpoints: { endpoint: string; fingerprint: string | null }[];
  findings: Finding<ConnectionCode>[];
}

type Found = Finding<ConnectionCode>;

/** The first release with `overrule-shutdown`, without which a stop waits for a shutdown to end. */
const OLDEST = [8, 2] as const;
const NEWEST_MAJOR = 9;

/**
 * Tries everything Berth needs of a cluster and names what is in the way, without changing anything: each address, the
 * certificate, the token, its privileges path by path, version and clock. Never rejects, and no finding holds the secret.
 */
export async function testConnection({
  endpoints,
  trust,
  token,
  rescueIso,
}: Connection): Promise<ConnectionReport> {
  const probes = await Promise.all(endpoints.map((endpoint) => probeEndpoint(endpoint, trust)));
  const findings: Found[] = probes.flatMap((probe) => probe.findings);
  const report = (version: string | null): ConnectionReport => ({
    ok: !hasErrors(findings),
    version,
    endpoints: probes.map(({ endpoint, fingerprint }) => ({ endpoint, fingerprint })),
    findings,
  });
  // The secret goes only where the certificate is believed.
  const usable = probes
    .filter(
      (probe) => !hasErrors(probe.findings) || probe.findings.every(({ code }) => code === 'clock_skew'),
    )
    .map(({ endpoint }) => endpoint);
  if (usable.length === 0) return report(null);
  const proxmox = createProxmox({ endpoints: usable, token, ...trust });
  let version: string | null = null;
  try {
    ({ version } = await proxmox.version());
    findings.push(...judgeVersion(version), ...(await judgeCluster(proxmox, version, token.id)));
    if (rescueIso) findings.push(...(await judgeRescueIso(proxmox, rescueIso)));
  } catch (err) {
    findings.push(explainFailure(err, token.id));
  } finally {
    await proxmox.close();
  }
  return report(version);
}

/** Whether Berth can work with this release of Proxmox VE. */
export function judgeVersion(version: string): Found[] {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    const oldest = OLDEST.join('.');
    return [finding('error', 'version_too_old', tellFinding('version_too_old', { version, oldest }))];
  }
  if (major <= NEWEST_MAJOR) return [];
  return [finding('warning', 'version_unknown', tellFinding('version_unknown', { version }))];
}

/** Nodes, templates, storages, bridges, and the token's rights on all of them. */
async function judgeCluster(proxmox: Proxmox, version: string, tokenId: string): Promise<Found[]> {
  const nodes = await proxmox.nodes();
  const online = nodes.filter(({ status }) => status === 'online').map(({ node }) => node);
  const away = nodes.filter(({ status }) => status !== 'online');
  const templates = (await Promise.all(online.map((node) => templatesOf(proxmox, node)))).flat();
  const privileges = privilegesOf(version);
  const vms = await missingPrivileges(proxmox, tokenId, VMS_PATH, ofPlace(privileges, 'vms'));
  const seesVms = vms.every(({ privilege }) => privilege !== 'VM.Audit');
  return [
    ...away.map(({ node, status }) => nodeAway(node, status)),
    ...vms,
    ...(await missingPrivileges(proxmox, tokenId, NODES_PATH, ofPlace(privileges, 'nodes'))),
    ...(await judgeStorages(proxmox, { tokenId, online, templates, wanted: ofPlace(privileges, 'storage') })),
    ...(await judgeBridges(proxmox, { tokenId, online, templates, wanted: ofPlace(privileges, 'network') })),
    ...(templates.length === 0 && seesVms ? [NO_TEMPLATE] : []),
  ];
}

/** Whether each node that is there has the rescue medium. */
async function judgeRescueIso(proxmox: Proxmox, volid: string): Promise<Found[]> {
  const [storage = ''] = volid.split(':');
  const online = (await proxmox.nodes()).filter(({ status }) => status === 'online');
  const without: string[] = [];
  for (const { node } of online) {
    try {
      const content = await proxmox.storageContent(node, storage, 'iso');
      if (!content.some((volume) => volume.volid === volid)) without.push(node);
    } catch (err) {
      // Whatever is the matter with the storage: no server there can boot from it.
      if (!(err instanceof ProxmoxError)) throw err;
      without.push(node);
    }
  }
  if (without.length === 0) return [];
  const told = tellFinding('rescue_iso_missing', {
    volume: volid,
    nodes: without.join(', '),
    storage,
    path: storagePath(storage),
  });
  return [finding('warning', 'rescue_iso_missing', told)];
}

const nodeAway = (node: string, status: string): Found =>
  finding('warning', 'node_offline', tellFinding('node_offline', { node, status }));

const NO_TEMPLATE: Found = finding(
  'warning',
  'template_missing',
  tellFinding('template_missing', { tag: TEMPLATE_TAG }),
);

interface Template {
  storages: string[];
  bridges: string[];
}

/** What clones of the offered templates will use; none when VMs cannot be seen. */
async function templatesOf(proxmox: Proxmox, node: string): Promise<Template[]> {
  const offered = (await proxmox.listVms(node)).filter(
    ({ template, tags }) => template && tags.includes(TEMPLATE_TAG),
  );
  return Promise.all(
    offered.map(async ({ vmid }) => {
      const entries = Object.entries((await proxmox.vmConfig(node, vmid)).values);
      const disks = entries.filter(([key]) => /^(?:scsi|virtio|sata|ide)\d+$/.test(key));
      const cards = entries.filter(([key]) => /^net\d+$/.test(key));
      return {
        storages: disks.flatMap(([, value]) => {
          const { storage, isCdrom } = parseDisk(value);
          return storage && !isCdrom ? [storage] : [];
        }),
        bridges: cards.flatMap(([, value]) => parseProperties(value, 'model')['bridge'] ?? []),
      };
    }),
  );
}

interface Question {
  tokenId: string;
  online: string[];
  templates: Template[];
  wanted: string[];
}

async function judgeStorages(
  proxmox: Proxmox,
  { tokenId, online, templates, wanted }: Question,
): Promise<Found[]> {
  const used = unique(templates.flatMap(({ storages }) => storages));
  if (used.length > 0) {
    const missing = used.map((storage) => missingPrivileges(proxmox, tokenId, storagePath(storage), wanted));
    return (await Promise.all(missing)).flat();
  }
  // Only storages that the token may use are shown to it.
  const seen = (await Promise.all(online.map((node) => proxmox.storages(node)))).flat();
  if (seen.some(({ content, active }) => active && content.includes('images'))) return [];
  return [
    finding('error', 'storage_missing', tellFinding('storage_missing', { privileges: wanted.join(', ') })),
  ];
}

async function judgeBridges(
  proxmox: Proxmox,
  { tokenId, online, templates, wanted }: Question,
): Promise<Found[]> {
  const lists = await Promise.all(online.map((node) => proxmox.networks(node)));
  const bridges = unique(
    lists
      .flat()
      .filter(({ type }) => /bridge$/i.test(type))
      .map(({ iface }) => iface),
  );
  const used = unique(templates.flatMap((template) => template.bridges));
  // Others than the nodes' own bridges are virtual networks, whose rights are on their zone.
  const invisible = used.filter((bridge) => !bridges.includes(bridge));
  const missing = await Promise.all(
    invisible.map((bridge) => missingPrivileges(proxmox, tokenId, bridgePath(bridge), wanted)),
  );
  if (used.length > 0 || bridges.length > 0) return missing.flat();
  const told = tellFinding('bridge_missing', {
    privileges: wanted.join(', '),
    path: bridgePath('<bridge>'),
  });
  return [finding('error', 'bridge_missing', told)];
}

const unique = (names: string[]): string[] => [...new Set(names)];

async function missingPrivileges(
  proxmox: Proxmox,
  tokenId: string,
  path: string,
  wanted: string[],
): Promise<Found[]> {
  const held = (await proxmox.permissions({ path }))[path] ?? {};
  return wanted
    .filter((privilege) => !(privilege in held))
    .map((privilege) => privilegeMissing(tokenId, path, privilege));
}

/** What to say when a token, which has what both it and its user have, lacks a privilege. */
export function privilegeMissing(tokenId: string, path: string, privilege: string): Found {
  const [user = ''] = tokenId.split('!');
  const told = tellFinding('privilege_missing', { privilege, path, user, token: tokenId });
  return { ...finding('error', 'privilege_missing', told), path, privilege };
}

/** Before 9.1.5 Proxmox says why it refuses a token; since then all refusals read alike. */
const REFUSALS = [
  [/no such user/, 'token_user_missing'],
  [/user '.*' is disabled/, 'token_user_disabled'],
  [/no such token/, 'token_missing'],
  [/access expired/, 'token_expired'],
  [/invalid token value/, 'token_secret_wrong'],
] as const;

function explainFailure(err: unknown, tokenId: string): Found {
  if (err instanceof ProxmoxError && err.status === 401) {
    const code = REFUSALS.find(([pattern]) => pattern.test(err.reason))?.[1];
    return code
      ? finding('error', code, tellFinding(code, { token: tokenId }))
      : finding(
          'error',
          'token_refused',
          tellFinding('token_refused', { reason: err.reason, token: tokenId }),
        );
  }
  if (err instanceof ProxmoxError && err.status === 403) {
    const [, path, privilege] = /\((\/[^,]*), ([\w.|]+)\)/.exec(err.reason) ?? [];
    if (path && privilege) return privilegeMissing(tokenId, path, privilege);
  }
  const reason = err instanceof Error ? err.message : String(err);
  return finding('error', 'proxmox_error', tellFinding('proxmox_error', { reason }));
}

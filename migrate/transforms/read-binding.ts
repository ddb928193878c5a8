import type { ServiceBundle } from '../legacy/read-services.ts';
import type { LegacyModuleRow, LegacyProduct } from '../legacy/rows.ts';
import type { BINDING_WAYS, ProductSettings } from '../mapping-schema.ts';
import type { TransformContext } from './context.ts';
import { parseVmid } from './facts.ts';
import { finding, type Notes } from './outcome.ts';
import type { FieldValues } from './resolve-fields.ts';

export type BindingWay = (typeof BINDING_WAYS)[number];

/** What the source says about which VM is the service's; whether it is there only the cluster knows. */
export interface BindingClaim {
  /** Null when the service names no server: every cluster has to be looked at. */
  cluster: string | null;
  /** Null when only name and address can tell. */
  vmid: number | null;
  way: BindingWay;
  /** qemu, lxc, or null when the source does not say. */
  kind: 'qemu' | 'lxc' | null;
  /** Of its network card, where the source says so: in lower case, with colons. */
  mac?: string;
  /** Where the module last saw it; VMs move. */
  node: string | null;
  /** Everything that names a VMID, in order of the mapping. */
  evidence: { way: BindingWay; vmid: number; from: string }[];
}

/** Follows the ways the mapping allows, in order; the first that names a VM wins, and the others must agree. */
export function readBinding(
  bundle: ServiceBundle,
  product: LegacyProduct,
  settings: ProductSettings,
  context: TransformContext,
  { vmid: fieldVmid, macAddress }: FieldValues,
  notes: Notes,
): BindingClaim | undefined {
  const ways = settings.binding ?? context.mapping.binding.order;
  const module = settings.module ?? product.servertype;
  const row = bundle.moduleRows.find((candidate) => candidate.module === module);
  const place: Place = {
    bundle,
    row,
    fieldVmid: typeof fieldVmid === 'number' ? fieldVmid : null,
    patterns: context.mapping.binding,
    notes,
  };
  const evidence = ways.flatMap((way) => {
    const found = lookFor(way, place);
    return found === undefined ? [] : [{ way, ...found }];
  });
  const [first] = evidence;
  const server = findCluster(bundle, context, notes);
  if (!first && !ways.includes('corroboration')) {
    const where =
      ways.includes('module') && row ? `the row of ${row.table} names no VMID` : 'nothing names a VM';
    notes.problems.push(finding('vm_not_found', `${where} (looked at: ${ways.join(', ')})`));
    return undefined;
  }
  const other = evidence.find(({ vmid }) => vmid !== first?.vmid);
  if (first && other) {
    const message = `${first.from} names VM ${first.vmid} and ${other.from} names VM ${other.vmid}`;
    notes.problems.push(finding('vm_ambiguous', message));
  }
  for (const { way, vmid, from } of evidence) {
    notes.trace?.push({
      from,
      input: String(vmid),
      rule: `binding ${way}`,
      field: 'vmid',
      effect: `names VM ${vmid}`,
    });
  }
  return {
    cluster: server,
    vmid: first?.vmid ?? null,
    way: first?.way ?? 'corroboration',
    kind: row ? kindOf(row.kind) : null,
    ...(typeof macAddress === 'string' ? { mac: macAddress } : {}),
    node: row?.node || null,
    evidence,
  };
}

interface Place {
  bundle: ServiceBundle;
  row: LegacyModuleRow | undefined;
  fieldVmid: number | null;
  patterns: TransformContext['mapping']['binding'];
  notes: Notes;
}

type Found = { vmid: number; from: string } | undefined;

function lookFor(way: BindingWay, place: Place): Found {
  const { bundle, row, fieldVmid, patterns, notes } = place;
  const { service } = bundle;
  switch (way) {
    case 'module':
      return row && checkVmid(row.vmid, `${row.table} ${row.service}`, notes);
    case 'field':
      return fieldVmid === null ? undefined : { vmid: fieldVmid, from: 'custom field' };
    case 'username':
      return matchVmid(service.username, patterns.usernamePattern, 'tblhosting.username', notes);
    case 'notes':
      return matchVmid(service.notes, patterns.notesPattern, 'tblhosting.notes', notes);
    case 'serviceId':
      return row && checkVmid(String(service.id), 'tblhosting.id', notes);
    case 'corroboration':
      return undefined;
  }
}

function matchVmid(text: string, pattern: string, from: string, notes: Notes): Found {
  const digits = new RegExp(pattern, 'i').exec(text)?.[1];
  return digits === undefined ? undefined : checkVmid(digits, from, notes);
}

function checkVmid(text: string, from: string, notes: Notes): Found {
  if (text === '' || text === '0') return undefined;
  const vmid = parseVmid(text);
  if (vmid !== undefined) return { vmid, from };
  notes.problems.push(finding('vmid_invalid', `${from} is no VMID: a number from 100 on`));
  return undefined;
}

/** pvewhmcs's older imports wrote kvm. */
function kindOf(text: string): BindingClaim['kind'] {
  const kind = text.trim().toLowerCase();
  if (kind === 'lxc') return 'lxc';
  return kind === 'qemu' || kind === 'kvm' ? 'qemu' : null;
}

function findCluster(
  { service }: ServiceBundle,
  { mapping, catalogue }: TransformContext,
  notes: Notes,
): string | null {
  if (service.server === 0) return null;
  if (!catalogue.servers.has(service.server)) {
    notes.problems.push(finding('orphan_server', `server ${service.server} does not exist`));
    return null;
  }
  const server = mapping.servers[String(service.server)];
  if (server && 'cluster' in server) {
    const effect = `cluster ${server.cluster}`;
    notes.trace?.push({ from: 'tblhosting.server', input: `${service.server}`, rule: 'servers', effect });
    return server.cluster;
  }
  const message = `server ${service.server} is not mapped to a cluster: add it under servers`;
  notes.problems.push(finding('unmapped_server', message));
  return null;
}

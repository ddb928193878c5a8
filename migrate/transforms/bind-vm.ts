import { finding, type Finding, type TraceEntry } from './outcome.ts';
import { firstLabel, fitName, isFit, isForeignName, type NameFit } from './fit-name.ts';
import type { BindingWay } from './read-binding.ts';
import type { ServiceFields } from './transform-service.ts';

/** A VM as the inventory of a cluster has it. */
export interface ClusterVm {
  clusterId: string;
  cluster: string;
  vmid: number;
  node: string;
  kind: 'qemu' | 'lxc';
  name: string | null;
  status: string;
  vcpu: number | null;
  memoryMib: number | null;
  diskGib: number | null;
  template: boolean;
  /** IP and MAC addresses its configuration gives it; left out when nobody has asked: each VM takes a call of its own. */
  addresses?: string[];
}

/** Which VM is the service's, and why. */
export interface Binding {
  clusterId: string;
  cluster: string;
  vmid: number;
  node: string;
  kind: 'qemu' | 'lxc';
  name: string | null;
  way: BindingWay;
  /** 0 … 100, for people to sort by; nothing is decided by it. */
  score: number;
  reasons: string[];
}

export type BindResult = { trace: TraceEntry[] } & (
  | { binding: Binding; warnings: Finding[] }
  /** `rivals` are the VMs between which addresses could decide. */
  | { reason: Finding; rivals: ClusterVm[] }
);

/** What has to be known of a service to look for its VM. */
export type WantedVm = Pick<
  ServiceFields,
  'clientId' | 'hostname' | 'status' | 'vcpu' | 'memoryMib' | 'primaryIp' | 'extraIps' | 'ipv6' | 'binding'
>;

/** Names, in lower case, that a VM of this service could have; `<service>-<unix time>` cannot be listed. */
export function candidateNames(
  serviceId: number,
  { clientId, hostname }: Pick<WantedVm, 'clientId' | 'hostname'>,
): string[] {
  const host = hostname?.toLowerCase() ?? '';
  const names = [
    host,
    firstLabel(host),
    `vps${serviceId}`,
    `vps${serviceId}-cus${clientId}`,
    `vm-${serviceId}`,
  ];
  return [...new Set(names.filter((name) => name !== ''))];
}

/**
 * Finds the VM a service means, or says why none can be taken for it. `candidates`: every VM of a mapped cluster that
 * has the VMID claimed or one of `candidateNames`; others do no harm. Pure; never throws.
 */
export function bindVm(serviceId: number, fields: WantedVm, candidates: ClusterVm[]): BindResult {
  const search: Search = { serviceId, fields, trace: [] };
  const { cluster, vmid } = fields.binding;
  const found = letAddressesDecide(
    search,
    vmid === null
      ? findByName(search, candidates)
      : cluster === null
        ? findAnywhere(search, candidates, vmid)
        : findClaimed(search, candidates, { cluster, vmid }),
  );
  const reason = 'vm' in found ? refuse(search, found.vm) : found.reason;
  note(search, candidates, 'vm' in found && !reason ? found.vm : undefined);
  // A VM is there when nothing was refused.
  if (reason || !('vm' in found)) {
    const rivals = 'vm' in found ? [] : (found.rivals ?? []);
    return { reason: reason ?? notFound('there is no such VM'), rivals, trace: search.trace };
  }
  const { vm } = found;
  return { binding: describe(search, vm), warnings: warningsOf(search, vm), trace: search.trace };
}

interface Search {
  serviceId: number;
  fields: WantedVm;
  trace: TraceEntry[];
}

/**
 * The VMs that a service points at which is not migrated: nothing is bound by them, but they must not pass for
 * nobody's. A number does not say that a VM is left over from a service that is over: VMIDs are used again.
 */
export function pointAtVms(
  serviceId: number,
  { hostname, binding: { cluster, vmid } }: Pick<WantedVm, 'hostname' | 'binding'>,
  candidates: ClusterVm[],
  outcome: 'quarantined' | 'skipped',
): ClusterVm[] {
  return candidates.filter((vm) => {
    const fit = fitName(vm.name, serviceId, hostname);
    if (outcome === 'skipped') return fit === 'hostname' || fit === 'module';
    return isFit(fit) || (vm.cluster === cluster && vm.vmid === vmid);
  });
}

type Found = { vm: ClusterVm } | { reason: Finding; rivals?: ClusterVm[] };

const notFound = (message: string) => finding('vm_not_found', message);
const ambiguous = (message: string) => finding('vm_ambiguous', message);

/** Of VMs that fit alike, the only one that has an address of the service. */
function letAddressesDecide(search: Search, found: Found): Found {
  if ('vm' in found) return found;
  const [vm, other] = (found.rivals ?? []).filter((rival) => addressOf(search, rival) !== undefined);
  return vm && !other ? { vm } : found;
}

/** An address of the service that the VM has. */
function addressOf({ fields }: Search, { addresses = [] }: ClusterVm): string | undefined {
  const plain = (address: string) => address.split('/', 1)[0]?.toLowerCase();
  const has = new Set(addresses.map(plain));
  return [fields.binding.mac ?? '', fields.primaryIp ?? '', ...fields.extraIps, ...fields.ipv6]
    .filter((address) => address !== '')
    .find((address) => has.has(plain(address)));
}

/** The source names cluster and VMID: it is this VM or none. */
function findClaimed(
  search: Search,
  candidates: ClusterVm[],
  claim: { cluster: string; vmid: number },
): Found {
  const vm = candidates.find(({ cluster, vmid }) => cluster === claim.cluster && vmid === claim.vmid);
  if (!vm)
    return {
      reason: notFound(`there is no VM ${claim.vmid} on ${claim.cluster}${elsewhere(search, candidates)}`),
    };
  // Old modules, and upgrades of them, take the service's id for the VMID: somebody else may have that number by now.
  if (claim.vmid === search.serviceId && fitOf(search, vm) === 'foreign') {
    return {
      reason: ambiguous(`${place(vm)} has the service's id, but its name "${vm.name}" is another service's`),
    };
  }
  return { vm };
}

/** As much as both sizes, or a whole name over its first part. */
const CLEARLY = 10;

/** VMIDs repeat from cluster to cluster, so that the number alone proves nothing: the name has to fit. */
function findAnywhere(search: Search, candidates: ClusterVm[], vmid: number): Found {
  const numbered = candidates.filter((vm) => vm.vmid === vmid);
  const named = numbered.filter((vm) => isFit(fitOf(search, vm)));
  const [first, second] = named.toSorted((a, b) => evidenceOf(search, b) - evidenceOf(search, a));
  if (!first) {
    const found = numbered.map((vm) => `"${vm.name ?? ''}" on ${vm.cluster}`).join(', ');
    const message = found
      ? `the source names no cluster, and no VM ${vmid} has a name that fits: ${found}`
      : `there is no VM ${vmid} on any mapped cluster`;
    return { reason: notFound(`${message}${elsewhere(search, candidates)}`), rivals: numbered };
  }
  if (second && evidenceOf(search, first) - evidenceOf(search, second) < CLEARLY) {
    return {
      reason: ambiguous(`the source names no cluster, and ${places(named)} fit alike`),
      rivals: named,
    };
  }
  return { vm: first };
}

/** Only the name can tell: it must be the only one of all clusters. */
function findByName(search: Search, candidates: ClusterVm[]): Found {
  const alive = candidates.filter(({ template }) => !template);
  const whole = alive.filter((vm) => ['hostname', 'module'].includes(fitOf(search, vm)));
  const partly = alive.filter((vm) => fitOf(search, vm) === 'label');
  const named = whole.length > 0 ? whole : partly;
  const [vm, other] = named;
  if (!vm) return { reason: notFound('nothing names a VMID, and no VM has a name of the service') };
  if (other)
    return {
      reason: ambiguous(`nothing names a VMID, and several VMs have a name that fits: ${places(named)}`),
      rivals: named,
    };
  // "web" is anybody's; the rest has to agree, and a name such as vps12 is service 12's.
  if (
    whole.length === 0 &&
    (isForeignName(vm.name, search.serviceId) || specReasons(search, vm).length < 2)
  ) {
    const message = `only the first part of the host name fits the name of ${place(vm)}, and its size does not fit what was sold`;
    return { reason: ambiguous(message), rivals: [vm] };
  }
  return { vm };
}

/** What makes a VM unfit that was found. */
function refuse({ fields }: Search, vm: ClusterVm): Finding | undefined {
  const { kind } = fields.binding;
  if (kind !== null && kind !== vm.kind) {
    return finding('vm_kind_mismatch', `the source says ${kind}, but ${place(vm)} is ${vm.kind}`);
  }
  if (vm.kind !== 'qemu') {
    return finding(
      'vm_kind_unsupported',
      `${place(vm)} is a container (${vm.kind}); Berth runs virtual machines only`,
    );
  }
  return vm.template ? finding('vm_is_template', `${place(vm)} is a template`) : undefined;
}

function warningsOf(search: Search, vm: ClusterVm): Finding[] {
  const { fields } = search;
  const warnings: Finding[] = [];
  // Unknown is what Proxmox says of VMs on a node that is away.
  if (fields.status === 'active' && vm.status !== 'running' && vm.status !== 'unknown') {
    warnings.push(finding('vm_stopped', `the service is active, but ${place(vm)} is ${vm.status}`));
  }
  const drifts = [
    drift('cores', fields.vcpu, vm.vcpu),
    drift('MiB of memory', fields.memoryMib, vm.memoryMib),
  ].filter((text) => text !== undefined);
  if (drifts.length > 0) warnings.push(finding('spec_drift', `${place(vm)} has ${drifts.join(' and ')}`));
  if (fitOf(search, vm) === 'foreign') {
    warnings.push(
      finding('vm_name_foreign', `the name "${vm.name}" of ${place(vm)} is that of another service's VM`),
    );
  }
  return warnings.toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

function drift(what: string, sold: number | null, real: number | null): string | undefined {
  return sold === null || real === null || sold === real
    ? undefined
    : `${real} ${what} instead of ${sold} as sold`;
}

const WAY_SCORES: Record<BindingWay, number> = {
  module: 60,
  field: 50,
  username: 40,
  notes: 40,
  serviceId: 30,
  corroboration: 0,
};
const NAME_SCORES: Record<NameFit, number> = { hostname: 25, module: 25, label: 10, none: 0, foreign: -30 };

function describe(search: Search, vm: ClusterVm): Binding {
  const { binding: claim } = search.fields;
  const { clusterId, cluster, vmid, node, kind, name } = vm;
  const where = claim.cluster === null ? '' : ` on ${claim.cluster}`;
  const named = claim.evidence
    .filter((evidence) => evidence.vmid === vmid)
    .map(({ from }) => `${from} names VMID ${vmid}${where}`);
  const fit = fitOf(search, vm);
  const specs = specReasons(search, vm);
  const address = addressOf(search, vm);
  const moved = claim.node !== null && claim.node !== node;
  const reasons = [
    ...named,
    ...(isFit(fit) ? [`name ${name} fits${fit === 'label' ? ' the first part of the host name' : ''}`] : []),
    ...(fit === 'none' ? [name ? `name ${name} says nothing` : 'the VM has no name'] : []),
    ...(address ? [`address ${address} fits, and no other VM that fits has it`] : []),
    ...(claim.vmid === null && !address ? ['no other VM of the mapped clusters has such a name'] : []),
    ...(claim.vmid !== null && claim.cluster === null && !address
      ? ['no other VM of that number has such a name and size']
      : []),
    ...specs,
    ...(moved ? [`moved from node ${claim.node} to ${node}`] : []),
  ];
  const score =
    WAY_SCORES[claim.way] +
    NAME_SCORES[fit] +
    specs.length * 5 +
    (address ? 40 : 0) +
    Math.max(named.length - 1, 0) * 10 +
    (claim.cluster === null ? 0 : 5);
  const bounded = Math.min(Math.max(score, 0), 100);
  return { clusterId, cluster, vmid, node, kind, name, way: claim.way, score: bounded, reasons };
}

function evidenceOf(search: Search, vm: ClusterVm): number {
  return NAME_SCORES[fitOf(search, vm)] + specReasons(search, vm).length * 5;
}

function specReasons({ fields }: Search, vm: ClusterVm): string[] {
  return [
    ...(fields.vcpu !== null && fields.vcpu === vm.vcpu ? [`${vm.vcpu} cores as sold`] : []),
    ...(fields.memoryMib !== null && fields.memoryMib === vm.memoryMib
      ? [`memory ${vm.memoryMib} MiB as sold`]
      : []),
  ];
}

function fitOf({ serviceId, fields }: Search, vm: ClusterVm): NameFit {
  return fitName(vm.name, serviceId, fields.hostname);
}

/** A hint for whoever looks into it: never enough to bind by. */
function elsewhere(search: Search, candidates: ClusterVm[]): string {
  const named = candidates.filter((vm) => isFit(fitOf(search, vm)));
  return named.length > 0 ? `; by its name it could be ${places(named)}` : '';
}

const MOST_NAMED = 5;

function places(vms: ClusterVm[]): string {
  const more = vms.length > MOST_NAMED ? ` and ${vms.length - MOST_NAMED} more` : '';
  return vms.slice(0, MOST_NAMED).map(place).join(', ') + more;
}

function place({ vmid, cluster }: ClusterVm): string {
  return `VM ${vmid} on ${cluster}`;
}

function note(search: Search, candidates: ClusterVm[], chosen: ClusterVm | undefined): void {
  for (const vm of candidates.slice(0, MOST_NAMED)) {
    const { node, kind, name, status } = vm;
    search.trace.push({
      from: place(vm),
      input: `${name ?? 'no name'}, ${kind}, ${status}, node ${node}`,
      rule: 'binding',
      field: 'vmid',
      effect: vm === chosen ? 'bound' : 'not taken',
    });
  }
}

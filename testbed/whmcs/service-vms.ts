import type { ClusterName } from './catalogue.ts';
import { addressesOf, isLive, specOf, type ServicePlan } from './service-plan.ts';
import type { VmTruth } from './truth.ts';
import { quarantineOf } from './choose-defects.ts';
import { clientId, type World } from './world.ts';

/** A VM as it really is on one of the provider's clusters. */
export interface ProviderVm {
  cluster: ClusterName;
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memoryMib: number;
  diskGib: number;
  mac: string;
  ips: string[];
  ipv6: string[];
  isRunning: boolean;
  /** A container, not a virtual machine. */
  isContainer?: true;
  truth: VmTruth;
}

const NODES = ['pve1', 'pve2', 'pve3'];

/** The node a VM is on; a moved one is not where its module's row says. */
export function vmNode(world: World, { index, defects }: ServicePlan): string {
  const n = world.random.below('node', index, NODES.length) + (defects.has('vmMoved') ? 1 : 0);
  return NODES[n % NODES.length] ?? 'pve1';
}

/** The VM's name, as the module of the service names them. */
export function vmName(world: World, plan: ServicePlan): string {
  const { product, id, hostname, registered, client } = plan;
  if (product.style === 'pvewhmcs') return `vps${id}-cus${clientId(world, client)}`;
  if (product.style === 'power') return `vm-${id}`;
  if (product.style === 'puq') return `${id}-${1_600_000_000 + registered}`;
  return product.style === 'handmade' ? hostname : `vps${id}`;
}

export function macOf(world: World, index: number): string {
  const digits = world.random.hex('mac', index, 6).toUpperCase();
  return `BC:24:11:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
}

/** The VMs that exist because of a service: usually one, none when it is missing, two when it is ambiguous. */
export function serviceVms(world: World, plan: ServicePlan): ProviderVm[] {
  const { defects, cluster, id } = plan;
  if (!plan.product.style || !(isLive(plan) || defects.has('zombie'))) return [];
  const own = ownVm(world, plan);
  if (defects.has('vmMissing') || plan.claims !== plan.vmid) return [];
  if (defects.has('vmidNull')) {
    // Somebody's VM has the service's id as its number, which a fallback by number would take for the right one.
    const truth: VmTruth = { entity: 'vm', cluster, vmid: id, state: 'unclaimed' };
    return [{ ...own, vmid: id, name: `test-${id}`, ips: [], ipv6: [], truth }];
  }
  if (defects.has('vmAmbiguous')) {
    const other = cluster === 'fra1' ? 'ams1' : 'fra1';
    const vmid = 6_000_000 + plan.index;
    return [own, { ...own, cluster: other, vmid, truth: { ...own.truth, cluster: other, vmid } }];
  }
  return [own];
}

function ownVm(world: World, plan: ServicePlan): ProviderVm {
  const { index, cluster, vmid, defects } = plan;
  const spec = specOf(plan);
  const drift = defects.has('specDrift') ? 2 : 1;
  const { primary, extra, ipv6 } = addressesOf(plan);
  return {
    cluster,
    vmid,
    node: vmNode(world, plan),
    name: vmName(world, plan),
    cores: spec.vcpu * drift,
    memoryMib: defects.has('outOfRange') ? 1024 : spec.ramMib * drift,
    diskGib: spec.diskGib,
    mac: macOf(world, index),
    ips: [primary, ...extra],
    ipv6: [ipv6],
    isRunning: plan.status !== 'Suspended' && !defects.has('vmStopped'),
    ...(defects.has('vmIsContainer') ? { isContainer: true as const } : {}),
    truth: { entity: 'vm', cluster, vmid, state: stateOf(plan), serviceId: plan.id },
  };
}

function stateOf(plan: ServicePlan): VmTruth['state'] {
  if (plan.defects.has('zombie')) return 'zombie';
  return plan.facts.missingOwner || quarantineOf(plan.defects) ? 'contested' : 'bound';
}

/** A VM on the provider's cluster that no service knows. */
export function unclaimedVm(world: World, n: number): ProviderVm {
  const cluster = n % 2 === 0 ? 'fra1' : 'ams1';
  const vmid = 5_000_000 + n;
  return {
    cluster,
    vmid,
    node: NODES[n % NODES.length] ?? 'pve1',
    // Names need not be unique on Proxmox.
    name: n % 3 === 0 ? 'monitoring' : `internal-${n}`,
    cores: 2,
    memoryMib: 2048,
    diskGib: 20,
    mac: macOf(world, 100_000_000 + n),
    ips: [`172.16.${(n >> 8) & 255}.${n & 255}`],
    ipv6: [],
    isRunning: true,
    truth: { entity: 'vm', cluster, vmid, state: 'unclaimed' },
  };
}

import { PLANS, type ClusterName, type Product, type Status } from './catalogue.ts';
import type { ClientFacts } from './client-facts.ts';
import type { ServiceDefect } from './defects.ts';

/** Everything decided about one service; its rows, its VM and what must become of it all follow from this. */
export interface ServicePlan {
  index: number;
  id: number;
  client: number;
  facts: ClientFacts;
  product: Product;
  status: Status;
  cycle: string;
  cents: number;
  registered: number;
  nextDue: string;
  hostname: string;
  cluster: ClusterName;
  /** tblservers.id, 0 for none. */
  server: number;
  vmid: number;
  /** The VMID its link names: another service's when two claim the same. */
  claims: number;
  quantity: number;
  /** Which of the four sizes was chosen. */
  size: { cpu: number; ram: number; disk: number };
  choice: { os: number; location: number; bandwidth: number; speed: number };
  backups: boolean;
  extraRam: number;
  extraIps: number;
  /** For hand-made services. */
  link: 'field' | 'notes' | 'username' | 'corroboration';
  defects: ReadonlySet<ServiceDefect>;
  /** What was done to it between the editions. */
  edit: Edit | undefined;
}

export const EDITS = [
  'removed',
  'moved',
  'amount',
  'ram',
  'suspended',
  'terminated',
  'due',
  'hostname',
  'repaired',
  'note',
] as const;
export type Edit = (typeof EDITS)[number];

/** Whether there should be a VM: sold, delivered and not over. */
export function isLive({ status }: { status: Status }): boolean {
  return status === 'Active' || status === 'Suspended' || status === 'Completed';
}

/** What was sold, in Berth's units; the addons of the service included. */
export function specOf(plan: ServicePlan): { vcpu: number; ramMib: number; diskGib: number } {
  const { product, size, defects } = plan;
  const addon = defects.has('addonRam') ? 2048 : 0;
  if (product.style === 'pvewhmcs' || product.style === 'prve') {
    const sold = planOf(product);
    return { vcpu: sold.cpus * sold.cores, ramMib: sold.memory + addon, diskGib: sold.disk };
  }
  const disks = product.id === 132 ? [500, 1024, 2048, 4096] : [20, 50, 100, 200];
  const extra = product.style === 'power' ? plan.extraRam * 2048 : 0;
  const ramMib = defects.has('optionPredated') ? Number(product.settings?.[1]) : 2048 * 2 ** size.ram;
  return { vcpu: 2 ** size.cpu, ramMib: ramMib + extra + addon, diskGib: disks[size.disk] ?? 0 };
}

function planOf(product: Product): (typeof PLANS)[number] {
  const found = PLANS.find(({ id }) => id === Number(product.settings?.[0]));
  if (!found) throw new Error(`product ${product.id} has no plan`);
  return found;
}

/** The addresses of a service, made of its number so that no two share one. */
export function addressesOf(plan: ServicePlan): { primary: string; extra: string[]; ipv6: string } {
  const { index } = plan;
  const text = (base: number, n: number) => `10.${base + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
  const count = extraAddresses(plan);
  return {
    primary: text(64, index),
    extra: Array.from({ length: count }, (_, n) => text(128, index * 4 + n)),
    ipv6: `2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::10/64`,
  };
}

function extraAddresses({ product, extraIps, defects }: ServicePlan): number {
  const bought = product.id === 112 || product.id === 102 ? extraIps : 0;
  return bought + (defects.has('addonAddress') ? 1 : 0);
}

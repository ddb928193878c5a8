import { CYCLES, PRODUCTS, SERVERS, type Product, type Status } from './catalogue.ts';
import { canHave, chooseDefects, quarantineOf } from './choose-defects.ts';
import { clientFacts } from './client-facts.ts';
import type { ServiceDefect } from './defects.ts';
import { EDITS, type Edit, type ServicePlan } from './service-plan.ts';
import {
  clientOf,
  clusterOf,
  dateOf,
  serviceId,
  SNAPSHOT_DAY,
  vmidOf,
  ZERO_DATE,
  type World,
} from './world.ts';

const TOTAL_WEIGHT = PRODUCTS.reduce((sum, { weight }) => sum + weight, 0);

/** Undefined when the service is gone in this edition. */
export function planService(world: World, index: number): ServicePlan | undefined {
  const draft = draftService(world, index);
  if (!draft) return undefined;
  const plan = settle(world, draft, chooseDefects(world, draft));
  // Two services that claim one VM are two apart, so that their cluster is the same.
  const [leader, follower] = index % 4 < 2 ? [index, index + 2] : [index - 2, index];
  if (follower >= world.services) return plan;
  if (!world.random.chance('vmClaimedTwice', leader, world.dials.vmClaimedTwice)) return plan;
  const other = draftService(world, index === leader ? follower : leader);
  if (!other || !canClaim(draft, plan.defects) || !canClaim(other, chooseDefects(world, other))) return plan;
  return { ...settle(world, draft, new Set(['vmClaimedTwice'])), claims: vmidOf(leader) };
}

/** Whether it may share its VM: not when another reason would keep it from being migrated. */
function canClaim(draft: ServicePlan, defects: ReadonlySet<ServiceDefect>): boolean {
  if (draft.facts.missingOwner || draft.edit === 'repaired') return false;
  return canHave('vmClaimedTwice', draft) && quarantineOf(defects) === undefined;
}

function draftService(world: World, index: number): ServicePlan | undefined {
  const { random } = world;
  const client = clientOf(index);
  const facts = clientFacts(world, client);
  const edit = editOf(world, index);
  if (!facts || edit === 'removed') return undefined;
  const product = chooseProduct(random.below('product', index, TOTAL_WEIGHT), edit);
  const status = chooseStatus(random.fraction('status', index), edit);
  const cycle = chooseCycle(random.fraction('cycle', index), status);
  const cluster = clusterOf(index);
  const vmid = product.style === 'prve' ? serviceId(world, index) : vmidOf(index);
  const cpu = random.below('cpu size', index, 4);
  const ram = (random.below('ram size', index, 3) + (edit === 'ram' ? 1 : 0)) % 4;
  return {
    index,
    id: serviceId(world, index),
    client,
    facts,
    product,
    status,
    cycle,
    cents: 0,
    registered: random.below('registered', index, SNAPSHOT_DAY - 60),
    nextDue: nextDueOf(world, index, cycle, edit),
    hostname: `${random.pick('host', index, HOSTS)}${index}${edit === 'hostname' ? '-new' : ''}.example.net`,
    cluster,
    server:
      SERVERS.find((row) => row.type === product.servertype && row.cluster === cluster)?.id ??
      serverOfOthers(product),
    vmid,
    claims: vmid,
    quantity: 1,
    size: { cpu, ram: product.id === 132 ? cpu : ram, disk: random.below('disk size', index, 4) },
    choice: {
      os: random.below('os', index, 3),
      location: cluster === 'fra1' ? 0 : 1,
      bandwidth: random.below('bandwidth', index, 3),
      speed: random.below('speed', index, 3),
    },
    backups: random.chance('backups', index, 0.3),
    extraRam: random.chance('extra ram', index, 0.2) ? 1 + random.below('extra ram', index + 1, 3) : 0,
    extraIps: random.chance('extra ip', index, 0.25) ? 1 + random.below('extra ip', index + 1, 3) : 0,
    link: random.pick('link', index, ['field', 'notes', 'username', 'corroboration'] as const),
    defects: new Set(),
    edit,
  };
}

/** Draws from what is wrong with the service what of its plan follows. */
function settle(world: World, plan: ServicePlan, defects: ReadonlySet<ServiceDefect>): ServicePlan {
  const settled: ServicePlan = { ...plan, defects };
  if (defects.has('rawLabelDisagree')) settled.size = { ...plan.size, ram: 2 };
  if (defects.has('spacedPipe') || defects.has('hiddenSubOption')) settled.size = { ...plan.size, ram: 1 };
  if (defects.has('vmAmbiguous')) settled.link = 'corroboration';
  if (defects.has('severalQuantity')) settled.quantity = 2;
  if (defects.has('badHostname')) settled.hostname = `Host_${plan.id}.vps.example.com`;
  if (defects.has('hostnameMissing')) settled.hostname = '';
  if (defects.has('unknownCycle')) settled.cycle = 'Every Full Moon';
  if (defects.has('missingDueDate')) settled.nextDue = ZERO_DATE;
  if (defects.has('orphanServer')) settled.server = 77;
  settled.cents = amountOf(world, settled);
  return settled;
}

const HOSTS = ['web', 'mail', 'db', 'vpn', 'game', 'shop', 'git', 'app'];

function editOf(world: World, index: number): Edit | undefined {
  if (world.edition === 1 || !world.random.chance('edited', index, world.changeRate)) return undefined;
  return world.random.pick('edit', index, EDITS);
}

function chooseProduct(draw: number, edit: Edit | undefined): Product {
  let rest = draw;
  const product = PRODUCTS.find(({ weight }) => (rest -= weight) < 0);
  if (!product) throw new Error('the weights of the products do not sum up');
  const moved = edit === 'moved' ? UPGRADES[product.id] : undefined;
  return PRODUCTS.find(({ id }) => id === moved) ?? product;
}

/** Products a service can be moved to: those of the same module. */
const UPGRADES: Record<number, number> = { 101: 102, 102: 103, 111: 112, 112: 111, 121: 122, 122: 121 };

function serverOfOthers({ servertype }: Product): number {
  return servertype === 'cpanel' ? 20 : 0;
}

function chooseStatus(draw: number, edit: Edit | undefined): Status {
  if (edit === 'terminated') return 'Terminated';
  if (draw < 0.62) return edit === 'suspended' ? 'Suspended' : 'Active';
  if (draw < 0.7) return 'Suspended';
  if (draw < 0.74) return 'Pending';
  if (draw < 0.88) return 'Terminated';
  if (draw < 0.95) return 'Cancelled';
  return draw < 0.97 ? 'Fraud' : 'Completed';
}

function chooseCycle(draw: number, status: Status): string {
  if (status === 'Completed') return 'One Time';
  if (draw < 0.03) return 'Free Account';
  if (draw < 0.05) return 'One Time';
  if (draw < 0.6) return 'Monthly';
  if (draw < 0.7) return 'Quarterly';
  if (draw < 0.78) return 'Semi-Annually';
  if (draw < 0.95) return 'Annually';
  return draw < 0.98 ? 'Biennially' : 'Triennially';
}

function nextDueOf(world: World, index: number, cycle: string, edit: Edit | undefined): string {
  const months = CYCLES[cycle] ?? 0;
  if (months === 0) return ZERO_DATE;
  const day = SNAPSHOT_DAY + world.random.below('due', index, months * 30);
  return dateOf(edit === 'due' ? day + months * 30 : day);
}

function amountOf(world: World, plan: ServicePlan): number {
  if (plan.cycle === 'Free Account' || plan.defects.has('importedGuest')) return 0;
  const months = CYCLES[plan.cycle] || 1;
  const options = 150 * (plan.extraRam + plan.extraIps) + 100 * plan.size.disk;
  // Old contracts keep old prices, so the amount does not follow from the catalogue.
  const loyalty = world.random.chance('old price', plan.index, 0.2) ? 0.85 : 1;
  const cents = Math.round((plan.product.cents + options) * months * plan.facts.currency.rate * loyalty);
  const raised = plan.edit === 'amount' ? cents + 123 : cents;
  return plan.defects.has('negativeAmount') ? -raised : raised * plan.quantity;
}

import type { Style } from './catalogue.ts';
import { SERVICE_DEFECTS } from './defects.ts';
import { quarantineOf } from './choose-defects.ts';
import { addressesOf, isLive, specOf, type ServicePlan } from './service-plan.ts';
import type { ServiceTarget, ServiceTruth } from './truth.ts';
import { clientId, ZERO_DATE, type World } from './world.ts';

/** What a careful migration makes of a service. */
export function serviceTruth(world: World, plan: ServicePlan): ServiceTruth {
  const { id, product, status, defects } = plan;
  const truth: ServiceTruth = {
    entity: 'service',
    sourceId: id,
    outcome: 'skipped',
    warnings: [],
    defects: [...defects].toSorted(),
  };
  if (!product.style) return { ...truth, code: 'not_vps' };
  if (!isLive(plan)) {
    const zombie = { cluster: plan.cluster, vmid: plan.vmid };
    return { ...truth, code: status.toLowerCase(), ...(defects.has('zombie') ? { zombie } : {}) };
  }
  if (plan.facts.missingOwner) return { ...truth, outcome: 'quarantined', code: 'account_without_owner' };
  const reason = quarantineOf(defects);
  if (reason) return { ...truth, outcome: 'quarantined', code: SERVICE_DEFECTS[reason].code ?? reason };
  return {
    ...truth,
    outcome: 'migrated',
    warnings: warningsOf(plan),
    target: targetOf(world, plan),
    link: linkOf(plan),
  };
}

function warningsOf({ defects }: ServicePlan): string[] {
  const codes = [...defects].map((name) => {
    const rule: { effect: string; code?: string } = SERVICE_DEFECTS[name];
    return rule.effect === 'warning' ? rule.code : undefined;
  });
  return codes.filter((code) => code !== undefined).toSorted();
}

function linkOf({ product, link }: ServicePlan): NonNullable<ServiceTruth['link']> {
  if (product.style === 'handmade') return link;
  if (product.style === 'flex') return 'field';
  return product.style === 'prve' ? 'service_id' : 'module';
}

function targetOf(world: World, plan: ServicePlan): ServiceTarget {
  const { defects, product, choice } = plan;
  const { primary, extra, ipv6 } = addressesOf(plan);
  const hasNoName = defects.has('badHostname') || defects.has('hostnameMissing');
  const speed = product.style === 'puq' ? ([200, 1000, null][choice.speed] ?? null) : null;
  return {
    clientId: clientId(world, plan.client),
    productId: product.id,
    status: statusOf(plan),
    hostname: hasNoName ? null : plan.hostname,
    cycle: plan.cycle,
    amount: (plan.cents / 100).toFixed(2),
    currency: plan.facts.currency.code,
    nextDue: plan.nextDue === ZERO_DATE ? null : plan.nextDue,
    quantity: plan.quantity,
    ...specOf(plan),
    trafficGb: product.id === 112 ? ([1000, 5000, null][choice.bandwidth] ?? null) : null,
    trafficUnlimited: product.id === 112 && choice.bandwidth === 2,
    portMbps: speed,
    ipv4Count: 1 + extra.length,
    primaryIp: primary,
    extraIps: defects.has('importedGuest') ? [] : extra,
    ipv6: defects.has('importedGuest') ? [] : [ipv6],
    os: osOf(plan),
    location: product.style === 'handmade' ? (['fra', 'ams'][choice.location] ?? null) : null,
    backups: (product.style === 'flex' && plan.backups) || defects.has('addonBackup'),
    binding: { cluster: plan.cluster, vmid: plan.vmid },
  };
}

function statusOf({ status }: ServicePlan): ServiceTarget['status'] {
  if (status === 'Completed') return 'completed';
  return status === 'Suspended' ? 'suspended' : 'active';
}

function osOf({ product, choice, defects }: ServicePlan): string | null {
  if (defects.has('osUnmapped')) return null;
  if (defects.has('multiPipe') || defects.has('emptyRawOs')) return 'debian-12';
  return SYSTEMS[product.style ?? 'prve'][choice.os] ?? null;
}

const SYSTEMS: Record<Style, string[]> = {
  pvewhmcs: ['ubuntu-22.04', 'debian-12', 'almalinux-9'],
  flex: ['ubuntu-22.04', 'debian-12', 'almalinux-9'],
  power: ['ubuntu-20.04', 'debian-12', 'windows-2022'],
  handmade: ['debian-12', 'ubuntu-22.04', 'debian-12'],
  prve: [],
  puq: [],
};

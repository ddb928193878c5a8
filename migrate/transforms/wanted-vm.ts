import type { ServiceBundle } from '../legacy/read-services.ts';
import type { WantedVm } from './bind-vm.ts';
import { collectValues } from './collect-values.ts';
import type { TransformContext } from './context.ts';
import { parseHostname } from './facts.ts';
import { createNotes } from './outcome.ts';
import { readBinding, type BindingClaim } from './read-binding.ts';

/**
 * Which VM a service that is not migrated points at, for `pointAtVms`; undefined when its product has no VM. Whatever
 * else is wrong with the service does not matter here.
 */
export function wantedVm(bundle: ServiceBundle, context: TransformContext): WantedVm | undefined {
  const { service } = bundle;
  const settings = context.mapping.products[String(service.packageid)];
  if (settings?.ignore !== undefined) return undefined;
  return {
    clientId: service.userid,
    hostname: parseHostname(service.domain) ?? null,
    status: 'active',
    vcpu: null,
    memoryMib: null,
    binding: readClaim(bundle, context),
  };
}

function readClaim(bundle: ServiceBundle, context: TransformContext): BindingClaim {
  const { service, moduleRows } = bundle;
  const notes = createNotes();
  const product = context.catalogue.products.get(service.packageid);
  const settings = context.mapping.products[String(service.packageid)];
  const vmid = collectValues(bundle, context, notes).find(({ field }) => field === 'vmid')?.value;
  const named = typeof vmid === 'number' ? vmid : null;
  const byName: BindingClaim = {
    cluster: null,
    vmid: null,
    way: 'corroboration',
    kind: null,
    node: null,
    evidence: [],
  };
  if (product && settings) {
    return readBinding(bundle, product, settings, context, named, notes) ?? byName;
  }
  // Without a product there is no order of ways; the row of a module says enough.
  const digits = moduleRows.find((row) => /^\d{3,9}$/.test(row.vmid))?.vmid;
  const server = context.mapping.servers[String(service.server)];
  if (digits === undefined || !server || !('cluster' in server)) return byName;
  return { ...byName, cluster: server.cluster, vmid: Number(digits), way: 'module' };
}

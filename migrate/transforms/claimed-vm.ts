import type { ServiceBundle } from '../legacy/read-services.ts';
import { collectValues } from './collect-values.ts';
import type { TransformContext } from './context.ts';
import { parseHostname, parseVmid } from './facts.ts';
import { createNotes } from './outcome.ts';
import { readBinding, type BindingClaim } from './read-binding.ts';
import { resolveFields } from './resolve-fields.ts';
import type { ServiceFields } from './transform-service.ts';

/**
 * What a service that is not migrated says of its VM, so that reports can name VMs that outlived their service; only
 * the fields that `bindVm` looks at are filled in. Undefined for what is no virtual server.
 */
export function claimedVm(bundle: ServiceBundle, context: TransformContext): ServiceFields | undefined {
  const { service, moduleRows } = bundle;
  const product = context.catalogue.products.get(service.packageid);
  const settings = context.mapping.products[String(service.packageid)];
  if (settings?.ignore !== undefined) return undefined;
  const notes = createNotes({ traces: false });
  const known = { ...NO_FIELDS, clientId: service.userid, hostname: parseHostname(service.domain) ?? null };
  if (product && settings) {
    const values = resolveFields(collectValues(bundle, context, notes), context.mapping, notes);
    const binding = readBinding(bundle, product, settings, context, values, notes);
    return { ...known, binding: binding ?? NO_CLAIM };
  }
  // A product that is gone took with it which module it was.
  const server = context.mapping.servers[String(service.server)];
  const cluster = server && 'cluster' in server ? server.cluster : null;
  const vmid = moduleRows.map((row) => parseVmid(row.vmid)).find((found) => found !== undefined) ?? null;
  return { ...known, binding: { ...NO_CLAIM, cluster, vmid } };
}

const NO_CLAIM: BindingClaim = {
  cluster: null,
  vmid: null,
  way: 'corroboration',
  kind: null,
  node: null,
  evidence: [],
};

const NO_FIELDS = {
  productId: 0,
  status: 'suspended',
  suspendReason: null,
  cycle: 'Free Account',
  amount: '0.00',
  currency: '',
  nextDue: null,
  registered: null,
  quantity: 1,
  vcpu: null,
  memoryMib: null,
  diskGib: null,
  trafficGib: null,
  trafficUnlimited: false,
  networkMbps: null,
  ipv4Count: null,
  primaryIp: null,
  extraIps: [],
  ipv6: [],
  os: null,
  location: null,
  backups: false,
} satisfies Partial<ServiceFields>;

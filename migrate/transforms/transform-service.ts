import type { ServiceBundle } from '../legacy/read-services.ts';
import type { LegacyProduct } from '../legacy/rows.ts';
import type { ProductSettings } from '../mapping-schema.ts';
import { parseAddresses } from './addresses.ts';
import { collectValues } from './collect-values.ts';
import type { TransformContext } from './context.ts';
import { CYCLES, parseDate, parseHostname, parseMoney, type Cycle } from './facts.ts';
import { createNotes, distinctWarnings, finding, type Finding, type Notes, type Outcome } from './outcome.ts';
import { productBase } from './product-base.ts';
import { readBinding, type BindingClaim } from './read-binding.ts';
import { UNLIMITED, type FieldValue } from './read-value.ts';
import { resolveFields, type FieldValues } from './resolve-fields.ts';
import { cleanText, foldText } from './text.ts';

/** A service as Berth knows it. Money as text with two decimals, dates as YYYY-MM-DD. */
export interface ServiceFields {
  clientId: number;
  productId: number;
  status: 'active' | 'suspended' | 'completed';
  suspendReason: string | null;
  hostname: string | null;
  cycle: Cycle;
  amount: string;
  currency: string;
  nextDue: string | null;
  registered: string | null;
  quantity: number;
  vcpu: number | null;
  memoryMib: number | null;
  diskGib: number | null;
  /** Per month; null when unlimited or not sold by volume. */
  trafficGib: number | null;
  trafficUnlimited: boolean;
  /** Null when unlimited or not said. */
  networkMbps: number | null;
  ipv4Count: number | null;
  primaryIp: string | null;
  extraIps: string[];
  ipv6: string[];
  os: string | null;
  location: string | null;
  backups: boolean;
  binding: BindingClaim;
}

/** Makes a service of Berth of one of WHMCS, or says why not. Pure: no clock, no database, no new ids; never throws. */
export function transformService(bundle: ServiceBundle, context: TransformContext): Outcome<ServiceFields> {
  const notes = createNotes(context);
  const { service } = bundle;
  const product = context.catalogue.products.get(service.packageid);
  const settings = context.mapping.products[String(service.packageid)];
  const status = readStatus(bundle, context);
  traceRow(bundle, product, notes);
  if (product && settings?.ignore !== undefined) {
    return skip(notes, finding('not_vps', `product ${product.id}: ${settings.ignore}`));
  }
  if (status.skip) return skip(notes, finding(status.skip, `the service is ${service.domainstatus}`));
  const blocker = status.problem ?? findBlocker(bundle, context, product, settings);
  // The two are there when nothing blocks.
  if (blocker || !product || !settings || !status.status) {
    return quarantine(notes, blocker ?? finding('orphan_product', 'there is no such product'));
  }
  const candidates = [
    ...collectValues(bundle, context, notes),
    ...productBase(product, settings, context, notes),
  ];
  const values = resolveFields(candidates, context.mapping, notes);
  const binding = readBinding(bundle, product, settings, context, values, notes);
  const billing = readBilling(bundle, context, status.status, notes);
  const addresses = readAddresses(bundle, notes);
  const hostname = readHostname(bundle, values, notes);
  warnAboutEvents(bundle, notes);
  const [reason] = notes.problems;
  if (reason || !binding || !billing) {
    return quarantine(notes, reason ?? finding('vm_not_found', 'nothing names a VM'));
  }
  return {
    outcome: 'migrated',
    warnings: distinctWarnings(notes.warnings),
    trace: notes.trace ?? [],
    fields: {
      clientId: service.userid,
      productId: service.packageid,
      status: status.status,
      suspendReason:
        status.status === 'suspended'
          ? cleanText(service.suspendreason, context.mapping.source) || null
          : null,
      hostname,
      ...billing,
      registered: parseDate(service.regdate),
      quantity: service.qty,
      ...sold(values),
      ...addresses,
      binding,
    },
  };
}

function traceRow(
  { service, client }: ServiceBundle,
  product: LegacyProduct | undefined,
  notes: Notes,
): void {
  if (!notes.trace) return;
  const add = (column: string, input: string, effect: string) =>
    notes.trace?.push({ from: `tblhosting.${column}`, input, rule: 'built in', effect });
  add('domainstatus', service.domainstatus, 'status');
  add('packageid', `${service.packageid}`, product ? `product ${product.name}` : 'no such product');
  const owners = `${client?.owners ?? 0} owners`;
  add('userid', `${service.userid}`, client ? `client, ${client.status}, ${owners}` : 'no such client');
}

function skip(notes: Notes, reason: Finding): Outcome<ServiceFields> {
  return { outcome: 'skipped', reason, warnings: [], trace: notes.trace ?? [] };
}

function quarantine(notes: Notes, reason: Finding): Outcome<ServiceFields> {
  return {
    outcome: 'quarantined',
    reason,
    warnings: distinctWarnings(notes.warnings),
    trace: notes.trace ?? [],
  };
}

interface StatusReading {
  status?: ServiceFields['status'];
  skip?: string;
  problem?: Finding;
}

function readStatus({ service }: ServiceBundle, { mapping }: TransformContext): StatusReading {
  const name = foldText(service.domainstatus);
  const known = Object.hasOwn(mapping.statuses, name) ? mapping.statuses[name] : undefined;
  if (known === undefined) {
    return {
      problem: finding('unknown_status', `status "${service.domainstatus}" is not under statuses: add it`),
    };
  }
  return typeof known === 'string' ? { status: known } : { skip: known.skip };
}

/** What keeps a service from being looked at any further. */
function findBlocker(
  { service, client }: ServiceBundle,
  { catalogue }: TransformContext,
  product: LegacyProduct | undefined,
  settings: ProductSettings | undefined,
): Finding | undefined {
  if (!client) return finding('orphan_client', `client ${service.userid} does not exist`);
  if (client.status === 'Closed') return finding('closed_client', `client ${client.id} is closed`);
  if (client.owners === 0)
    return finding('account_without_owner', `client ${client.id} has no user who owns it`);
  if (!product) return finding('orphan_product', `product ${service.packageid} does not exist`);
  if (!settings) {
    return finding(
      'unmapped_product',
      `product ${product.id} (${product.name}) is not under products: add it`,
    );
  }
  if (!catalogue.currencies.has(client.currency)) {
    return finding('unknown_currency', `currency ${client.currency} of client ${client.id} does not exist`);
  }
  return undefined;
}

const WITHOUT_DUE_DATE = new Set<Cycle>(['Free Account', 'One Time']);

function readBilling(
  { service, client }: ServiceBundle,
  { mapping, catalogue }: TransformContext,
  status: ServiceFields['status'],
  notes: Notes,
): Pick<ServiceFields, 'cycle' | 'amount' | 'currency' | 'nextDue'> | undefined {
  const cycle = readCycle(service.billingcycle, mapping.cycles);
  const amount = parseMoney(service.amount);
  if (cycle === undefined) {
    notes.problems.push(
      finding('unknown_cycle', `"${service.billingcycle}" is not a cycle: add it under cycles`),
    );
  }
  if (amount === undefined)
    notes.problems.push(finding('bad_amount', `"${service.amount}" is no amount of money`));
  if (cycle === undefined || amount === undefined) return undefined;
  if (amount.startsWith('-')) notes.warnings.push(finding('negative_amount', `the amount is ${amount}`));
  const nextDue = parseDate(service.nextduedate);
  const isRecurring = !WITHOUT_DUE_DATE.has(cycle);
  if (isRecurring && nextDue === null && status !== 'completed') {
    notes.problems.push(finding('missing_due_date', `${cycle}, but next due "${service.nextduedate ?? ''}"`));
  }
  notes.trace?.push({
    from: 'tblhosting.billingcycle, amount, nextduedate',
    input: `${service.billingcycle}, ${service.amount}, ${service.nextduedate ?? ''}`,
    rule: 'built in',
    field: 'billing',
    effect: `${cycle} ${amount}${nextDue ? `, next due ${nextDue}` : ''}`,
  });
  return {
    cycle,
    amount,
    currency: catalogue.currencies.get(client?.currency ?? 0) ?? '',
    nextDue: isRecurring && status !== 'completed' ? nextDue : null,
  };
}

/** Spelling differs between the database and the API: One Time and One-Time. */
function readCycle(text: string, others: Record<string, Cycle>): Cycle | undefined {
  const name = foldText(text);
  const plain = (cycle: string) => foldText(cycle).replaceAll('-', ' ');
  return Object.hasOwn(others, name) ? others[name] : CYCLES.find((cycle) => plain(cycle) === plain(name));
}

function readAddresses({ service }: ServiceBundle, notes: Notes) {
  const { bad, ...found } = parseAddresses(service.dedicatedip, service.assignedips);
  for (const text of bad) notes.warnings.push(finding('bad_ip', `"${text}" is no address`));
  const { primary, extra, ipv6 } = found;
  notes.trace?.push({
    from: 'tblhosting.dedicatedip, assignedips',
    input: [service.dedicatedip, service.assignedips].join(' / '),
    rule: 'built in',
    field: 'addresses',
    effect: [primary ?? 'none', ...extra, ...ipv6].join(', '),
  });
  return { primaryIp: primary, extraIps: extra, ipv6 };
}

function readHostname({ service }: ServiceBundle, values: FieldValues, notes: Notes): string | null {
  const chosen = values.hostname;
  if (typeof chosen === 'string') return chosen;
  const hostname = parseHostname(service.domain);
  const isMissing = foldText(service.domain) === '';
  if (hostname === undefined) {
    notes.warnings.push(
      isMissing
        ? finding('hostname_missing', 'the service has no host name')
        : finding('bad_hostname', `"${service.domain}" is no host name`),
    );
  }
  const effect = hostname ?? 'none';
  notes.trace?.push({
    from: 'tblhosting.domain',
    input: service.domain,
    rule: 'built in',
    field: 'hostname',
    effect,
  });
  return hostname ?? null;
}

/** What is under way in WHMCS and would be lost without a word. */
function warnAboutEvents(bundle: ServiceBundle, notes: Notes): void {
  const { service, upgrades, cancelRequests, queuedActions } = bundle;
  const warn = (code: string, message: string) => notes.warnings.push(finding(code, message));
  const pending = upgrades.find(({ status }) => status === 'Pending');
  if (pending) warn('pending_upgrade', `upgrade ${pending.id} to ${pending.newvalue} is pending`);
  const request = cancelRequests.at(-1);
  if (request) warn('cancel_requested', `cancellation requested: ${request.type}`);
  const queued = queuedActions.find(({ completed }) => completed === 0);
  if (queued) warn('module_queue_pending', `${queued.module_action} waits to be tried again`);
  if (service.qty > 1) warn('qty_above_one', `billed ${service.qty} times for one service`);
}

function sold(values: FieldValues) {
  return {
    vcpu: numberOf(values.vcpu),
    memoryMib: numberOf(values.memoryMib),
    diskGib: numberOf(values.diskGib),
    trafficGib: numberOf(values.trafficGib),
    trafficUnlimited: values.trafficGib === UNLIMITED,
    networkMbps: numberOf(values.networkMbps),
    ipv4Count: numberOf(values.ipv4Count),
    os: textOf(values.os),
    location: textOf(values.location),
    backups: values.backups === true,
  };
}

export function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' && value !== UNLIMITED ? value : null;
}

function textOf(value: FieldValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

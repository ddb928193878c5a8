import type { Knex } from 'knex';
import type { MigrationDeps, RangeInput } from './deps.ts';
import { findCandidates } from './find-inventory.ts';
import type { Item } from './items.ts';
import type { RunSource } from './source-access.ts';
import { contentHash } from '../content-hash.ts';
import { readServicePage, type ServiceBundle } from '../legacy/read-services.ts';
import {
  bindVm,
  candidateNames,
  pointAtVms,
  type BindResult,
  type ClusterVm,
} from '../transforms/bind-vm.ts';
import { claimedVm } from '../transforms/claimed-vm.ts';
import { parseMoney } from '../transforms/facts.ts';
import { distinctWarnings, type Outcome } from '../transforms/outcome.ts';
import { cleanText } from '../transforms/text.ts';
import { transformService, type ServiceFields } from '../transforms/transform-service.ts';

/** The next rows of a range. */
export interface Page {
  after: number;
  limit: number;
  upTo: number;
}

/** What a page is read with. */
export interface Reading extends Pick<MigrationDeps, 'listAddresses'> {
  range: RangeInput;
  source: RunSource;
}

/** A page of services, each with its VM or the reason why it gets none. */
export async function readServiceItems(
  trx: Knex.Transaction,
  { range: { runId }, source, listAddresses }: Reading,
  page: Page,
): Promise<Item[]> {
  const bundles = await readServicePage(source.source, source.catalogue, page);
  const services = bundles.map((bundle) => readService(bundle, source));
  const candidates = await loadCandidates(trx, runId, services);
  const items: Item[] = [];
  for (const service of services) {
    items.push({ ...service.item, ...(await bindService(service, { ...candidates, listAddresses })) });
  }
  return items;
}

/** A service as far as the source goes; its rows are let go of, since a page of them takes much memory. */
interface ReadService {
  item: Pick<Item, 'sourceId' | 'contentHash' | 'given'>;
  outcome: Outcome<ServiceFields>;
  productName: string;
  /** What is known of its VM; undefined when it names none. */
  fields: ServiceFields | undefined;
}

function readService(bundle: ServiceBundle, source: RunSource): ReadService {
  const { catalogue, context } = source;
  const { id, packageid } = bundle.service;
  const outcome = transformService(bundle, context);
  return {
    item: { sourceId: id, contentHash: contentHash(bundle), given: givenBy(bundle, source) },
    outcome,
    productName: cleanText(catalogue.products.get(packageid)?.name ?? '', context.mapping.source),
    fields: outcome.outcome === 'migrated' ? outcome.fields : claimedVm(bundle, context),
  };
}

interface Candidates {
  findVms: (id: number, fields: ServiceFields) => ClusterVm[];
  /** What the numbers alone have decided, by service. */
  bound: Map<number, BindResult>;
}

/** Gives a migrated service its VM or quarantines it; of the others the VM is noted that they seem to have. */
async function bindService(
  { item: { sourceId: id }, outcome, fields, productName }: ReadService,
  { findVms, bound: known, listAddresses }: Candidates & Pick<MigrationDeps, 'listAddresses'>,
): Promise<Pick<Item, 'outcome' | 'binding'>> {
  if (!fields) return { outcome };
  if (outcome.outcome !== 'migrated') {
    return { outcome, ...claimsOf(id, fields, findVms(id, fields), outcome.outcome) };
  }
  let bound = known.get(id);
  if (!bound) bound = await bindClosely(id, outcome.fields, findVms(id, fields), listAddresses);
  if (!('binding' in bound)) {
    const { warnings, trace } = outcome;
    return {
      outcome: { outcome: 'quarantined', reason: bound.reason, warnings, trace },
      ...claimsOf(id, fields, findVms(id, fields), 'quarantined'),
    };
  }
  const { binding: claim, ...taken } = outcome.fields;
  return {
    outcome: {
      ...outcome,
      warnings: distinctWarnings([...outcome.warnings, ...bound.warnings]),
      fields: { ...taken, productName, claim },
    },
    binding: bound.binding,
  };
}

/** More rivals than these are no mistake in a name but a way of naming, and not worth a call each. */
const MOST_RIVALS = 8;

/** Asks for addresses where nothing else decides between a few VMs: the list of a cluster does not tell them. */
async function bindClosely(
  id: number,
  fields: ServiceFields,
  candidates: ClusterVm[],
  listAddresses: MigrationDeps['listAddresses'],
): Promise<BindResult> {
  const bound = bindVm(id, fields, candidates);
  if ('binding' in bound || bound.rivals.length === 0 || bound.rivals.length > MOST_RIVALS) return bound;
  const known = new Map<ClusterVm, ClusterVm>();
  for (const rival of bound.rivals) known.set(rival, { ...rival, addresses: await listAddresses(rival) });
  return bindVm(
    id,
    fields,
    candidates.map((vm) => known.get(vm) ?? vm),
  );
}

/** The VMs that a service points at although it does not get one. */
function claimsOf(
  id: number,
  fields: ServiceFields,
  candidates: ClusterVm[],
  outcome: 'quarantined' | 'skipped',
): Pick<Item, 'binding'> {
  const claims = pointAtVms(id, fields, candidates, outcome).map(({ cluster, vmid }) => ({ cluster, vmid }));
  return claims.length > 0 ? { binding: { claims } } : {};
}

/** What the source says of money, whatever becomes of the row. */
function givenBy({ service, client }: ServiceBundle, { catalogue }: RunSource): NonNullable<Item['given']> {
  return {
    status: service.domainstatus,
    currency: catalogue.currencies.get(client?.currency ?? 0) ?? null,
    cycle: service.billingcycle,
    amount: parseMoney(service.amount) ?? null,
  };
}

/** Finds every VM that one of the services of a page could have; names matter where the number does not decide. */
async function loadCandidates(
  trx: Knex.Transaction,
  runId: string,
  services: ReadService[],
): Promise<Candidates> {
  const known = services.flatMap(({ item, outcome, fields }) =>
    fields ? [{ id: item.sourceId, fields, isMigrated: outcome.outcome === 'migrated' }] : [],
  );
  const vmids = known.flatMap(({ fields }) => fields.binding.vmid ?? []);
  const numbered = await findCandidates(trx, runId, { vmids, names: [] });
  const byVmid = Map.groupBy(numbered, ({ vmid }) => vmid);
  const numberedFor = ({ binding: { vmid } }: ServiceFields) => byVmid.get(vmid ?? 0) ?? [];
  const bound = new Map<number, BindResult>();
  for (const { id, fields, isMigrated } of known) {
    const result = isMigrated ? bindVm(id, fields, numberedFor(fields)) : undefined;
    if (result && 'binding' in result) bound.set(id, result);
  }
  const names = known.flatMap(({ id, fields }) => (bound.has(id) ? [] : candidateNames(id, fields)));
  const named = await findCandidates(trx, runId, { vmids: [], names });
  const byName = Map.groupBy(named, ({ name }) => name?.toLowerCase() ?? '');
  const findVms: Candidates['findVms'] = (id, fields) => {
    const found = [
      ...numberedFor(fields),
      ...candidateNames(id, fields).flatMap((name) => byName.get(name) ?? []),
    ];
    const byPlace = new Map(found.map((vm) => [`${vm.cluster} ${vm.vmid}`, vm]));
    return byPlace.size === found.length ? found : [...byPlace.values()];
  };
  return { findVms, bound };
}

import { cancellationSignal } from '@temporalio/activity';
import type { Knex } from 'knex';
import { copyRows, type Cell } from './copy-rows.ts';
import type { Entity, MigrationDeps, RangeInput } from './deps.ts';
import { LIVE } from './end-run.ts';
import { standstill } from './failures.ts';
import { findCandidates } from './find-inventory.ts';
import { SOURCE_TABLE } from './preflight.ts';
import { sharePages } from './run-lock.ts';
import type { RunSource, SourceAccess } from './source-access.ts';
import { targetId } from './target-id.ts';
import { canonicalJson } from '../canonical-json.ts';
import { contentHash } from '../content-hash.ts';
import { readClientPage, readUserPage } from '../legacy/read-people.ts';
import { readServicePage, type ServiceBundle } from '../legacy/read-services.ts';
import { SourceError } from '../legacy/source-error.ts';
import {
  bindVm,
  candidateNames,
  pointAtVms,
  type Binding,
  type ClusterVm,
  type BindResult,
} from '../transforms/bind-vm.ts';
import { parseMoney } from '../transforms/facts.ts';
import { distinctWarnings, type Outcome } from '../transforms/outcome.ts';
import { cleanText } from '../transforms/text.ts';
import { transformClient } from '../transforms/transform-client.ts';
import { claimedVm } from '../transforms/claimed-vm.ts';
import { transformService, type ServiceFields } from '../transforms/transform-service.ts';
import { transformUser } from '../transforms/transform-user.ts';
import { queryRows } from '../../db/query-rows.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

/** What becomes of one row, as migration_items holds it. */
interface Item {
  sourceId: number;
  outcome: Outcome<object>;
  contentHash: string;
  passwordHash?: string | null;
  /** The VM of a migrated service, or those that another one points at. */
  binding?: Binding | { claims: Pick<Binding, 'cluster' | 'vmid'>[] };
  given?: { status: string; currency: string | null; cycle: string; amount: string | null };
}

/** The code of a row whose columns are of a kind nobody expected. */
const UNREADABLE = 'unreadable_row';

export type RangeState = 'done' | 'paused';

/** The cursor of a range, locked, so that a worker thought dead and its successor cannot both write a page. */
export interface RangeCursor {
  upToId: number;
  cursorId: number;
  done: boolean;
}

export async function lockRange(trx: Knex.Transaction, range: RangeInput): Promise<RangeCursor> {
  const { runId, stage, entity, afterId } = range;
  await sharePages(trx, runId);
  const run = await MigrationRun.query(trx).findById(runId).select('status').throwIfNotFound();
  if (!LIVE.includes(run.status)) throw standstill('run_over', `the run is ${run.status}`);
  const [row] = await queryRows<{ upToId: string; cursorId: string; done: boolean }>(
    trx,
    `select up_to_id as "upToId", cursor_id as "cursorId", done from migration_ranges
     where run_id = ? and stage = ? and entity = ? and after_id = ? for update`,
    [runId, stage, entity, afterId],
  );
  if (!row) throw standstill('range_missing', 'the run has been prepared anew meanwhile');
  return { upToId: Number(row.upToId), cursorId: Number(row.cursorId), done: row.done };
}

export async function moveRange(
  trx: Knex.Transaction,
  { runId, stage, entity, afterId }: RangeInput,
  to: { cursorId: number; done: boolean } & RangeCounts,
): Promise<void> {
  const { cursorId, rows, quarantined, unreadable, done } = to;
  await trx.raw(
    `update migration_ranges set cursor_id = ?, rows = rows + ?, quarantined = quarantined + ?,
       unreadable = unreadable + ?, done = ?
     where run_id = ? and stage = ? and entity = ? and after_id = ?`,
    [cursorId, rows, quarantined, unreadable, done, runId, stage, entity, afterId],
  );
}

interface RangeCounts {
  rows: number;
  quarantined: number;
  unreadable: number;
}

function countItems(items: Item[]): RangeCounts {
  const quarantined = items.flatMap(({ outcome }) => (outcome.outcome === 'quarantined' ? [outcome] : []));
  return {
    rows: items.length,
    quarantined: quarantined.length,
    unreadable: quarantined.filter(({ reason }) => reason.code === UNREADABLE).length,
  };
}

/** True once somebody asked the run to pause. */
export async function isPauseWanted(database: Knex, runId: string): Promise<boolean> {
  const run = await MigrationRun.query(database).findById(runId).select('pauseRequested').throwIfNotFound();
  return run.pauseRequested;
}

/** Rows per transaction: a page of services with all their options is held in memory. */
const PAGE = 1_000;

export function createReadRange(deps: MigrationDeps, sources: SourceAccess) {
  const { database, listAddresses, pageSize = PAGE } = deps;
  /**
   * Reads a range of one entity page by page, decides what becomes of each row, and writes items and cursor in one
   * transaction per page. Goes on where the cursor stands, whoever ran before.
   */
  return async function readRange(range: RangeInput): Promise<RangeState> {
    return sources.use(range.runId, async (source) => {
      const reading: Reading = { range, source, listAddresses };
      for (;;) {
        cancellationSignal().throwIfAborted();
        if (await isPauseWanted(database, range.runId)) return 'paused';
        const isDone = await database.transaction(async (trx) => {
          const cursor = await lockRange(trx, range);
          if (cursor.done) return true;
          const page = { after: cursor.cursorId, limit: pageSize, upTo: cursor.upToId };
          const items = await readItems(trx, reading, page);
          await copyItems(trx, range, source.context.mapping.source.id, items);
          const last = items.at(-1)?.sourceId ?? cursor.upToId;
          const done = items.length === 0 || last >= cursor.upToId;
          await moveRange(trx, range, { cursorId: last, done, ...countItems(items) });
          return done;
        });
        await checkThresholds(database, range.runId);
        if (isDone) return 'done';
      }
    });
  };
}

/** What a page is read with. */
interface Reading extends Pick<MigrationDeps, 'listAddresses'> {
  range: RangeInput;
  source: RunSource;
}

interface Page {
  after: number;
  limit: number;
  upTo: number;
}

/** A page; one row that cannot be read at all is found by halving and set aside, the others go on. */
async function readItems(trx: Knex.Transaction, reading: Reading, page: Page): Promise<Item[]> {
  const { range, source } = reading;
  try {
    return await READERS[range.entity](trx, reading, page);
  } catch (err) {
    if (!(err instanceof SourceError) || err.code !== 'row') throw err;
    if (page.limit > 1) {
      return readItems(trx, reading, { ...page, limit: Math.ceil(page.limit / 2) });
    }
    const sourceId = await nextId(source, range.entity, page);
    const reason = { code: UNREADABLE, message: err.message };
    return [
      {
        sourceId,
        outcome: { outcome: 'quarantined', reason, warnings: [], trace: [] },
        contentHash: contentHash(err.message),
      },
    ];
  }
}

async function nextId({ source }: RunSource, entity: Entity, { after }: Page): Promise<number> {
  const [row] = await source.select(`SELECT MIN(id) AS id FROM \`${SOURCE_TABLE[entity]}\` WHERE id > ?`, [
    after,
  ]);
  return Number(row?.['id']);
}

type Reader = (trx: Knex.Transaction, reading: Reading, page: Page) => Promise<Item[]>;

const READERS: Record<Entity, Reader> = {
  async user(_trx, { source: { source, context } }, page) {
    return (await readUserPage(source, page)).map((bundle) => {
      const outcome = transformUser(bundle, context);
      const item = { sourceId: bundle.user.id, contentHash: contentHash(bundle) };
      if (outcome.outcome !== 'migrated') return { ...item, outcome };
      const { password, ...fields } = outcome.fields;
      return {
        ...item,
        outcome: { ...outcome, fields: { ...fields, passwordKind: password.kind } },
        passwordHash: password.hash,
      };
    });
  },
  async client(_trx, { source: { source, context } }, page) {
    return (await readClientPage(source, page)).map((bundle) => ({
      sourceId: bundle.client.id,
      outcome: transformClient(bundle, context),
      contentHash: contentHash(bundle),
    }));
  },
  async service(trx, { range: { runId }, source, listAddresses }, page) {
    const bundles = await readServicePage(source.source, source.catalogue, page);
    const services = bundles.map((bundle) => readService(bundle, source));
    const findVms = await loadCandidates(trx, runId, services);
    const items: Item[] = [];
    for (const service of services) {
      items.push({ ...service.item, ...(await bindService(service, { findVms, listAddresses })) });
    }
    return items;
  },
};

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
  // Whoever wants to know how it came about has the service explained.
  const outcome = { ...transformService(bundle, context), trace: [] };
  return {
    item: { sourceId: id, contentHash: contentHash(bundle), given: givenBy(bundle, source) },
    outcome,
    productName: cleanText(catalogue.products.get(packageid)?.name ?? '', context.mapping.source),
    fields: outcome.outcome === 'migrated' ? outcome.fields : claimedVm(bundle, context),
  };
}

type FindVms = (id: number, fields: ServiceFields) => ClusterVm[];

/** Gives a migrated service its VM or quarantines it; of the others the VM is noted that they seem to have. */
async function bindService(
  { item: { sourceId: id }, outcome, fields, productName }: ReadService,
  { findVms, listAddresses }: { findVms: FindVms } & Pick<MigrationDeps, 'listAddresses'>,
): Promise<Pick<Item, 'outcome' | 'binding'>> {
  if (!fields) return { outcome };
  const candidates = findVms(id, fields);
  if (outcome.outcome !== 'migrated') {
    return { outcome, ...claimsOf(id, fields, candidates, outcome.outcome) };
  }
  const bound = await bindClosely(id, outcome.fields, candidates, listAddresses);
  if (!('binding' in bound)) {
    const { warnings, trace } = outcome;
    return {
      outcome: { outcome: 'quarantined', reason: bound.reason, warnings, trace },
      ...claimsOf(id, fields, candidates, 'quarantined'),
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
): Promise<FindVms> {
  const known = services.flatMap(({ item, outcome, fields }) =>
    fields ? [{ id: item.sourceId, fields, isMigrated: outcome.outcome === 'migrated' }] : [],
  );
  const vmids = known.flatMap(({ fields }) => fields.binding.vmid ?? []);
  const numbered = await findCandidates(trx, runId, { vmids, names: [] });
  const byVmid = Map.groupBy(numbered, ({ vmid }) => vmid);
  const numberedFor = ({ binding: { vmid } }: ServiceFields) => byVmid.get(vmid ?? 0) ?? [];
  const isDecided = (id: number, fields: ServiceFields) =>
    'binding' in bindVm(id, fields, numberedFor(fields));
  const names = known.flatMap(({ id, fields, isMigrated }) =>
    isMigrated && isDecided(id, fields) ? [] : candidateNames(id, fields),
  );
  const named = await findCandidates(trx, runId, { vmids: [], names });
  const byName = Map.groupBy(named, ({ name }) => name?.toLowerCase() ?? '');
  return (id, fields) => {
    const found = [
      ...numberedFor(fields),
      ...candidateNames(id, fields).flatMap((name) => byName.get(name) ?? []),
    ];
    const byPlace = new Map(found.map((vm) => [`${vm.cluster} ${vm.vmid}`, vm]));
    return byPlace.size === found.length ? found : [...byPlace.values()];
  };
}

const ITEM_COLUMNS = [
  'run_id',
  'entity',
  'source_id',
  'outcome',
  'code',
  'message',
  'warnings',
  'content_hash',
  'fields',
  'password_hash',
  'binding',
  'status',
  'currency',
  'cycle',
  'amount',
  'fields_hash',
  'target_id',
  'change',
] as const;

async function copyItems(
  trx: Knex.Transaction,
  { runId, entity }: RangeInput,
  source: string,
  items: Item[],
): Promise<void> {
  await copyRows(trx, 'migration_items', ITEM_COLUMNS, items, (item): Cell[] => {
    const { outcome, given, binding } = item;
    const fields = outcome.outcome === 'migrated' ? outcome.fields : null;
    const reason = outcome.outcome === 'migrated' ? null : outcome.reason;
    return [
      runId,
      entity,
      item.sourceId,
      outcome.outcome,
      reason?.code,
      reason?.message,
      outcome.warnings.map(({ code }) => code),
      item.contentHash,
      fields && { json: fields },
      item.passwordHash,
      binding && { json: binding },
      given?.status,
      given?.currency,
      given?.cycle,
      given?.amount,
      fields && fieldsHash(fields, item),
      // As if Berth were empty: what is there already is seen to when all has been read.
      fields && targetId(source, entity, item.sourceId),
      fields && 'added',
    ];
  });
}

/** Changes exactly when something that Berth takes over changes: the VM's identity counts, where it runs does not. */
function fieldsHash(fields: object, { passwordHash, binding }: Item): string {
  const { claim: _, ...taken } = fields as { claim?: unknown };
  const vm = binding &&
    'clusterId' in binding && [binding.clusterId, binding.vmid, binding.kind, binding.name];
  return contentHash(canonicalJson([taken, passwordHash ?? null, vm || null]));
}

/** Too much that cannot be read, or is set aside, pauses the run before more of it is done in vain. */
async function checkThresholds(database: Knex, runId: string): Promise<void> {
  const run = await MigrationRun.query(database)
    .findById(runId)
    .select('options', 'totals')
    .throwIfNotFound();
  const { maxErrors = 50, maxQuarantined } = run.options;
  const [count] = await queryRows<{ unreadable: number; quarantined: number }>(
    database,
    `select coalesce(sum(unreadable), 0)::int as unreadable, coalesce(sum(quarantined), 0)::int as quarantined
     from migration_ranges where run_id = ? and stage = 'read'`,
    [runId],
  );
  if (!count) return;
  if (count.unreadable > maxErrors) {
    const message = `${count.unreadable} rows cannot be read, more than ${maxErrors}: is the schema another one? Look at the report, then resume with a higher --max-errors`;
    throw standstill('too_many_errors', message);
  }
  if (maxQuarantined !== undefined && count.quarantined > maxQuarantined) {
    const message = `${count.quarantined} rows are quarantined, more than ${maxQuarantined}: look at the report, then resume with a higher --max-quarantined`;
    throw standstill('too_many_quarantined', message);
  }
}

import { cancellationSignal } from '@temporalio/activity';
import type { Knex } from 'knex';
import type { Entity, MigrationDeps, RangeInput } from './deps.ts';
import { standstill } from './failures.ts';
import { copyItems, countItems, UNREADABLE, type Item } from './items.ts';
import { SOURCE_TABLE } from './preflight.ts';
import { isPauseWanted, lockRange, moveRange, type RangeState } from './range-cursor.ts';
import { readServiceItems, type Page, type Reading } from './read-service-items.ts';
import type { RunSource, SourceAccess } from './source-access.ts';
import { contentHash } from '../content-hash.ts';
import { readClientPage, readUserPage } from '../legacy/read-people.ts';
import { SourceError } from '../legacy/source-error.ts';
import { transformClient } from '../transforms/transform-client.ts';
import { transformUser } from '../transforms/transform-user.ts';
import { queryRows } from '../../db/query-rows.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

/** Rows per transaction: a page is held in memory, one of services with all their options. */
const PAGES: Record<Entity, number> = { user: 4_000, client: 4_000, service: 1_000 };

export function createReadRange(deps: MigrationDeps, sources: SourceAccess) {
  const { database, listAddresses } = deps;
  /**
   * Reads a range of one entity page by page, decides what becomes of each row, and writes items and cursor in one
   * transaction per page. Goes on where the cursor stands, whoever ran before.
   */
  return async function readRange(range: RangeInput): Promise<RangeState> {
    const limit = deps.pageSize ?? PAGES[range.entity];
    return sources.use(range.runId, async (source) => {
      const reading: Reading = { range, source, listAddresses };
      for (;;) {
        cancellationSignal().throwIfAborted();
        if (await isPauseWanted(database, range.runId)) return 'paused';
        const isDone = await database.transaction(async (trx) => {
          const cursor = await lockRange(trx, range);
          if (cursor.done) return true;
          const page = { after: cursor.cursorId, limit, upTo: cursor.upToId };
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
  service: readServiceItems,
};

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

import type { Entity, MigrationDeps, RunInput } from './deps.ts';
import { ENTITIES } from './deps.ts';
import { standstill } from './failures.ts';
import type { SourceAccess } from './source-access.ts';
import type { Source } from '../legacy/connect-source.ts';
import type { Mapping } from '../mapping.ts';
import { Cluster } from '../../db/models/cluster.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';
import type { Database } from '../../db/connect.ts';

export const SOURCE_TABLE: Record<Entity, string> = {
  user: 'tblusers',
  client: 'tblclients',
  service: 'tblhosting',
};
const RANGE = 10_000;

interface Range {
  afterId: number;
  upToId: number;
}

export function createPreflight({ database, rangeSize = RANGE }: MigrationDeps, sources: SourceAccess) {
  /** Checks that source and target fit the mapping, counts the rows and divides them into ranges of ids. */
  return async function preflight({ runId }: RunInput): Promise<void> {
    await sources.use(runId, async ({ source, context }) => {
      await requireClusters(database, context.mapping);
      const totals: Partial<Record<Entity, number>> = {};
      const ranges: ({ entity: Entity } & Range)[] = [];
      for (const entity of ENTITIES) {
        const found = await divide(source, SOURCE_TABLE[entity], rangeSize);
        totals[entity] = found.total;
        ranges.push(...found.ranges.map((range) => ({ entity, ...range })));
      }
      await database.transaction(async (trx) => {
        // One that was thought dead must not begin anew what its successor has brought further.
        const isFirst = await MigrationRun.query(trx)
          .findById(runId)
          .where({ phase: 'preflight' })
          .patch({ totals });
        if (!isFirst) return;
        await trx('migration_ranges').where({ runId }).delete();
        for (const stage of ['read', 'load'] as const) {
          const rows = ranges.map((range) => ({ runId, stage, cursorId: range.afterId, ...range }));
          if (rows.length > 0) await trx.batchInsert('migration_ranges', rows, 500);
        }
      });
    });
  };
}

/** Every cluster the mapping names must be known to Berth: without it no VM can be found. */
async function requireClusters(database: Database, { servers }: Mapping): Promise<void> {
  const wanted = new Set(
    Object.values(servers).flatMap((server) => ('cluster' in server ? [server.cluster] : [])),
  );
  const known = new Set((await Cluster.query(database)).map(({ name }) => name));
  const missing = [...wanted].filter((name) => !known.has(name));
  if (missing.length === 0) return;
  throw standstill(
    'cluster_unknown',
    `the mapping names ${missing.join(', ')}, which Berth does not know: add it with npm run cluster:add and resume, or cancel and correct the mapping`,
  );
}

/** Ranges of about as many rows each; ids have gaps, so their borders are read, not counted. */
async function divide(
  source: Source,
  table: string,
  size: number,
): Promise<{ total: number; ranges: Range[] }> {
  const [bounds] = await source.select(
    `SELECT COUNT(*) AS total, MIN(id) AS least, MAX(id) AS most FROM \`${table}\``,
  );
  const total = Number(bounds?.['total'] ?? 0);
  if (total === 0) return { total, ranges: [] };
  const borders: number[] = [Number(bounds?.['least']) - 1];
  const most = Number(bounds?.['most']);
  for (;;) {
    const after = borders.at(-1) ?? 0;
    const [row] = await source.select(
      `SELECT id FROM \`${table}\` WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${size - 1}`,
      [after],
    );
    if (!row || Number(row['id']) >= most) break;
    borders.push(Number(row['id']));
  }
  return {
    total,
    ranges: borders.map((afterId, index) => ({ afterId, upToId: borders[index + 1] ?? most })),
  };
}

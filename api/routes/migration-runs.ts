import { explainCode } from '../../contract/migration-codes.ts';
import {
  ListExceptionsQuery,
  MigrationExceptionList,
  MigrationReport,
  MigrationRunList,
  RunComparison,
} from '../../contract/migration-runs.ts';
import { PageQuery } from '../../contract/page.ts';
import { decodeCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import {
  countOutcomes,
  EXCEPTION_SORT,
  listExceptions,
  listRuns,
  readComparison,
  readRun,
  RUN_SORT,
} from '../migration-rows.ts';
import { toPage } from '../page.ts';
import { toExceptionView, toMigrationRunView } from '../views/migration-run.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Migration';

/** Migrations from WHMCS, to look at; they are steered by `berth-migrate`. For administrators. */
export function migrationRunRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/migration-runs',
      tag: TAG,
      summary: 'All runs with how far they have come, the latest first',
      auth: 'admin',
      query: PageQuery,
      answers: { 200: { description: 'One page', schema: MigrationRunList } },
      problems: ['invalid_input'],
      async handle(ctx, { query: { limit, cursor } }) {
        const rows = await listRuns(database, limit, decodeCursor(RUN_SORT, cursor));
        ctx.body = toPage(rows, { limit, sort: RUN_SORT, toView: toMigrationRunView });
      },
    }),
    endpoint({
      method: 'get',
      path: '/admin/migration-runs/:id',
      tag: TAG,
      summary: 'What a run made of its source, why rows were left out, and whether all sums agree',
      auth: 'admin',
      params: ById,
      answers: { 200: { description: 'As it is now', schema: MigrationReport } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const row = await readRun(database, id);
        if (!row) throw new NotFound(say('run_unknown'));
        const [{ outcomes, reasons }, comparison] = await Promise.all([
          countOutcomes(database, id),
          readComparison(database, id),
        ]);
        const report: MigrationReport = {
          run: toMigrationRunView(row),
          outcomes,
          reasons: reasons.map((reason) => ({ ...reason, ...explainCode(reason.code) })),
          comparison: comparison === null ? null : RunComparison.parse(comparison),
        };
        ctx.body = report;
      },
    }),
    endpoint({
      method: 'get',
      path: '/admin/migration-runs/:id/exceptions',
      tag: TAG,
      summary: 'The rows of its source that somebody should look at, or those with one code',
      auth: 'admin',
      params: ById,
      query: ListExceptionsQuery,
      answers: { 200: { description: 'One page', schema: MigrationExceptionList } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, query }) {
        const position = decodeCursor(EXCEPTION_SORT, query.cursor);
        if (!(await readRun(database, id))) throw new NotFound(say('run_unknown'));
        const rows = await listExceptions(database, id, query, position);
        ctx.body = toPage(rows, { limit: query.limit, sort: EXCEPTION_SORT, toView: toExceptionView });
      },
    }),
  ];
}

import type { Database } from '../../db/connect.ts';
import { queryRows } from '../../db/query-rows.ts';

/** What a report says about the run itself: no mapping, no login. */
export interface RunFacts {
  id: string;
  source: string;
  sourceLabel: string;
  mappingHash: string;
  dryRun: boolean;
  status: string;
  phase: string;
  causeCode: string | null;
  causeMessage: string | null;
  /** Rows of the source by entity, counted when the run began. */
  totals: Record<string, number>;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** True once the run has compared itself with the source. */
  isVerified: boolean;
}

/** No run is the one that was meant. */
export class RunNotFound extends Error {
  override name = 'RunNotFound';
}

const COLUMNS = `id, source, source_label as "sourceLabel", mapping_hash as "mappingHash", dry_run as "dryRun", status,
  phase, cause_code as "causeCode", cause_message as "causeMessage", totals, created_at as "createdAt",
  started_at as "startedAt", finished_at as "finishedAt", summary is not null as "isVerified"`;

/** By its id, the beginning of it that no other run has, or `latest`; `preferReal` takes a dry one last. */
export async function findRun(
  database: Database,
  wanted: string,
  { preferReal = false } = {},
): Promise<RunFacts> {
  const name = wanted.trim().toLowerCase();
  const isLatest = name === 'latest';
  if (!isLatest && !/^[\da-f][\da-f-]{0,35}$/.test(name)) {
    throw new RunNotFound(`"${wanted}" is no run: give its id, the beginning of it, or latest`);
  }
  const where = isLatest ? 'true' : 'starts_with(id::text, ?)';
  const order = preferReal ? `dry_run or status = 'rolled_back', ` : '';
  const sql = `select ${COLUMNS} from migration_runs where ${where} order by ${order}created_at desc, id limit 5`;
  const [run, ...others] = await queryRows<RunFacts>(database, sql, isLatest ? [] : [name]);
  if (!run) throw new RunNotFound(isLatest ? 'there has been no run yet' : `there is no run ${wanted}`);
  if (!isLatest && others.length > 0) {
    const ids = [run, ...others].map(({ id }) => id).join(', ');
    throw new RunNotFound(`several runs begin with ${wanted}: ${ids}`);
  }
  return run;
}

import { z } from 'zod';
import { PageQuery } from './page.ts';

const Entity = z.enum(['user', 'client', 'service']);
const Outcome = z.enum(['migrated', 'quarantined', 'skipped']);
const time = z.iso.datetime().nullable();

/** How far a run has come with one kind of rows of its source. */
const Progress = z.object({
  entity: Entity,
  total: z.int().nullable().meta({ description: 'Rows in the source; null until they are counted' }),
  read: z.int(),
  loaded: z.int(),
  quarantined: z.int(),
});

export const MigrationRun = z
  .object({
    id: z.uuid(),
    source: z.string(),
    sourceLabel: z.string(),
    dryRun: z.boolean().meta({ description: 'It does everything and undoes it' }),
    status: z.enum(['pending', 'running', 'paused', 'succeeded', 'failed', 'cancelled', 'rolled_back']),
    phase: z.enum(['preflight', 'clusters', 'people', 'servers', 'settle', 'load', 'verify', 'done']),
    pauseRequested: z.boolean(),
    cause: z
      .object({ code: z.string(), message: z.string().nullable(), meaning: z.string(), remedy: z.string() })
      .nullable()
      .meta({ description: 'Why it paused or failed' }),
    progress: z.array(Progress),
    createdAt: z.iso.datetime(),
    startedAt: time,
    finishedAt: time,
  })
  .meta({ id: 'MigrationRun' });
export type MigrationRun = z.infer<typeof MigrationRun>;
export const MigrationRunList = z
  .object({ items: z.array(MigrationRun), nextCursor: z.string().nullable() })
  .meta({ id: 'MigrationRunList' });

/** Rows that are alike in kind, outcome and reason. */
const Reason = z.object({
  entity: Entity,
  outcome: Outcome,
  code: z.string(),
  rows: z.int(),
  meaning: z.string(),
  remedy: z.string(),
});

const Comparison = z.object({
  what: z.string(),
  source: z.string(),
  berth: z.string(),
  isEqual: z.boolean(),
});

/** What a run found when it compared itself with its source; kept by the migration with the run. */
export const RunComparison = z.object({
  counts: z.array(Comparison),
  money: z.array(Comparison),
  vmsByCluster: z.array(
    z.object({
      cluster: z.string(),
      state: z.enum(['bound', 'contested', 'zombie', 'unclaimed']),
      total: z.int(),
    }),
  ),
});

export const MigrationReport = z
  .object({
    run: MigrationRun,
    outcomes: z.array(z.object({ entity: Entity, outcome: Outcome, rows: z.int() })),
    reasons: z.array(Reason).meta({
      description: 'Why rows were left out, and of migrated ones what to look at; the most frequent first',
    }),
    comparison: RunComparison.nullable().meta({
      description: 'Null until the run has compared itself with the source',
    }),
  })
  .meta({ id: 'MigrationReport' });
export type MigrationReport = z.infer<typeof MigrationReport>;

export const ListExceptionsQuery = PageQuery.extend({
  code: z.string().max(100).optional(),
});
export type ListExceptionsQuery = z.infer<typeof ListExceptionsQuery>;

/** A row of the source that somebody should look at. */
export const MigrationException = z
  .object({
    entity: Entity,
    sourceId: z.string().meta({ description: 'Its id in the source' }),
    outcome: Outcome,
    code: z.string().nullable(),
    message: z.string().nullable(),
    warnings: z.array(z.string()),
    serverId: z
      .uuid()
      .nullable()
      .meta({ description: 'The server a migrated service has become; null once it is gone' }),
  })
  .meta({ id: 'MigrationException' });
export type MigrationException = z.infer<typeof MigrationException>;
export const MigrationExceptionList = z
  .object({ items: z.array(MigrationException), nextCursor: z.string().nullable() })
  .meta({ id: 'MigrationExceptionList' });

import { explainCode } from '../../contract/migration-codes.ts';
import type { MigrationException, MigrationRun } from '../../contract/migration-runs.ts';
import type { ExceptionRow, RunRow } from '../migration-rows.ts';

const ENTITIES = ['user', 'client', 'service'] as const;
const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function toMigrationRunView(row: RunRow): MigrationRun {
  const { id, source, sourceLabel, dryRun, status, phase, pauseRequested, causeCode, causeMessage } = row;
  const sumOf = (entity: string, stage: 'read' | 'load') =>
    row.ranges?.find((range) => range.entity === entity && range.stage === stage);
  return {
    id,
    source,
    sourceLabel,
    dryRun,
    status,
    phase,
    pauseRequested,
    cause: causeCode === null ? null : { code: causeCode, message: causeMessage, ...explainCode(causeCode) },
    progress: ENTITIES.map((entity) => ({
      entity,
      total: row.totals[entity] ?? null,
      read: sumOf(entity, 'read')?.rows ?? 0,
      loaded: sumOf(entity, 'load')?.rows ?? 0,
      quarantined: sumOf(entity, 'read')?.quarantined ?? 0,
    })),
    createdAt: row.createdAt.toISOString(),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
  };
}

export function toExceptionView({
  id: _id,
  sortValue: _sortValue,
  ...view
}: ExceptionRow): MigrationException {
  return view;
}

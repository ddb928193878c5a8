import type { MigrationDeps } from './run/deps.ts';
import { withCauses } from './run/failures.ts';
import { createLoadDry, createLoadRange } from './run/load-range.ts';
import { createPreflight } from './run/preflight.ts';
import { createReadClusters } from './run/read-clusters.ts';
import { createReadRange } from './run/read-range.ts';
import { createRunState } from './run/run-state.ts';
import { createSettleRun } from './run/settle-run.ts';
import { createSourceAccess } from './run/source-access.ts';
import { createVerifyRun } from './run/verify-run.ts';

/** Everything a migration does, run on the queue `migration`. `close` ends the connections to sources. */
export function createMigrationActivities(deps: MigrationDeps) {
  const sources = createSourceAccess(deps);
  const activities = withCauses({
    ...createRunState(deps, sources),
    preflight: createPreflight(deps, sources),
    readClusters: createReadClusters(deps),
    readRange: createReadRange(deps, sources),
    settleRun: createSettleRun(deps),
    loadRange: createLoadRange(deps),
    loadDry: createLoadDry(deps),
    verifyRun: createVerifyRun(deps, sources),
  });
  return { activities, close: () => sources.close() };
}

export type MigrationActivities = ReturnType<typeof createMigrationActivities>['activities'];

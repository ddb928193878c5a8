import type { Deps } from './deps.ts';
import { withinDeadline } from './start-operation.ts';

export interface Readiness {
  status: 'ready' | 'degraded' | 'unavailable';
  checks: { postgres: 'ok' | 'unreachable'; temporal: 'ok' | 'unreachable' };
}

/** Ready needs PostgreSQL; without Temporal requests are still taken (and started later), which is `degraded`. */
export async function checkReadiness({
  database,
  temporal,
}: Pick<Deps, 'database' | 'temporal'>): Promise<Readiness> {
  const verdict = async (check: Promise<unknown>) =>
    check.then(
      () => 'ok' as const,
      () => 'unreachable' as const,
    );
  const [postgres, temporalState] = await Promise.all([
    verdict(withTimeout(Promise.resolve(database.raw('select 1 from events limit 1')), 2_000)),
    verdict(
      withinDeadline(temporal, async () => temporal.connection.workflowService.getSystemInfo({}), 1_000),
    ),
  ]);
  const checks = { postgres, temporal: temporalState };
  if (postgres !== 'ok') return { status: 'unavailable', checks };
  return { status: temporalState === 'ok' ? 'ready' : 'degraded', checks };
}

async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

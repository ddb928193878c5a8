import type { Deps } from './deps.ts';
import { Operation } from '../db/models/operation.ts';
import type { OperationClaim } from '../contract/temporal.ts';

/** Shows where the running step is; refused silently once the claim is stale. */
export async function noteProgress(
  { database }: Pick<Deps, 'database'>,
  { operationId, fence }: OperationClaim,
  progress: { percent?: number; note?: string | null },
): Promise<void> {
  await Operation.query(database).patch(progress).where({ id: operationId, fence, status: 'running' });
}

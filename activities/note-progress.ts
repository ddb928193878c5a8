import type { Deps } from './deps.ts';
import { Operation } from '../db/models/operation.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish } from '../contract/sayings.ts';

/** Shows where the running step is; refused silently once the claim is stale. */
export async function noteProgress(
  { database }: Pick<Deps, 'database'>,
  { operationId, fence }: OperationClaim,
  { percent, note }: { percent?: number; note?: Said | null },
): Promise<void> {
  await Operation.query(database)
    .patch({
      ...(percent === undefined ? {} : { percent }),
      ...(note === undefined ? {} : { note: note && inEnglish(note), noteSaid: note }),
    })
    .where({ id: operationId, fence, status: 'running' });
}

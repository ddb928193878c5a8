import type { Knex } from 'knex';
import type { ReconcileClaim } from './begin-reconcile.ts';
import type { OrphanEvidence, OrphanKind } from '../contract/reconcile.ts';

export interface SeenOrphan {
  kind: OrphanKind;
  /** Unique within kind and cluster. */
  identifier: string;
  node?: string;
  evidence: OrphanEvidence;
}

/**
 * Writes an orphan into the ledger, once per run however often it is called. One that had gone, or been dealt with, and is
 * there again starts anew; what a person decided of one that stayed is kept.
 */
export async function noteOrphan(
  database: Knex,
  { clusterId, runId }: ReconcileClaim,
  { kind, identifier, node, evidence }: SeenOrphan,
): Promise<void> {
  await database.raw(
    `insert into orphans as o (cluster_id, kind, identifier, node, evidence, last_run_id) values (?, ?, ?, ?, ?, ?)
     on conflict (cluster_id, kind, identifier) do update set
       node = excluded.node, last_run_id = excluded.last_run_id, last_seen_at = now(), gone_at = null,
       evidence = case when ${IS_NEW} then excluded.evidence else o.evidence || excluded.evidence end,
       first_seen_at = case when ${IS_NEW} then now() else o.first_seen_at end,
       state = case when ${IS_NEW} then 'found' else o.state end,
       quarantined_until = case when ${IS_NEW} then null else o.quarantined_until end,
       sightings = case when ${IS_NEW} then 1
         when o.last_run_id = excluded.last_run_id then o.sightings else o.sightings + 1 end`,
    [clusterId, kind, identifier, node ?? null, JSON.stringify(evidence), runId],
  );
}

const IS_NEW = `(o.gone_at is not null or o.state in ('destroyed', 'adopted'))`;

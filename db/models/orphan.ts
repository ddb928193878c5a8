import { Model } from 'objection';
import type { OrphanEvidence, OrphanKind, OrphanRequest, OrphanState } from '../../contract/reconcile.ts';
import type { Said } from '../../contract/said.ts';

/** Something on a cluster, or held for it, that belongs to nobody. */
export class Orphan extends Model {
  static override tableName = 'orphans';
  static override jsonAttributes = ['evidence', 'noteSaid'];
  declare id: string;
  declare clusterId: string;
  declare kind: OrphanKind;
  /** What it is, unique within its kind and cluster. */
  declare identifier: string;
  declare node: string | null;
  declare evidence: OrphanEvidence;
  declare state: OrphanState;
  /** In how many runs on end it was seen. */
  declare sightings: number;
  /** Of the latest run that saw it. */
  declare lastRunId: string;
  declare firstSeenAt: Date;
  declare lastSeenAt: Date;
  declare goneAt: Date | null;
  /** What was asked for and is not carried out yet. */
  declare request: OrphanRequest | null;
  declare requestedAt: Date | null;
  /** How long the requested quarantine is to last. */
  declare quarantineHours: number | null;
  declare quarantinedUntil: Date | null;
  declare settledBy: string | null;
  /** What the latest request had to say. */
  declare note: string | null;
  declare noteSaid: Said | null;
}

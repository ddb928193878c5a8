import { Model } from 'objection';

export type RunStatus =
  | 'pending'
  | 'running'
  | 'paused'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'rolled_back';
export type RunPhase =
  | 'preflight'
  | 'clusters'
  | 'people'
  | 'servers'
  | 'settle'
  | 'load'
  | 'verify'
  | 'done';

export interface RunOptions {
  /** Rows of the source that could not be read at all before the run pauses by itself. */
  maxErrors?: number;
  /** Quarantined rows before the run pauses by itself. */
  maxQuarantined?: number;
}

/** A migration from WHMCS, dry or real. */
export class MigrationRun extends Model {
  static override tableName = 'migration_runs';
  static override jsonAttributes = ['options', 'totals', 'summary'];
  declare id: string;
  /** The short name of the source in its mapping. */
  declare source: string;
  /** `user@host:port/database`. */
  declare sourceLabel: string;
  declare sourceSecretId: string | null;
  /** The mapping file, whole. */
  declare mapping: string;
  declare mappingHash: string;
  declare dryRun: boolean;
  declare options: RunOptions;
  declare status: RunStatus;
  declare phase: RunPhase;
  declare pauseRequested: boolean;
  declare causeCode: string | null;
  declare causeMessage: string | null;
  /** Rows of the source by entity, counted when the run began. */
  declare totals: Partial<Record<'user' | 'client' | 'service', number>>;
  declare summary: unknown;
  declare createdAt: Date;
  declare startedAt: Date | null;
  declare finishedAt: Date | null;
}

import type { Database } from '../../db/connect.ts';
import type { SecretBox } from '../../db/secrets.ts';
import type { ClusterVm } from '../transforms/bind-vm.ts';

/** What the activities of a migration need, handed in once by the worker (or a test). */
export interface MigrationDeps {
  database: Database;
  secretBox: SecretBox;
  /** Every VM and container of a cluster, in one call. Rejects when the cluster cannot be read whole. */
  listVms: (clusterId: string) => Promise<Omit<ClusterVm, 'clusterId' | 'cluster'>[]>;
  /** The addresses of one VM, a call or two; none when it has gone meanwhile. */
  listAddresses: (vm: Pick<ClusterVm, 'clusterId' | 'node' | 'vmid'>) => Promise<string[]>;
  /** Rows per transaction, where a test wants more transactions. */
  pageSize?: number;
  /** Rows per range, where a test wants more ranges. */
  rangeSize?: number;
}

/** The purpose under which a run's source URL is sealed. */
export const SOURCE_SECRET = 'migration-source';

export const ENTITIES = ['user', 'client', 'service'] as const;
export type Entity = (typeof ENTITIES)[number];

export interface RunInput {
  runId: string;
}

export interface RangeInput extends RunInput {
  stage: 'read' | 'load';
  entity: Entity;
  afterId: number;
}

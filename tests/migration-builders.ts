import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../db/connect.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Secret } from '../db/models/secret.ts';

/** A cluster nobody can reach. */
export async function buildCluster(database: Database, name: string): Promise<string> {
  const secret = await Secret.query(database).insertAndFetch({
    purpose: 'test',
    keyId: 'none',
    nonce: randomBytes(12),
    ciphertext: randomBytes(16),
  });
  const { id } = await Cluster.query(database).insertAndFetch({
    name,
    location: name,
    endpoints: ['https://127.0.0.1:1'],
    tokenId: 'berth@pve!test',
    tokenSecretId: secret.id,
  });
  return id;
}

type Row = Record<string, unknown>;

/** A run of a migration that is over. */
export async function buildRun(database: Database, overrides: Row = {}): Promise<string> {
  const id = randomUUID();
  await database('migration_runs').insert({
    id,
    source: 'whmcs',
    sourceLabel: 'reader@db:3306/whmcs',
    mapping: 'source: {}',
    mappingHash: 'f'.repeat(64),
    dryRun: false,
    status: 'succeeded',
    phase: 'done',
    finishedAt: '2026-11-24T12:00:00Z',
    ...overrides,
  });
  return id;
}

/** A row of the source; JSON in `fields` and `binding` is written as given. */
export async function buildItem(database: Database, runId: string, item: Row): Promise<void> {
  const { fields, binding, ...rest } = item;
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  await database('migration_items').insert({
    runId,
    entity: 'service',
    outcome: 'migrated',
    contentHash: 'c',
    fields: json(fields),
    binding: json(binding),
    ...rest,
  });
}

export async function buildVm(database: Database, runId: string, vm: Row): Promise<void> {
  await database('migration_vms').insert({
    runId,
    node: 'pve1',
    kind: 'qemu',
    status: 'running',
    template: false,
    ...vm,
  });
}

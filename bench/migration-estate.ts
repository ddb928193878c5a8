import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { connectDatabase, type Database } from '../db/connect.ts';
import { ensureCluster } from '../db/ensure-cluster.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { createSecretBox, type SecretBox } from '../db/secrets.ts';
import { startMariadb } from '../testbed/mariadb-server.ts';
import type { RunningService } from '../testbed/service.ts';
import { startTemporal } from '../testbed/temporal-server.ts';
import { generate } from '../testbed/whmcs/generate.ts';
import { providerVms } from '../testbed/whmcs/provider-vms.ts';
import { bundleWorkflows } from '../workflows/bundle.ts';
import { startDurablePostgres } from './durable-postgres.ts';
import { startWorker } from './start-worker.ts';
import { withCleanUp, type Undo } from './with-clean-up.ts';

/** A provider on WHMCS, and a Berth that knows its clusters and nothing else. */
export interface MigrationEstate {
  database: Database;
  databaseUrl: string;
  secretBox: SecretBox;
  temporal: Client;
  /** The source, for a user who may only read. */
  sourceUrl: string;
  mapping: string;
  /** Process ids. */
  servers: { postgres: number; mariadb: number };
  /** A folder that is removed at the end. */
  folder: string;
  /** The product's workers in a process of their own. */
  startWorker(nodeArgs?: string[]): Promise<RunningService>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLUSTERS = ['fra1', 'ams1'] as const;

export async function withMigrationEstate(
  size: number,
  measure: (estate: MigrationEstate) => Promise<void>,
): Promise<void> {
  await withCleanUp(async (undo) => measure(await setUp(size, undo)));
}

async function setUp(size: number, undo: Undo[]): Promise<MigrationEstate> {
  console.error(`setting up ${size} services …`);
  const provider = { seed: 'bench', size };
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const mariadb = await startMariadb({ dataDir: join(folder, 'mariadb'), durable: false });
  undo.push(() => mariadb.stop());
  const { rows } = await generate({ ...provider, url: mariadb.url });
  console.error(`${rows} rows in the source`);

  const { url: databaseUrl, pid } = await startDurablePostgres(folder, undo);
  const database = connectDatabase(databaseUrl);
  undo.push(() => database.destroy());
  await migrateToLatest(database);
  const secretsKey = randomBytes(32);
  const secretBox = createSecretBox(secretsKey);
  for (const name of CLUSTERS) await addCluster(database, secretBox, { name, folder, provider });

  const server = await startTemporal({ headless: true, dbFile: join(folder, 'temporal.db') });
  undo.push(() => server.stop());
  const connection = await Connection.connect({ address: server.address });
  undo.push(() => connection.close());
  const env = {
    DATABASE_URL: databaseUrl,
    BERTH_SECRETS_KEY: secretsKey.toString('base64'),
    BERTH_WORKFLOW_BUNDLE: await bundleWorkflows(join(folder, 'workflow-bundle.js')),
  };
  return {
    database,
    databaseUrl,
    secretBox,
    temporal: new Client({ connection }),
    sourceUrl: mariadb.readerUrl,
    mapping: await readFile(join(ROOT, 'testbed/whmcs/mapping.yaml'), 'utf8'),
    servers: { postgres: pid, mariadb: mariadb.pid },
    folder,
    async startWorker(nodeArgs = []) {
      const worker = await startWorker(
        [...nodeArgs, 'bench/migration-worker.ts', folder, server.address],
        env,
      );
      undo.push(() => worker.stop());
      return worker;
    },
  };
}

async function addCluster(
  database: Database,
  secretBox: SecretBox,
  {
    name,
    folder,
    provider,
  }: { name: (typeof CLUSTERS)[number]; folder: string; provider: { seed: string; size: number } },
): Promise<void> {
  const { id } = await ensureCluster(database, secretBox, {
    name,
    location: name,
    // Nobody listens on port 9.
    endpoints: ['https://127.0.0.1:9'],
    tlsFingerprint: null,
    tlsCa: null,
    tokenId: 'berth@pve!bench',
    tokenSecret: 'none',
    snippetsStorage: null,
    snippetsDir: null,
  });
  function* lines() {
    let separator = '[';
    for (const vm of providerVms(provider, name)) {
      yield (
        separator +
          JSON.stringify({
            type: 'qemu',
            node: vm.node,
            vmid: vm.vmid,
            name: vm.name,
            status: vm.isRunning ? 'running' : 'stopped',
            maxcpu: vm.cores,
            maxmem: vm.memoryMib * 1024 ** 2,
            maxdisk: vm.diskGib * 1024 ** 3,
            template: false,
          })
      );
      separator = ',';
    }
    yield ']';
  }
  await pipeline(Readable.from(lines()), createWriteStream(join(folder, `${id}.json`)));
}

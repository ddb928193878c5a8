import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Knex from 'knex';
import type { TestProject } from 'vitest/node';
import { databaseConfig } from '../db/connect.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { findMariadb } from '../testbed/mariadb-programs.ts';
import { startPostgres } from '../testbed/postgres-server.ts';
import { startTemporal } from '../testbed/temporal-server.ts';
import { bundleWorkflows } from '../workflows/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    temporalAddress: string;
    workflowBundle: string;
  }
}

const say = (message: string) => console.error(`[test services] ${message}`);

/** One PostgreSQL, one Temporal and one workflow bundle for the whole run; tests get a database and ids of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-test-'));
  const bundle = join(folder, 'workflow-bundle.js');
  const [postgres, temporal] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), durable: false, onProgress: say }),
    startTemporal({ headless: true, onProgress: say }),
    bundleWorkflows(bundle),
    // Once, before several tests would install it at the same time; those that need it say so when it cannot be had.
    findMariadb(say).catch((err: unknown) => say(err instanceof Error ? err.message : String(err))),
  ]);
  const template = Knex(databaseConfig(postgres.url));
  await migrateToLatest(template);
  await template.destroy();

  project.provide('databaseUrl', postgres.url);
  project.provide('temporalAddress', temporal.address);
  project.provide('workflowBundle', bundle);
  return async () => {
    await Promise.all([postgres.stop(), temporal.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}

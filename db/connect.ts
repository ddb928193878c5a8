import Knex, { type Knex as Database } from 'knex';
import { knexSnakeCaseMappers, Model } from 'objection';
import { migrationSource } from './migrations.ts';

export type { Database };

/** How Knex reaches PostgreSQL; the one place, used by the processes, the tests and the knex command line. */
export function databaseConfig(url: string, { poolSize = 10 } = {}): Database.Config {
  return {
    client: 'pg',
    connection: { connectionString: url, application_name: 'berth', keepAlive: true },
    pool: { min: 0, max: poolSize },
    acquireConnectionTimeout: 10_000,
    // What Knex would print here is thrown as well, and logged by whoever catches it.
    log: { warn: () => undefined, error: () => undefined },
    migrations: { migrationSource, tableName: 'knex_migrations' },
    ...knexSnakeCaseMappers(),
  };
}

/** Opens a pool and binds the models to it; call `destroy()` on the result when done. */
export function connectDatabase(url: string, options: { poolSize?: number } = {}): Database {
  const database = Knex(databaseConfig(url, options));
  Model.knex(database);
  return database;
}

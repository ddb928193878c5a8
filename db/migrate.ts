import Knex, { type Knex as Database } from 'knex';
import { databaseConfig } from './connect.ts';

/** Brings the schema up to date, each migration in its own transaction; returns the names of those applied. */
export async function migrateToLatest(database: Database): Promise<string[]> {
  const [, applied] = (await database.migrate.latest()) as [number, string[]];
  return applied;
}

/** Undoes the latest batch of migrations; returns their names. */
export async function rollbackMigrations(database: Database): Promise<string[]> {
  const [, undone] = (await database.migrate.rollback()) as [number, string[]];
  return undone;
}

export interface MigrationStatus {
  applied: string[];
  pending: string[];
}

/** Which migrations this database has, and which it lacks. */
export async function migrationStatus(database: Database): Promise<MigrationStatus> {
  const [applied, pending] = (await database.migrate.list()) as [{ name: string }[], string[]];
  return { applied: applied.map((row) => row.name), pending };
}

/** Runs `work` on a small pool of its own, so that a program which only migrates ends by itself. */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = Knex(databaseConfig(url, { poolSize: 2 }));
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

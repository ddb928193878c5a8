import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';

const FOLDER = new URL('./migrations/', import.meta.url);

/** Knex's own loader cannot import TypeScript through type stripping; this one leaves it to Node. */
export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => (await readdir(FOLDER)).filter((file) => file.endsWith('.ts')).sort(),
  getMigrationName: (file) => file,
  getMigration: async (file) => (await import(new URL(file, FOLDER).href)) as Knex.Migration,
};

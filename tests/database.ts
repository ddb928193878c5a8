import { randomUUID } from 'node:crypto';
import Knex from 'knex';
import { inject } from 'vitest';
import { connectDatabase, type Database } from '../db/connect.ts';

export interface TestDatabase {
  url: string;
  database: Database;
  drop: () => Promise<void>;
}

/** A database of its own, copied from the migrated one (tens of milliseconds); the models are bound to it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = new URL(inject('databaseUrl'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = Knex({ client: 'pg', connection: withName(template, 'postgres') });
  await admin.raw('create database ?? template ??', [name, template.pathname.slice(1)]);
  const url = withName(template, name);
  const database = connectDatabase(url);
  return {
    url,
    database,
    drop: async () => {
      await database.destroy();
      await admin.raw('drop database ?? with (force)', [name]);
      await admin.destroy();
    },
  };
}

function withName(url: URL, name: string): string {
  const copy = new URL(url);
  copy.pathname = `/${name}`;
  return copy.href;
}

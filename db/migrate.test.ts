import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from './connect.ts';
import { migrationSource } from './migrations.ts';
import { migrateToLatest, migrationStatus, rollbackMigrations, withDatabase } from './migrate.ts';
import { queryRows } from './query-rows.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(async () => test.drop());

/** Everything a migration makes, in the words of PostgreSQL itself. */
const SCHEMA = `
  select 'column' as kind, table_name || '.' || column_name as name,
    concat_ws(' ', data_type, udt_name, is_nullable, column_default, identity_generation) as definition
  from information_schema.columns where table_schema = 'public'
  union all
  select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  from pg_constraint where connamespace = 'public'::regnamespace
  union all
  select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
  union all
  select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all
  select 'function', proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
  order by 1, 2, 3`;

const readSchema = (database: Database) =>
  queryRows<{ kind: string; name: string; definition: string }>(database, SCHEMA);

it('makes the same schema again after it was taken down', async () => {
  const before = await readSchema(test.database);
  expect(before.length).toBeGreaterThan(200);
  const names = await migrationSource.getMigrations([]);
  expect(await rollbackMigrations(test.database)).toEqual(names.toReversed());
  expect(await migrateToLatest(test.database)).toEqual(names);
  expect(await readSchema(test.database)).toEqual(before);
});

it('leaves nothing behind when it is taken down, not even with data in it', async () => {
  await queryRows(test.database, `insert into accounts (name) values ('someone')`);
  await rollbackMigrations(test.database);
  const remains = await readSchema(test.database);
  expect(remains.filter(({ name }) => !name.startsWith('knex_migrations'))).toEqual([]);
});

it('says what is applied and what is not, and applies nothing twice', async () => {
  const names = await migrationSource.getMigrations([]);
  expect(await migrationStatus(test.database)).toEqual({ applied: names, pending: [] });
  expect(await migrateToLatest(test.database)).toEqual([]);
  await rollbackMigrations(test.database);
  expect(await migrationStatus(test.database)).toEqual({ applied: [], pending: names });
  expect(await rollbackMigrations(test.database)).toEqual([]);
});

it('lets two processes migrate at once: one does it, the schema is whole', async () => {
  const before = await readSchema(test.database);
  await rollbackMigrations(test.database);
  const both = await Promise.allSettled([
    withDatabase(test.url, migrateToLatest),
    withDatabase(test.url, migrateToLatest),
  ]);
  const applied = both.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
  expect(applied).toEqual(await migrationSource.getMigrations([]));
  expect(await readSchema(test.database)).toEqual(before);
});

it('finds by its server also what was done to an operation before there was a column for it', async () => {
  const { database } = test;
  const server = await buildServer(database, {
    account: await buildAccount(database),
    catalog: await buildCatalog(database),
  });
  const { id } = await buildOperation(database, { server });
  const name = '20261130150000_audit_of_a_server.ts';
  await database.migrate.down({ name });
  const deed = { action: 'operation.resume', subject_type: 'operation', subject_id: id };
  await database('audit_log').insert({ ...deed, details: { step: 'clone' } });
  await database.migrate.up({ name });
  expect(await database('audit_log').where({ server_id: server.id })).toMatchObject([
    { subjectId: id, details: { step: 'clone' } },
  ]);
});

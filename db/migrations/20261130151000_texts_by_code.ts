import type { Knex } from 'knex';

/** Beside what a person reads in English, its code and what stands in it, for other languages. */
const SAID = [
  ['operations', 'note_said'],
  ['operations', 'error_said'],
  ['operation_events', 'said'],
  ['orphans', 'note_said'],
  ['drifts', 'note_said'],
  ['reconcile_runs', 'said'],
] as const;

export async function up(knex: Knex): Promise<void> {
  for (const [table, column] of SAID) await knex.raw(`alter table ${table} add column ${column} jsonb`);
}

export async function down(knex: Knex): Promise<void> {
  for (const [table, column] of SAID) await knex.raw(`alter table ${table} drop column ${column}`);
}

import type { Knex } from 'knex';

/** A source's own table may hold more digits than Berth's: such a row is written down, and refused when it is loaded. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table migration_items alter column amount type numeric');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table migration_items alter column amount type numeric(16, 2)');
}

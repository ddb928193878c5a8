import type { Knex } from 'knex';

/** For the newest operations of an account, and of all of them. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index operations_account_idx on operations (account_id, created_at desc, id desc);
    create index operations_newest_idx on operations (created_at desc, id desc)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index operations_account_idx, operations_newest_idx');
}

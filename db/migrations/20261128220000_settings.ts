import type { Knex } from 'knex';

/** What operators have set at run time: one row, in which null leaves it to the environment. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table settings (
      is_only boolean primary key default true check (is_only),
      delete_grace_hours double precision check (delete_grace_hours between 0 and 8760),
      quarantine_hours int check (quarantine_hours between 1 and 8760)
    );
    insert into settings default values`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table settings');
}

import type { Knex } from 'knex';

/** Servers are found by their labels; a suspended one knows whether it started with its node. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index servers_labels on servers using gin (labels jsonb_path_ops)
      where labels <> '{}' and deleted_at is null;
    alter table servers add onboot_before_suspend boolean`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table servers drop onboot_before_suspend;
    drop index servers_labels`);
}

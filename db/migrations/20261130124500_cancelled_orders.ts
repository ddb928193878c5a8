import type { Knex } from 'knex';

/** A server whose order was cancelled is told from one that could not be built. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table servers drop constraint servers_lifecycle_check,
      add constraint servers_lifecycle_check
        check (lifecycle in ('provisioning', 'active', 'suspended', 'failed', 'cancelled', 'deleting', 'deleted'));
    update servers s set lifecycle = 'cancelled' where s.lifecycle = 'failed' and ('provision', 'cancelled') =
      (select type, status from operations where server_id = s.id order by created_at desc, id desc limit 1)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    update servers set lifecycle = 'failed' where lifecycle = 'cancelled';
    alter table servers drop constraint servers_lifecycle_check,
      add constraint servers_lifecycle_check
        check (lifecycle in ('provisioning', 'active', 'suspended', 'failed', 'deleting', 'deleted'))`);
}

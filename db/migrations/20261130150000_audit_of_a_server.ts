import type { Knex } from 'knex';

/** What was done to one server is found by an index, also what an older version of the API goes on to write. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    update audit_log a set details = a.details || jsonb_build_object('serverId', o.server_id)
      from operations o where a.subject_type = 'operation' and o.id = a.subject_id;
    alter table audit_log add server_id uuid generated always as
      (case when subject_type = 'server' then subject_id else (details ->> 'serverId')::uuid end) stored;
    create index audit_log_server_idx on audit_log (server_id, id desc) where server_id is not null`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table audit_log drop column server_id');
}

import type { Knex } from 'knex';

/**
 * What the watcher sees of a server's VM beyond power state and node. It changes all the time, so it has a table of its
 * own with room for updates in place, and neither triggers nor indexes that each change would have to pay for.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table server_observations (
      server_id uuid primary key references servers on delete cascade,
      observed_at timestamptz,
      uptime_seconds bigint,
      cpu real,
      memory_bytes bigint,
      disk_read_bytes bigint,
      disk_written_bytes bigint,
      net_in_bytes bigint,
      net_out_bytes bigint,
      lock text,
      missing_since timestamptz,
      agent_addresses inet[],
      agent_seen_at timestamptz,
      agent_due_at timestamptz not null default '-infinity'
    ) with (fillfactor = 70);

    comment on column server_observations.observed_at is 'when Proxmox was asked for the usage; null: never';
    comment on column server_observations.cpu is 'share of the VM''s processors, 0 to 1';
    comment on column server_observations.lock is 'Proxmox''s lock on the VM, such as backup or migrate';
    comment on column server_observations.missing_since is 'first look at the whole cluster that did not find the VM';
    comment on column server_observations.agent_due_at is 'when the guest agent may be asked for addresses again';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table server_observations');
}

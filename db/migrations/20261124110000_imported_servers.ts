import type { Knex } from 'knex';

const trigger = (columns: string[]): string => `
  drop trigger servers_changed on servers;
  create trigger servers_changed after update on servers for each row
    when ((${columns.map((column) => `old.${column}`).join(', ')})
      is distinct from (${columns.map((column) => `new.${column}`).join(', ')}))
    execute function record_event();`;

const SHOWN = ['name', 'node_id', 'lifecycle', 'power_state', 'vcpu', 'memory_mib', 'disk_gib'];

/** Open dashboards hear of what they show; an address is found whatever prefix it was stored with. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(trigger([...SHOWN, 'hostname', 'suspend_reason', 'delete_protection']));
  await knex.raw('create index server_addresses_host_idx on server_addresses (host(address))');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index server_addresses_host_idx');
  await knex.raw(trigger(SHOWN));
}

import type { BenchEstate } from './estate.ts';

/** Replaces every server by `count` running ones with an address and an observation each, spread over `accounts` of which the customer has one. */
export async function addServers(
  { database, accountId }: BenchEstate,
  count: number,
  accounts: number,
): Promise<void> {
  await database.raw('truncate servers, clusters, plans, templates, events cascade');
  await database.raw(
    `
    with secret as (
      insert into secrets (purpose, key_id, nonce, ciphertext) values ('bench', 'none', '\\x000000000000000000000000', '\\x00')
      returning id
    ), cluster as (
      insert into clusters (name, location, endpoints, token_id, token_secret_id)
      select 'default', 'Benchville', array['https://127.0.0.1:9'], 'a@pve!b', id from secret returning id
    ), node as (
      insert into nodes (cluster_id, name, status, cores, memory_mib)
      select id, 'pve' || n, 'online', 64, 1000000 from cluster, generate_series(1, 3) n returning id
    ), plan as (
      insert into plans (name, vcpu, memory_mib, disk_gib) values ('Bench', 1, 512, 10) returning id
    ), template as (
      insert into templates (name, os_name, os_version, default_user, min_disk_gib)
      values ('debian-12', 'Debian', '12', 'debian', 4) returning id
    ), pool as (
      insert into ip_pools (cluster_id, name, network, gateway, bridge)
      select id, 'bench', '10.0.0.0/8', '10.255.255.1', 'vmbr0' from cluster returning id
    ), address as (
      insert into ip_addresses (pool_id, address)
      select id, host('10.0.0.0'::inet + n)::inet from pool, generate_series(1, :count::int) n
      returning id, (address - '10.0.0.0'::inet)::int as n
    ), other as (
      insert into accounts (name) select 'other ' || n from generate_series(1, :accounts::int - 1) n returning id
    ), account as (
      select id, row_number() over (order by id <> :accountId::uuid, id) as nth from (select :accountId::uuid as id union all select id from other) a
    ), server as (
      insert into servers (account_id, name, cluster_id, node_id, plan_id, template_id, vcpu, memory_mib, disk_gib,
        lifecycle, power_state, power_observed_at, mac_address, created_at)
      select account.id, 'server-' || n, cluster.id, nodes.ids[1 + n % 3], plan.id, template.id, 1, 512, 10, 'active',
        'running', now() + interval '1 hour',
        ('bc2411' || lpad(to_hex(n), 6, '0'))::macaddr, now() - n * interval '1 minute'
      from generate_series(1, :count::int) n
      join account on account.nth = 1 + n % :accounts::int,
        cluster, (select array_agg(id) as ids from node) nodes, plan, template
      returning id, substr(name, 8)::int as n
    ), observation as (
      insert into server_observations (server_id, observed_at, uptime_seconds, cpu, memory_bytes, disk_read_bytes,
        disk_written_bytes, net_in_bytes, net_out_bytes, agent_addresses, agent_seen_at)
      select id, now(), n, 0.1, 100000000 + n, n, n, n, n, array['10.8.0.1'::inet], now() from server
    )
    insert into ip_leases (ip_address_id, server_id) select address.id, server.id from address join server using (n)`,
    { count, accounts, accountId },
  );
  // Servers that have been there for more than a day have no events.
  await database.raw('truncate events');
  await database.raw('vacuum analyze');
}

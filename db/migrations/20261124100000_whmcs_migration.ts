import type { Knex } from 'knex';

/** What an imported customer has that one made in Berth has not: facts of billing, kept as WHMCS gave them. */
const PEOPLE = `
  -- null: nobody can log in until a password has been set by a link
  alter table users alter column password_hash drop not null;

  alter table memberships add column permissions text[] not null default '{}';

  create table account_billing (
    account_id uuid primary key references accounts on delete cascade,
    first_name text not null default '',
    last_name text not null default '',
    company text not null default '',
    email text,
    address jsonb not null default '{}',
    tax_id text not null default '',
    currency text not null check (currency <> ''),
    credit numeric(16, 2) not null,
    language text not null default '',
    wants_marketing boolean not null default false,
    customer_since date
  );
`;

const SERVERS = `
  alter table servers
    alter column plan_id drop not null,
    alter column template_id drop not null,
    alter column mac_address drop not null,
    add column plan_name text,
    add column os text,
    add column hostname text,
    add column traffic_gib int check (traffic_gib > 0),
    add column network_mbps int check (network_mbps > 0),
    add column suspend_reason text,
    add column delete_protection boolean not null default false,
    -- how a VM that Berth did not make is recognised: {"name": …, "uuid": …}
    add column vm_identity jsonb,
    add check (plan_id is not null or plan_name is not null),
    add check (vm_identity is not null or (template_id is not null and mac_address is not null));

  -- addresses a server has that are in none of Berth's pools
  create table server_addresses (
    server_id uuid not null references servers on delete cascade,
    address inet not null,
    primary key (server_id, address)
  );
  create index server_addresses_address_idx on server_addresses (address);

  create table server_billing (
    server_id uuid primary key references servers on delete cascade,
    cycle text not null,
    amount numeric(16, 2) not null,
    currency text not null check (currency <> ''),
    next_due date,
    registered date,
    quantity int not null default 1,
    backups boolean not null default false,
    ipv4_count int,
    location text,
    completed boolean not null default false
  );
`;

const RUNS = `
  create table migration_runs (
    id uuid primary key default gen_random_uuid(),
    source text not null,
    source_label text not null,
    source_secret_id uuid references secrets,
    mapping text not null,
    mapping_hash text not null,
    dry_run boolean not null,
    options jsonb not null default '{}',
    status text not null default 'pending'
      check (status in ('pending', 'running', 'paused', 'succeeded', 'failed', 'cancelled', 'rolled_back')),
    phase text not null default 'preflight'
      check (phase in ('preflight', 'clusters', 'people', 'servers', 'settle', 'load', 'verify', 'done')),
    pause_requested boolean not null default false,
    cause_code text,
    cause_message text,
    totals jsonb not null default '{}',
    summary jsonb,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    check ((status in ('succeeded', 'failed', 'cancelled', 'rolled_back')) = (finished_at is not null))
  );
  create unique index migration_runs_one_live_per_source on migration_runs (source)
    where status in ('pending', 'running', 'paused');

  -- a part of an entity's ids; its cursor moves in the transaction that writes the items before it
  create table migration_ranges (
    run_id uuid not null references migration_runs on delete cascade,
    stage text not null check (stage in ('read', 'load')),
    entity text not null check (entity in ('user', 'client', 'service')),
    after_id bigint not null,
    up_to_id bigint not null,
    cursor_id bigint not null,
    rows int not null default 0,
    quarantined int not null default 0,
    unreadable int not null default 0,
    done boolean not null default false,
    primary key (run_id, stage, entity, after_id)
  );

  -- one line per row of the source
  create table migration_items (
    run_id uuid not null references migration_runs on delete cascade,
    entity text not null check (entity in ('user', 'client', 'service')),
    source_id bigint not null,
    outcome text not null check (outcome in ('migrated', 'quarantined', 'skipped')),
    code text,
    message text,
    warnings text[] not null default '{}',
    content_hash text not null,
    fields jsonb,
    -- a user's hash of WHMCS: apart from the fields, so that it is in no report; gone once loaded
    password_hash text,
    -- a service's VM: {"clusterId", "cluster", "vmid", "node", "name", "way", "score", "reasons"}
    binding jsonb,
    -- as the source has it, also of what is not migrated, so that sums can be compared
    status text,
    currency text,
    cycle text,
    amount numeric(16, 2),
    -- what the load does, or did, with a migrated row
    change text check (change in ('added', 'changed', 'unchanged')),
    fields_hash text,
    target_id uuid,
    primary key (run_id, entity, source_id),
    check ((outcome = 'migrated') = (code is null))
  );

  -- the VMs of every mapped cluster as they were when the run looked
  create table migration_vms (
    run_id uuid not null references migration_runs on delete cascade,
    cluster_id uuid not null references clusters on delete cascade,
    cluster text not null,
    vmid int not null,
    node text not null,
    kind text not null check (kind in ('qemu', 'lxc')),
    name text,
    status text not null,
    vcpu int,
    memory_mib int,
    disk_gib int,
    template boolean not null,
    primary key (run_id, cluster_id, vmid)
  );
  create index migration_vms_vmid_idx on migration_vms (run_id, vmid);
  create index migration_vms_name_idx on migration_vms (run_id, lower(name));

  -- where each row of Berth that came from a source came from
  create table provenance (
    source text not null,
    entity text not null check (entity in ('user', 'client', 'service')),
    source_id bigint not null,
    target_id uuid not null,
    content_hash text not null,
    fields_hash text not null,
    fields jsonb not null,
    added_by uuid not null references migration_runs,
    changed_by uuid not null references migration_runs,
    -- false: the target was there before, and only was linked
    is_ours boolean not null default true,
    primary key (source, entity, source_id)
  );
  create index provenance_target_idx on provenance (target_id);
  create index provenance_added_by_idx on provenance (added_by);
`;

/** A bulk load says `set local berth.quiet = on`: a notification per row would only drown the API. */
const recordEvent = (isQuietable: boolean) => `
  create or replace function record_event() returns trigger language plpgsql as $$
  declare event_id bigint;
  begin
    ${isQuietable ? "if current_setting('berth.quiet', true) = 'on' then return null; end if;" : ''}
    if tg_table_name = 'servers' then
      insert into events (account_id, server_id) values (new.account_id, new.id) returning id into event_id;
    else
      insert into events (account_id, server_id, operation_id)
        values (new.account_id, new.server_id, new.id) returning id into event_id;
    end if;
    perform pg_notify('berth_events', event_id::text);
    return null;
  end $$;
`;

export async function up(knex: Knex): Promise<void> {
  for (const sql of [PEOPLE, SERVERS, RUNS, recordEvent(true)]) await knex.raw(sql);
}

/** Imported rows that the former schema cannot hold keep it from being undone: roll the runs back first. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(recordEvent(false));
  await knex.raw(`
    drop table provenance, migration_vms, migration_items, migration_ranges, migration_runs, server_billing,
      server_addresses, account_billing;
    alter table servers
      drop column plan_name, drop column os, drop column hostname, drop column traffic_gib, drop column network_mbps,
      drop column suspend_reason, drop column delete_protection, drop column vm_identity,
      alter column plan_id set not null,
      alter column template_id set not null,
      alter column mac_address set not null;
    alter table memberships drop column permissions;
    alter table users alter column password_hash set not null;
  `);
}

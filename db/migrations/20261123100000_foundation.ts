import type { Knex } from 'knex';

const PEOPLE = `
  create table users (
    id uuid primary key default gen_random_uuid(),
    email text not null check (email = trim(email) and position('@' in email) > 1),
    name text not null default '',
    password_hash text not null,
    role text not null default 'customer' check (role in ('customer', 'admin')),
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create unique index users_email_key on users (lower(email));

  create table accounts (
    id uuid primary key default gen_random_uuid(),
    name text not null check (name <> ''),
    max_servers int not null default 10 check (max_servers >= 0),
    suspended_at timestamptz,
    created_at timestamptz not null default now()
  );

  create table memberships (
    account_id uuid not null references accounts on delete cascade,
    user_id uuid not null references users on delete cascade,
    role text not null default 'owner' check (role in ('owner', 'member')),
    created_at timestamptz not null default now(),
    primary key (account_id, user_id)
  );
  create index memberships_user_id_idx on memberships (user_id);

  create table sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users on delete cascade,
    user_agent text,
    ip inet,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
  );
  create index sessions_user_id_idx on sessions (user_id);

  create table refresh_tokens (
    token_hash text primary key,
    session_id uuid not null references sessions on delete cascade,
    created_at timestamptz not null default now(),
    spent_at timestamptz
  );
  create index refresh_tokens_session_id_idx on refresh_tokens (session_id);

  create table ssh_keys (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null references accounts on delete cascade,
    name text not null,
    public_key text not null,
    fingerprint text not null,
    created_at timestamptz not null default now(),
    unique (account_id, fingerprint)
  );

  create table secrets (
    id uuid primary key default gen_random_uuid(),
    purpose text not null check (purpose <> ''),
    key_id text not null,
    nonce bytea not null check (octet_length(nonce) = 12),
    ciphertext bytea not null,
    created_at timestamptz not null default now()
  );
`;

const CLUSTERS = `
  create table clusters (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name <> ''),
    location text not null,
    endpoints text[] not null check (cardinality(endpoints) > 0),
    tls_fingerprint text,
    tls_ca text,
    token_id text not null,
    token_secret_id uuid not null references secrets,
    vmid_min int not null default 100000 check (vmid_min >= 100),
    vmid_max int not null default 999999 check (vmid_max <= 999999999),
    snippets_storage text,
    snippets_dir text,
    created_at timestamptz not null default now(),
    check (vmid_min <= vmid_max),
    check ((snippets_storage is null) = (snippets_dir is null))
  );

  create table nodes (
    id uuid primary key default gen_random_uuid(),
    cluster_id uuid not null references clusters on delete cascade,
    name text not null,
    status text not null default 'unknown' check (status in ('online', 'offline', 'unknown')),
    cores int not null check (cores > 0),
    memory_mib int not null check (memory_mib > 0),
    accepts_servers boolean not null default true,
    observed_at timestamptz not null default now(),
    unique (cluster_id, name)
  );

  create table storages (
    id uuid primary key default gen_random_uuid(),
    node_id uuid not null references nodes on delete cascade,
    name text not null,
    kind text not null,
    content text[] not null,
    shared boolean not null,
    total_mib bigint not null check (total_mib >= 0),
    used_mib bigint not null check (used_mib >= 0),
    observed_at timestamptz not null default now(),
    unique (node_id, name)
  );

  create table templates (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    os_name text not null,
    os_version text not null,
    default_user text not null,
    min_disk_gib int not null check (min_disk_gib > 0),
    clone_mode text not null default 'full' check (clone_mode in ('full', 'linked')),
    ready_when text not null default 'agent' check (ready_when in ('agent', 'address', 'running')),
    enabled boolean not null default true,
    created_at timestamptz not null default now()
  );

  create table template_vms (
    template_id uuid not null references templates on delete cascade,
    node_id uuid not null references nodes on delete cascade,
    vmid int not null,
    storage text not null,
    primary key (template_id, node_id)
  );

  create table plans (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    vcpu int not null check (vcpu between 1 and 512),
    memory_mib int not null check (memory_mib >= 128),
    disk_gib int not null check (disk_gib > 0),
    traffic_gib int check (traffic_gib > 0),
    network_mbps int check (network_mbps > 0),
    enabled boolean not null default true,
    created_at timestamptz not null default now()
  );

  create table ip_pools (
    id uuid primary key default gen_random_uuid(),
    cluster_id uuid not null references clusters on delete cascade,
    name text not null,
    network cidr not null,
    gateway inet not null,
    bridge text not null,
    vlan int check (vlan between 1 and 4094),
    nameservers inet[] not null default '{}',
    created_at timestamptz not null default now(),
    unique (cluster_id, name),
    check (gateway << network)
  );

  create table ip_addresses (
    id uuid primary key default gen_random_uuid(),
    pool_id uuid not null references ip_pools on delete cascade,
    address inet not null unique check (masklen(address) = case family(address) when 4 then 32 else 128 end),
    reserved boolean not null default false
  );
  create index ip_addresses_pool_id_idx on ip_addresses (pool_id, address);
`;

const SERVERS = `
  create table servers (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null references accounts,
    name text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])\\?$'),
    cluster_id uuid not null references clusters,
    node_id uuid references nodes,
    plan_id uuid not null references plans,
    template_id uuid not null references templates,
    vcpu int not null check (vcpu > 0),
    memory_mib int not null check (memory_mib > 0),
    disk_gib int not null check (disk_gib > 0),
    lifecycle text not null default 'provisioning'
      check (lifecycle in ('provisioning', 'active', 'suspended', 'failed', 'deleting', 'deleted')),
    power_state text not null default 'unknown' check (power_state in ('running', 'stopped', 'unknown')),
    power_observed_at timestamptz,
    mac_address macaddr not null unique,
    password_secret_id uuid references secrets,
    user_data_secret_id uuid references secrets,
    created_by uuid references users,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    check ((lifecycle = 'deleted') = (deleted_at is not null))
  );
  create index servers_account_idx on servers (account_id, created_at desc, id desc) where deleted_at is null;
  create index servers_created_idx on servers (created_at desc, id desc) where deleted_at is null;
  create index servers_name_idx on servers (name, id) where deleted_at is null;
  create index servers_node_idx on servers (node_id) where deleted_at is null;

  create table server_ssh_keys (
    server_id uuid not null references servers on delete cascade,
    ssh_key_id uuid not null references ssh_keys,
    primary key (server_id, ssh_key_id)
  );

  create table vmid_leases (
    cluster_id uuid not null references clusters,
    vmid int not null,
    server_id uuid not null unique references servers,
    created_at timestamptz not null default now(),
    primary key (cluster_id, vmid)
  );

  create table ip_leases (
    ip_address_id uuid primary key references ip_addresses,
    server_id uuid not null references servers,
    created_at timestamptz not null default now()
  );
  create index ip_leases_server_id_idx on ip_leases (server_id);

  create table operations (
    id uuid primary key default gen_random_uuid(),
    server_id uuid not null references servers,
    account_id uuid not null references accounts,
    type text not null
      check (type in ('provision', 'start', 'shutdown', 'stop', 'reboot', 'reset', 'terminate')),
    status text not null default 'pending'
      check (status in ('pending', 'running', 'needs_attention', 'succeeded', 'failed', 'cancelled')),
    params jsonb not null default '{}',
    fence int not null default 0,
    last_seq int not null default 0,
    run_id text,
    step text,
    percent real check (percent between 0 and 100),
    note text,
    cancel_requested_at timestamptz,
    error_code text,
    error_message text,
    error_cause text,
    requested_by uuid references users,
    request_id text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
    check (status <> 'failed' or error_code is not null)
  );
  create unique index operations_one_live_per_server on operations (server_id)
    where status in ('pending', 'running', 'needs_attention');
  create index operations_server_idx on operations (server_id, created_at desc, id desc);
  create index operations_live_idx on operations (status, created_at)
    where status in ('pending', 'running', 'needs_attention');

  create table operation_events (
    id bigint generated always as identity primary key,
    operation_id uuid not null references operations on delete cascade,
    fence int not null,
    seq int not null,
    step text not null,
    state text not null check (state in ('running', 'succeeded', 'failed', 'cancelled', 'skipped')),
    message text,
    at timestamptz not null default now(),
    unique (operation_id, fence, seq)
  );

  create table operation_tasks (
    operation_id uuid not null references operations on delete cascade,
    step text not null,
    upid text not null,
    exit_status text,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (operation_id, step)
  );

  create table idempotency_keys (
    user_id uuid not null references users on delete cascade,
    key text not null check (length(key) between 1 and 255),
    request_hash text not null,
    status int,
    location text,
    body jsonb,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
  );
  create index idempotency_keys_created_idx on idempotency_keys (created_at);

  create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    user_id uuid references users on delete set null,
    account_id uuid references accounts,
    action text not null,
    subject_type text,
    subject_id uuid,
    ip inet,
    request_id text,
    details jsonb not null default '{}'
  );
  create index audit_log_account_idx on audit_log (account_id, id desc);

  create table rate_limits (
    key varchar(255) primary key,
    points int not null default 0,
    expire bigint
  );
`;

/** Every change a browser may show leaves a row here; its id is the SSE event id. Ids only, the reader loads the state. */
const EVENTS = `
  create table events (
    id bigint generated always as identity primary key,
    account_id uuid not null,
    server_id uuid not null,
    operation_id uuid,
    at timestamptz not null default now()
  );
  create index events_at_idx on events (at);

  create function record_event() returns trigger language plpgsql as $$
  declare event_id bigint;
  begin
    if tg_table_name = 'servers' then
      insert into events (account_id, server_id) values (new.account_id, new.id) returning id into event_id;
    else
      insert into events (account_id, server_id, operation_id)
        values (new.account_id, new.server_id, new.id) returning id into event_id;
    end if;
    perform pg_notify('berth_events', event_id::text);
    return null;
  end $$;

  create trigger servers_inserted after insert on servers for each row execute function record_event();
  create trigger servers_changed after update on servers for each row
    when ((old.name, old.node_id, old.lifecycle, old.power_state, old.vcpu, old.memory_mib, old.disk_gib)
      is distinct from (new.name, new.node_id, new.lifecycle, new.power_state, new.vcpu, new.memory_mib, new.disk_gib))
    execute function record_event();
  create trigger operations_inserted after insert on operations for each row execute function record_event();
  create trigger operations_changed after update on operations for each row
    when ((old.status, old.step, old.percent, old.note, old.last_seq, old.cancel_requested_at)
      is distinct from (new.status, new.step, new.percent, new.note, new.last_seq, new.cancel_requested_at))
    execute function record_event();
`;

export async function up(knex: Knex): Promise<void> {
  for (const sql of [PEOPLE, CLUSTERS, SERVERS, EVENTS]) await knex.raw(sql);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table events, rate_limits, audit_log, idempotency_keys, operation_tasks, operation_events, operations,
      ip_leases, vmid_leases, server_ssh_keys, servers, ip_addresses, ip_pools, plans, template_vms, templates,
      storages, nodes, clusters, secrets, ssh_keys, refresh_tokens, sessions, memberships, accounts, users;
    drop function record_event();
  `);
}

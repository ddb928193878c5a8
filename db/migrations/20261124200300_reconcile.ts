import type { Knex } from 'knex';

const TABLES = `
  -- the latest comparison of each cluster with the record
  create table reconcile_runs (
    cluster_id uuid primary key references clusters on delete cascade,
    run_id text not null,
    status text not null check (status in ('running', 'complete', 'incomplete', 'failed')),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    completed_at timestamptz,
    servers_read int not null default 0,
    message text,
    check ((status = 'running') = (finished_at is null))
  );

  -- what a server's VM was when it was last read, field by field beside the record
  create table vm_readings (
    server_id uuid primary key references servers on delete cascade,
    node text not null,
    vmid int not null,
    fields jsonb not null,
    read_at timestamptz not null
  );

  create table drifts (
    id uuid primary key default gen_random_uuid(),
    server_id uuid not null references servers on delete cascade,
    field text not null,
    owner text not null check (owner in ('berth', 'proxmox')),
    record_value text,
    proxmox_value text,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    repair_requested_at timestamptz,
    requested_by uuid references users on delete set null,
    note text,
    resolved_at timestamptz,
    resolution text check (resolution in ('vanished', 'repaired', 'accepted')),
    check ((resolved_at is null) = (resolution is null))
  );
  create unique index drifts_one_open_per_field on drifts (server_id, field) where resolved_at is null;
  create index drifts_open_idx on drifts (first_seen_at desc, id desc) where resolved_at is null;
  create index drifts_requested_idx on drifts (repair_requested_at)
    where repair_requested_at is not null and resolved_at is null;

  create table orphans (
    id uuid primary key default gen_random_uuid(),
    cluster_id uuid not null references clusters on delete cascade,
    kind text not null check (kind in ('marked_vm_without_server', 'server_without_vm', 'vmid_lease_without_server',
      'vmid_lease_without_vm', 'ip_lease_without_server', 'disk', 'backup')),
    identifier text not null,
    node text,
    evidence jsonb not null default '{}',
    state text not null default 'found' check (state in ('found', 'quarantined', 'destroyed', 'dismissed', 'adopted')),
    sightings int not null default 1,
    last_run_id text not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    gone_at timestamptz,
    request text check (request in ('quarantine', 'release', 'destroy')),
    requested_at timestamptz,
    quarantine_hours int,
    quarantined_until timestamptz,
    settled_by uuid references users on delete set null,
    note text,
    unique (cluster_id, kind, identifier),
    check ((request is null) = (requested_at is null)),
    check (state <> 'quarantined' or quarantined_until is not null)
  );
  create index orphans_seen_idx on orphans (first_seen_at desc, id desc);
  create index orphans_requested_idx on orphans (requested_at) where request is not null;
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(TABLES);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table orphans, drifts, vm_readings, reconcile_runs');
}

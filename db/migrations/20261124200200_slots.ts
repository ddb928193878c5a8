import type { Knex } from 'knex';

const SLOTS = `
  alter table clusters
    add column copies_per_storage int not null default 4 check (copies_per_storage > 0),
    add column starts_per_node int not null default 8 check (starts_per_node > 0);

  create table slots (
    operation_id uuid not null references operations on delete cascade,
    step text not null,
    fence int not null,
    cluster_id uuid not null references clusters on delete cascade,
    resource text not null check (resource in ('storage', 'node')),
    name text not null,
    holder uuid unique,
    queued_at timestamptz not null default clock_timestamp(),
    granted_at timestamptz,
    renewed_at timestamptz not null default clock_timestamp(),
    released_at timestamptz,
    position int,
    eta_seconds int,
    primary key (operation_id, step)
  );
  create index slots_place_idx on slots (cluster_id, resource, name);

  create function forget_slots() returns trigger language plpgsql as $$
  begin
    delete from slots where operation_id = new.id;
    return null;
  end $$;
  create trigger operations_left after update of status on operations for each row
    when (old.status = 'running' and new.status <> 'running') execute function forget_slots();
`;

/** Of the last 50 steps that ended well at each place, the newest first, and their median. */
const DURATIONS = `
  create table step_durations (
    operation_type text not null,
    step text not null,
    node_id uuid references nodes on delete cascade,
    storage text,
    seconds real[] not null,
    median real not null,
    unique nulls not distinct (operation_type, step, node_id, storage)
  );

  create view operation_places as
    select o.id as operation_id, o.type, s.node_id, t.storage
    from operations o
    join servers s on s.id = o.server_id
    left join template_vms t on t.template_id = s.template_id and t.node_id = s.node_id;

  create function usual_seconds(of_type text, of_step text, on_node uuid, on_storage text) returns real
  language sql stable as $$
    select coalesce(
      (select median from step_durations
        where operation_type = of_type and step = of_step
          and node_id is not distinct from on_node and storage is not distinct from on_storage),
      (select percentile_cont(0.5) within group (order by median) from step_durations
        where operation_type = of_type and step = of_step))::real
  $$;
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(SLOTS);
  await knex.raw(DURATIONS);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop function usual_seconds(text, text, uuid, text);
    drop view operation_places;
    drop trigger operations_left on operations;
    drop function forget_slots();
    drop table step_durations, slots;
    alter table clusters drop column copies_per_storage, drop column starts_per_node;
  `);
}

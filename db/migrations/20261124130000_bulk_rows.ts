import type { Knex } from 'knex';

/**
 * A foreign key looks its target up once per row: of a run, that is the same row half a million times. Whoever writes
 * these rows holds a lock on the run's range meanwhile; what goes with a run or a cluster, or holds it, is seen to by
 * triggers on those.
 */
const UP = `
  alter table migration_items drop constraint migration_items_run_id_fkey;
  alter table migration_vms
    drop constraint migration_vms_run_id_fkey,
    drop constraint migration_vms_cluster_id_fkey,
    drop constraint migration_vms_pkey,
    add primary key (run_id, vmid, cluster_id);
  -- the new key serves it
  drop index migration_vms_vmid_idx;
  alter table provenance
    drop constraint provenance_added_by_fkey,
    drop constraint provenance_changed_by_fkey;
  -- only a rollback asks for it, and reads most of the table
  drop index provenance_added_by_idx;
  -- addresses are compared by host(address)
  drop index server_addresses_address_idx;

  -- gone when the run is over; a column of the wide rows would have to be emptied by writing every row anew
  create table migration_passwords (
    run_id uuid not null,
    user_id bigint not null,
    hash text not null,
    primary key (run_id, user_id)
  );
  insert into migration_passwords
    select run_id, source_id, password_hash from migration_items where entity = 'user' and password_hash is not null;
  alter table migration_items drop column password_hash;

  create function forget_run() returns trigger language plpgsql as $$
  begin
    if exists (select from provenance where added_by = old.id or changed_by = old.id) then
      raise foreign_key_violation using message = 'rows of Berth came with migration run ' || old.id;
    end if;
    delete from migration_items where run_id = old.id;
    delete from migration_vms where run_id = old.id;
    delete from migration_passwords where run_id = old.id;
    return old;
  end $$;
  create trigger migration_runs_deleted after delete on migration_runs for each row
    execute function forget_run();

  create function forget_cluster_vms() returns trigger language plpgsql as $$
  begin
    delete from migration_vms where cluster_id = old.id;
    return old;
  end $$;
  create trigger clusters_deleted after delete on clusters for each row execute function forget_cluster_vms();
`;

const DOWN = `
  drop trigger clusters_deleted on clusters;
  drop function forget_cluster_vms;
  drop trigger migration_runs_deleted on migration_runs;
  drop function forget_run;
  alter table migration_items add column password_hash text;
  update migration_items i set password_hash = p.hash from migration_passwords p
    where p.run_id = i.run_id and i.entity = 'user' and p.user_id = i.source_id;
  drop table migration_passwords;
  create index provenance_added_by_idx on provenance (added_by);
  create index server_addresses_address_idx on server_addresses (address);
  alter table provenance
    add constraint provenance_added_by_fkey foreign key (added_by) references migration_runs,
    add constraint provenance_changed_by_fkey foreign key (changed_by) references migration_runs;
  alter table migration_vms
    drop constraint migration_vms_pkey,
    add primary key (run_id, cluster_id, vmid),
    add constraint migration_vms_run_id_fkey foreign key (run_id) references migration_runs on delete cascade,
    add constraint migration_vms_cluster_id_fkey foreign key (cluster_id) references clusters on delete cascade;
  create index migration_vms_vmid_idx on migration_vms (run_id, vmid);
  alter table migration_items
    add constraint migration_items_run_id_fkey foreign key (run_id) references migration_runs on delete cascade;
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(UP);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(DOWN);
}

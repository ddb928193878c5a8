import type { Knex } from 'knex';

/** Roles within accounts, servers shared one by one, API tokens, and administrators who look through a user's eyes. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table memberships drop constraint memberships_role_check;
    update memberships set role = case
      when permissions = '{}' or permissions @> '{manageproducts,orders}' then 'admin'
      when permissions @> '{manageproducts}' then 'operator'
      else 'viewer' end
      where role = 'member';
    alter table memberships add constraint memberships_role_check
      check (role in ('viewer', 'operator', 'admin', 'owner'));

    create table server_grants (
      server_id uuid not null references servers on delete cascade,
      user_id uuid not null references users on delete cascade,
      role text not null check (role in ('viewer', 'operator', 'admin')),
      granted_by uuid references users on delete set null,
      created_at timestamptz not null default now(),
      primary key (server_id, user_id)
    );
    create index server_grants_user_id_idx on server_grants (user_id);

    create table api_tokens (
      id uuid primary key default gen_random_uuid(),
      user_id uuid not null references users on delete cascade,
      name text not null check (name <> ''),
      token_hash text not null unique,
      hint text not null,
      permission text not null check (permission in ('view', 'operate', 'manage')),
      is_staff boolean not null default false,
      sources cidr[] check (cardinality(sources) > 0),
      expires_at timestamptz,
      last_used_at timestamptz,
      last_used_ip inet,
      created_at timestamptz not null default now(),
      revoked_at timestamptz
    );
    create index api_tokens_user_id_idx on api_tokens (user_id);

    alter table sessions add admin_id uuid references users on delete cascade;
    alter table sessions add last_used_at timestamptz;
    alter table audit_log add token_id uuid references api_tokens on delete set null;
    alter table audit_log add admin_id uuid references users on delete set null`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table audit_log drop token_id, drop admin_id;
    delete from sessions where admin_id is not null;
    alter table sessions drop admin_id, drop last_used_at;
    drop table api_tokens;
    drop table server_grants;
    alter table memberships drop constraint memberships_role_check;
    update memberships set role = 'member' where role <> 'owner';
    alter table memberships add constraint memberships_role_check check (role in ('owner', 'member'))`);
}

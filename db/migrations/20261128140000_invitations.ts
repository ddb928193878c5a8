import type { Knex } from 'knex';

/** Links that let somebody take part in an account, or in one server of it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table invitations (
      id uuid primary key default gen_random_uuid(),
      account_id uuid not null references accounts on delete cascade,
      server_id uuid references servers on delete cascade,
      role text not null check (role in ('viewer', 'operator', 'admin', 'owner')),
      note text not null default '',
      token_hash text not null unique,
      invited_by uuid references users on delete set null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      used_at timestamptz,
      check (server_id is null or role <> 'owner')
    );
    create index invitations_account_id_idx on invitations (account_id)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table invitations');
}

import type { Knex } from 'knex';

/** Links by which a user sets a password; the token is kept as a hash only, like a refresh token. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table password_links (
      token_hash text primary key,
      user_id uuid not null references users on delete cascade,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      used_at timestamptz
    );
    create index password_links_user_id_idx on password_links (user_id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table password_links');
}

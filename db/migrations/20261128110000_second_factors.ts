import type { Knex } from 'knex';

/** What somebody logs in with besides a password, and the index by which they read their part of the audit log. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table two_factors (
      user_id uuid primary key references users on delete cascade,
      secret_id uuid not null references secrets,
      -- the time step of the last code that was used: a code is good once
      last_step bigint not null default 0,
      created_at timestamptz not null default now(),
      -- null until a first code has shown that the user's app knows the secret
      confirmed_at timestamptz
    );
    create table recovery_codes (
      code_hash text primary key,
      user_id uuid not null references users on delete cascade,
      created_at timestamptz not null default now(),
      used_at timestamptz
    );
    create index recovery_codes_user_id_idx on recovery_codes (user_id);

    create table passkeys (
      id uuid primary key default gen_random_uuid(),
      user_id uuid not null references users on delete cascade,
      credential_id text not null unique,
      public_key bytea not null,
      counter bigint not null,
      transports text[] not null default '{}',
      name text not null check (name <> ''),
      -- kept by its maker on all of the user's devices
      is_synced boolean not null,
      created_at timestamptz not null default now(),
      last_used_at timestamptz
    );
    create index passkeys_user_id_idx on passkeys (user_id);
    -- each is answered once; of no user where somebody is about to log in
    create table passkey_challenges (
      challenge text primary key,
      user_id uuid references users on delete cascade,
      expires_at timestamptz not null
    );

    create index audit_log_user_idx on audit_log (user_id, id desc)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index audit_log_user_idx;
    drop table passkey_challenges, passkeys, recovery_codes;
    with gone as (delete from two_factors returning secret_id)
      delete from secrets where id in (select secret_id from gone);
    drop table two_factors`);
}

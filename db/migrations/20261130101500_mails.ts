import type { Knex } from 'knex';

/**
 * Mails that were asked for, and what became of them: the outbox from which their workflows are started. What they say
 * is made when they are sent, from the user or the invitation they are about.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table invitations add email text;
    create table mails (
      id uuid primary key default gen_random_uuid(),
      user_id uuid references users on delete cascade,
      invitation_id uuid references invitations on delete cascade,
      language text not null check (language in ('en', 'de')),
      site text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      outcome text,
      settled_at timestamptz,
      check (num_nonnulls(user_id, invitation_id) = 1),
      check ((outcome is null) = (settled_at is null))
    );
    create index mails_unsettled_idx on mails (created_at) where settled_at is null;
    create index mails_user_id_idx on mails (user_id);
    create index mails_invitation_id_idx on mails (invitation_id)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table mails; alter table invitations drop email');
}

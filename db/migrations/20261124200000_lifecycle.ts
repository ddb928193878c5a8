import type { Knex } from 'knex';

const FORMER_TYPES = ['provision', 'start', 'shutdown', 'stop', 'reboot', 'reset', 'terminate'];
const TYPES = FORMER_TYPES.concat(
  ['resize', 'rebuild', 'suspend', 'unsuspend', 'rescue', 'leave_rescue', 'reset_password'],
  ['adopt', 'migrate'],
);
const FORMER_SHOWN = {
  servers: ['name', 'node_id', 'lifecycle', 'power_state', 'vcpu', 'memory_mib', 'disk_gib'].concat([
    'hostname',
    'suspend_reason',
    'delete_protection',
  ]),
  operations: ['status', 'step', 'percent', 'note', 'last_seq', 'cancel_requested_at'],
};
const SHOWN: typeof FORMER_SHOWN = {
  servers: FORMER_SHOWN.servers.concat([
    'plan_id',
    'template_id',
    'labels',
    'rebuild_protection',
    'restart_needed',
    'rescue',
  ]),
  operations: [...FORMER_SHOWN.operations, 'decision'],
};

const allowTypes = (types: string[]): string => `
  alter table operations drop constraint operations_type_check;
  alter table operations add constraint operations_type_check
    check (type in (${types.map((type) => `'${type}'`).join(', ')}));`;

const triggers = (shown: typeof SHOWN): string =>
  Object.entries(shown)
    .map(
      ([table, columns]) => `
  drop trigger ${table}_changed on ${table};
  create trigger ${table}_changed after update on ${table} for each row
    when ((${columns.map((column) => `old.${column}`).join(', ')})
      is distinct from (${columns.map((column) => `new.${column}`).join(', ')}))
    execute function record_event();`,
    )
    .join('');

/** Operations beyond power and deletion, decisions about those that need attention, and what they leave on a server. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ${allowTypes(TYPES)}
    alter table operations
      add decision text check (decision in ('resume', 'skip', 'roll_back')),
      add decided_at timestamptz,
      add decided_by uuid references users,
      add error_log jsonb,
      add check (decision is null or status = 'needs_attention');
    alter table servers
      add labels jsonb not null default '{}',
      add rebuild_protection boolean not null default false,
      add restart_needed boolean not null default false,
      add power_before_suspend text check (power_before_suspend in ('running', 'stopped')),
      add rescue jsonb;
    alter table clusters add rescue_iso text;
    ${triggers(SHOWN)}`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ${triggers(FORMER_SHOWN)}
    alter table clusters drop rescue_iso;
    alter table servers drop rescue, drop power_before_suspend, drop restart_needed, drop rebuild_protection,
      drop labels;
    alter table operations drop decision, drop decided_at, drop decided_by, drop error_log;
    delete from operations where type not in (${FORMER_TYPES.map((type) => `'${type}'`).join(', ')});
    ${allowTypes(FORMER_TYPES)}`);
}

import type pg from 'pg';
import type { OperationType } from '../../contract/operation-table.ts';

/** Before anything of the operation has begun; after its last step, before its end is recorded. */
export const ACCEPTED = '(accepted)';
export const END = '(end)';

/** A place between two steps of one server's operation: before the step `boundary` begins. */
export interface Boundary {
  server: string;
  type: OperationType;
  boundary: string;
}

/**
 * Holds operations exactly between two steps: PostgreSQL refuses the write that would begin the step, so that the product
 * tries it again and again until it is let through. A sequence survives the refused transaction and tells that it happened.
 */
export async function installHolds(database: pg.Client): Promise<void> {
  await database.query(`
    create table if not exists kill_holds (id serial primary key, server text not null, type text not null, boundary text not null);
    create or replace function kill_hold(wanted uuid, at text) returns void language plpgsql as $$
    declare hold int;
    begin
      select h.id into hold from kill_holds h, operations o join servers s on s.id = o.server_id
        where o.id = wanted and h.server = s.name and h.type = o.type and h.boundary = at limit 1;
      if hold is null then return; end if;
      perform nextval('kill_hold_' || hold);
      raise exception 'held before %', at;
    end $$;
    create or replace function kill_hold_step() returns trigger language plpgsql as $$
    begin
      if new.state = 'running' then perform kill_hold(new.operation_id, new.step); end if;
      return new;
    end $$;
    create or replace function kill_hold_status() returns trigger language plpgsql as $$
    begin
      if old.status = 'pending' and new.status = 'running' then perform kill_hold(new.id, '${ACCEPTED}'); end if;
      if new.status in ('succeeded', 'failed', 'cancelled') and old.status <> 'pending' then
        perform kill_hold(new.id, '${END}');
      end if;
      return new;
    end $$;
    drop trigger if exists kill_hold_step on operation_events;
    create trigger kill_hold_step before insert on operation_events for each row execute function kill_hold_step();
    drop trigger if exists kill_hold_status on operations;
    create trigger kill_hold_status before update on operations for each row when (old.status <> new.status)
      execute function kill_hold_status();`);
}

/** Holds the operation of a server that may not exist yet, known by its name. */
export async function addHold(database: pg.Client, { server, type, boundary }: Boundary): Promise<void> {
  const { rows } = await database.query<{ id: number }>(
    'insert into kill_holds (server, type, boundary) values ($1, $2, $3) returning id',
    [server, type, boundary],
  );
  await database.query(`create sequence kill_hold_${rows[0]?.id}`);
}

/** Names of the servers whose operation has not come to its hold. */
export async function missingAtHolds(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ server: string }>(
    `select server from kill_holds where not exists (select from pg_sequences
       where sequencename = 'kill_hold_' || id and last_value is not null)`,
  );
  return rows.map(({ server }) => server);
}

/** Lets every operation go on. */
export async function releaseHolds(database: pg.Client): Promise<void> {
  const { rows } = await database.query<{ id: number }>('delete from kill_holds returning id');
  for (const { id } of rows) await database.query(`drop sequence kill_hold_${id}`);
}

import type { Knex } from 'knex';
import { queryRows } from './query-rows.ts';
import type { Said } from '../contract/said.ts';

/** What only so many operations may do at once: copy disks onto one storage, start new VMs on one node. */
export interface SlotRequest {
  operationId: string;
  fence: number;
  step: string;
  clusterId: string;
  resource: 'storage' | 'node';
  /** As people read it; requests of a cluster for the same resource and name share its slots. */
  name: string;
}

/** A request with the id under which one attempt of an activity makes it. */
export interface SlotClaim extends SlotRequest {
  holder: string;
}

export interface SlotState {
  holder: string;
  isGranted: boolean;
  /** The operation is being cancelled, or has left this step. */
  isGivenUp: boolean;
  /** 1 is the next; null for who has a slot or is passed over. */
  position: number | null;
  /** What a step of this kind takes there once it has its slot, if that is known. */
  usualSeconds: number | null;
  limit: number;
  /** How long ago each of those who hold a slot there got it. */
  heldForSeconds: number[];
}

/** A step that goes on although its operation was cancelled is taken seriously again after 30 s. */
const IS_GIVEN_UP = `(
  coalesce(o.cancel_requested_at > clock_timestamp() - interval '30 seconds', false) or exists (
    select from operation_events e
    where e.operation_id = o.id and e.fence = o.fence and e.seq = o.last_seq
      and (e.step, e.state) <> (s.step, 'running')))`;

/**
 * Those who may get a slot, in their order: work on servers that exist before new ones, then first come, first served.
 * Left out is who has not asked for some milliseconds (`?`), as its worker is gone (its place stays its own), and what
 * has been given up.
 */
const LINE = `
  select s.holder, s.operation_id, s.step, s.cluster_id, s.resource, s.name,
    row_number() over (partition by s.cluster_id, s.resource, s.name
      order by o.type = 'provision', s.queued_at, s.operation_id)::int as position
  from slots s join operations o on o.id = s.operation_id
  where s.granted_at is null and s.released_at is null and s.holder is not null
    and s.renewed_at > clock_timestamp() - ? * interval '1 millisecond' and not ${IS_GIVEN_UP}`;

const limitOf = (alias: string) =>
  `case ${alias}.resource when 'storage' then c.copies_per_storage else c.starts_per_node end`;

/** A later attempt of the same step takes over the place, or the slot, of the one before. */
const JOIN = `
  insert into slots (operation_id, step, fence, cluster_id, resource, name, holder)
  select j.operation_id, j.step, j.fence, j.cluster_id, j.resource, j.name, j.holder
  from json_to_recordset(?::json) as j (place int, operation_id uuid, step text, fence int, cluster_id uuid,
    resource text, name text, holder uuid)
  join operations o on o.id = j.operation_id and o.fence = j.fence and o.status = 'running'
  order by j.place
  on conflict (operation_id, step) do update set holder = excluded.holder, fence = excluded.fence,
    renewed_at = clock_timestamp(), released_at = null,
    granted_at = case when slots.released_at is null then slots.granted_at end`;

/** Who held a slot, was not heard of for too long and works on nevertheless counts as a holder again. */
const RENEW = `
  update slots set renewed_at = clock_timestamp(),
    granted_at = case when holder = any(?::uuid[]) then coalesce(granted_at, clock_timestamp()) else granted_at end
  where holder = any(?::uuid[])`;

const EXPIRE = `
  update slots set granted_at = null
  where granted_at is not null and released_at is null
    and renewed_at < clock_timestamp() - ? * interval '1 millisecond'`;

const GRANT = `
  with line as (${LINE}), held as (
    select cluster_id, resource, name, count(*)::int as count from slots
    where granted_at is not null and released_at is null group by cluster_id, resource, name
  )
  update slots s set granted_at = clock_timestamp(), position = null, eta_seconds = null
  from (
    select l.operation_id, l.step, l.position, ${limitOf('l')} - coalesce(h.count, 0) as free
    from line l
    join clusters c on c.id = l.cluster_id
    left join held h on (h.cluster_id, h.resource, h.name) = (l.cluster_id, l.resource, l.name)
  ) l
  where s.operation_id = l.operation_id and s.step = l.step and l.position <= l.free`;

const READ = `
  with line as (${LINE}), mine as (
    select s.holder, s.cluster_id, s.resource, s.name, s.step, s.granted_at, l.position,
      ${IS_GIVEN_UP} as is_given_up,
      p.type, p.node_id, p.storage
    from slots s
    join operations o on o.id = s.operation_id
    join operation_places p on p.operation_id = s.operation_id
    left join line l on l.holder = s.holder
    where s.holder = any(?::uuid[])
  ), usual as (
    select k.*, usual_seconds(k.type, k.step, k.node_id, k.storage) as seconds
    from (select distinct type, step, node_id, storage from mine where position is not null) k
  )
  select m.holder, m.granted_at is not null as "isGranted", m.is_given_up as "isGivenUp",
    m.position, u.seconds as "usualSeconds", m.cluster_id || '/' || m.resource || '/' || m.name as place
  from mine m
  left join usual u on (u.type, u.step) = (m.type, m.step)
    and u.node_id is not distinct from m.node_id and u.storage is not distinct from m.storage`;

const HELD = `
  select k.cluster_id || '/' || k.resource || '/' || k.name as place, ${limitOf('k')} as "limit",
    array_remove(array_agg(extract(epoch from clock_timestamp() - s.granted_at)::real), null) as "heldForSeconds"
  from (
    select distinct cluster_id, resource, name from slots where holder = any(?::uuid[]) and granted_at is null
  ) k
  join clusters c on c.id = k.cluster_id
  left join slots s on (s.cluster_id, s.resource, s.name) = (k.cluster_id, k.resource, k.name)
    and s.released_at is null
  group by k.cluster_id, k.resource, k.name, c.id`;

/**
 * One round for all that a process waits for and holds: `joining` get in line, `waiting` and `held` (holders) are
 * renewed, slots unheard of for `ttlMs` fall free, and free slots are given out, also to those other processes wait for,
 * unless they have been silent for a tenth of that. Answers how it stands with those joining and waiting; one that is missing has lost its operation or its place to another attempt.
 */
export async function exchangeSlots(
  database: Knex,
  { joining, waiting, held }: { joining: SlotClaim[]; waiting: string[]; held: string[] },
  ttlMs: number,
): Promise<SlotState[]> {
  return database.transaction(async (trx) => {
    // Two rounds at once would both find the same slot free.
    await trx.raw(`select pg_advisory_xact_lock(hashtext('slots'))`);
    if (joining.length > 0) {
      const rows = joining.map(({ operationId, clusterId, ...rest }, place) => ({
        place,
        operation_id: operationId,
        cluster_id: clusterId,
        ...rest,
      }));
      await trx.raw(JOIN, [JSON.stringify(rows)]);
    }
    const asking = [...joining.map(({ holder }) => holder), ...waiting];
    await trx.raw(RENEW, [held, [...asking, ...held]]);
    await trx.raw(EXPIRE, [ttlMs]);
    await trx.raw(GRANT, [ttlMs / 10]);
    if (asking.length === 0) return [];
    type Asked = Omit<SlotState, 'limit' | 'heldForSeconds'> & { place: string };
    const states = await queryRows<Asked>(trx, READ, [ttlMs / 10, asking]);
    type Place = Pick<SlotState, 'limit' | 'heldForSeconds'> & { place: string };
    const places = new Map((await queryRows<Place>(trx, HELD, [asking])).map((it) => [it.place, it]));
    return states.map(({ place, ...state }) => {
      const { limit = 1, heldForSeconds = [] } = places.get(place) ?? {};
      return { ...state, limit, heldForSeconds };
    });
  });
}

/** How an attempt ends its wait for a slot, or its use of one. */
export type SlotEnd = 'done' | 'failed' | 'cancelled';

const ENDS: Record<SlotEnd, string> = {
  done: 'update slots set released_at = clock_timestamp(), holder = null where holder = ?',
  // The next attempt is where this one was, and nobody waits for it.
  failed:
    'update slots set granted_at = null, position = null, eta_seconds = null, holder = null where holder = ?',
  cancelled: 'delete from slots where holder = ?',
};

/** Gives a place or a slot back; does nothing when another attempt has taken it over. */
export async function endSlot(database: Knex, holder: string, end: SlotEnd): Promise<void> {
  await database.raw(ENDS[end], [holder]);
}

export interface ShownPlace {
  holder: string;
  operationId: string;
  fence: number;
  position: number | null;
  etaSeconds: number | null;
  /** The line a person reads beside the step; null takes it away. */
  note: string | null;
  /** The same by its code. */
  noteSaid: Said | null;
}

const SHOWN = `json_to_recordset(?::json) as v (holder uuid, operation_id uuid, fence int, position int,
  eta_seconds int, note text, note_said jsonb)`;

/** Shows people where these stand. The note comes last, as its change is what tells open dashboards to look. */
export async function showPlaces(database: Knex, places: ShownPlace[]): Promise<void> {
  if (places.length === 0) return;
  const rows = JSON.stringify(
    places.map(({ operationId, etaSeconds, noteSaid, ...rest }) => ({
      operation_id: operationId,
      eta_seconds: etaSeconds,
      note_said: noteSaid,
      ...rest,
    })),
  );
  await database.raw(
    `update slots s set position = v.position, eta_seconds = v.eta_seconds from ${SHOWN}
     where s.holder = v.holder and s.granted_at is null`,
    [rows],
  );
  await database.raw(
    `update operations o set note = v.note, note_said = v.note_said from ${SHOWN}
     where o.id = v.operation_id and o.fence = v.fence and o.status = 'running' and o.note is distinct from v.note`,
    [rows],
  );
}

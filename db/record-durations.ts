import type { Knex } from 'knex';

/** How many of the latest durations count. */
const KEPT = 50;

/** A step's time is that between its reports; one that needed a slot took as long as it held it, however long it waited. */
const RECORD = `
  with used as (
    delete from slots where operation_id = ? and released_at is not null returning step, released_at - granted_at as took
  ), ended as (
    select distinct on (e.step) p.type, e.step, p.node_id, p.storage,
      extract(epoch from coalesce(u.took, e.at - (
        select max(b.at) from operation_events b
        where b.operation_id = e.operation_id and b.step = e.step and b.state = 'running' and b.id < e.id
      )))::real as seconds
    from operation_events e
    join operation_places p on p.operation_id = e.operation_id
    left join used u on u.step = e.step
    where e.operation_id = ? and e.id = any(?::bigint[])
    order by e.step, e.id desc
  )
  insert into step_durations as d (operation_type, step, node_id, storage, seconds, median)
  select type, step, node_id, storage, array[seconds], seconds from ended where seconds is not null
  on conflict (operation_type, step, node_id, storage) do update
    set seconds = (excluded.seconds || d.seconds)[1:${KEPT}],
      median = (
        select percentile_cont(0.5) within group (order by it)
        from unnest((excluded.seconds || d.seconds)[1:${KEPT}]) it
      )`;

/** Remembers how long steps took that ended well, as these events (ids) of one operation report. */
export async function recordDurations(trx: Knex, operationId: string, eventIds: string[]): Promise<void> {
  if (eventIds.length > 0) await trx.raw(RECORD, [operationId, operationId, eventIds]);
}

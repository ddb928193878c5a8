import type { Knex } from 'knex';
import type { FailureCode } from '../contract/problem.ts';
import type { OperationType } from '../contract/operation-table.ts';
import type { Decision, OperationStatus, StepState } from '../contract/operations.ts';
import type { Said } from '../contract/said.ts';
import { queryRows } from '../db/query-rows.ts';
import type { PagePosition } from './cursor.ts';
import { withinReach, type Condition, type Reach } from './reach.ts';

export interface StepEvent {
  step: string;
  state: Exclude<StepState, 'pending'>;
  message: string | null;
  said: Said | null;
  at: string;
  fence: number;
}

/** An operation with its steps' events and tasks, read in one query. */
export interface OperationRow {
  id: string;
  accountId: string;
  accountName: string;
  serverId: string;
  serverName: string;
  type: OperationType;
  status: OperationStatus;
  step: string | null;
  percent: number | null;
  note: string | null;
  noteSaid: Said | null;
  cancelRequested: boolean;
  errorCode: FailureCode | null;
  errorMessage: string | null;
  errorSaid: Said | null;
  errorCause: string | null;
  errorLog: string[] | null;
  decision: Decision | null;
  requestId: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** In the order in which they were reported. */
  events: StepEvent[] | null;
  /** Step name → UPID. */
  tasks: Record<string, string> | null;
  /** Step name → seconds, of an operation that is not over. */
  usual: Record<string, number> | null;
  /** Where the present step stands in line. */
  position: number | null;
  etaSeconds: number | null;
  sortValue: string;
}

function selectOperations(where: string): string {
  return `
    select o.id, o.account_id as "accountId", ac.name as "accountName", o.server_id as "serverId", s.name as "serverName", o.type, o.status,
      o.step, o.percent, o.note, o.note_said as "noteSaid", o.cancel_requested_at is not null as "cancelRequested", o.error_code as "errorCode",
      o.error_message as "errorMessage", o.error_said as "errorSaid", o.error_cause as "errorCause", o.error_log as "errorLog", o.decision, o.request_id as "requestId",
      o.created_at as "createdAt", o.started_at as "startedAt", o.finished_at as "finishedAt",
      reported.events, started.tasks, known.usual, q.position, q.eta_seconds as "etaSeconds", o.created_at::text as "sortValue"
    from (select * from operations o where ${where} order by o.created_at desc, o.id desc limit ?) o
    join servers s on s.id = o.server_id
    join accounts ac on ac.id = o.account_id
    left join lateral (
      select json_agg(json_build_object('step', e.step, 'state', e.state, 'message', e.message, 'said', e.said, 'at', e.at,
        'fence', e.fence) order by e.fence, e.seq) as events
      from operation_events e where e.operation_id = o.id
    ) reported on true
    left join lateral (
      select json_object_agg(k.step, k.upid) as tasks from operation_tasks k where k.operation_id = o.id
    ) started on true
    left join lateral (
      select json_object_agg(d.step, usual_seconds(o.type, d.step, p.node_id, p.storage)) as usual
      from operation_places p, (select distinct step from step_durations where operation_type = o.type) d
      where p.operation_id = o.id
    ) known on o.finished_at is null
    left join slots q on q.operation_id = o.id and q.step = o.step
    order by o.created_at desc, o.id desc`;
}

/** An operation the caller may see, of a deleted server too, or undefined. */
export async function findOperation(
  database: Knex,
  reach: Reach,
  id: string,
): Promise<OperationRow | undefined> {
  const condition = withinReach(reach, 'o.account_id', 'o.server_id');
  const [row] = await queryRows<OperationRow>(
    database,
    selectOperations(`o.id = ? ${condition ? `and ${condition.sql}` : ''}`),
    [id, ...(condition?.bindings ?? []), 1],
  );
  return row;
}

/** These operations; whose they are is for the caller to check. */
export async function readOperations(database: Knex, ids: readonly string[]): Promise<OperationRow[]> {
  if (ids.length === 0) return [];
  return queryRows<OperationRow>(database, selectOperations('o.id = any(?::uuid[])'), [[...ids], ids.length]);
}

/** One page of a server's operations, newest first, plus one row when there is more. */
export async function listOperations(
  database: Knex,
  serverId: string,
  limit: number,
  position: PagePosition | null,
): Promise<OperationRow[]> {
  return selectPage(database, [{ sql: 'o.server_id = ?', bindings: [serverId] }], { limit, position });
}

/** One page of the operations within reach in these statuses, newest first, plus one row when there is more. */
export async function listAllOperations(
  database: Knex,
  reach: Reach,
  statuses: readonly OperationStatus[],
  page: { limit: number; position: PagePosition | null },
): Promise<OperationRow[]> {
  const within = withinReach(reach, 'o.account_id', 'o.server_id');
  return selectPage(
    database,
    [{ sql: 'o.status = any(?::text[])', bindings: [[...statuses]] }, ...(within ? [within] : [])],
    page,
  );
}

async function selectPage(
  database: Knex,
  conditions: Condition[],
  { limit, position }: { limit: number; position: PagePosition | null },
): Promise<OperationRow[]> {
  const after: Condition = {
    sql: '(o.created_at, o.id) < (?::timestamptz, ?::uuid)',
    bindings: position ? [position.value, position.id] : [],
  };
  const all = position ? [...conditions, after] : conditions;
  return queryRows<OperationRow>(database, selectOperations(all.map(({ sql }) => sql).join(' and ')), [
    ...all.flatMap(({ bindings }) => bindings),
    limit + 1,
  ]);
}

import type { Knex } from 'knex';
import { queryRows } from '../db/query-rows.ts';
import type { StartableOperation } from './start-operation.ts';

const COLUMNS = `o.id, o.type, o.server_id as "serverId", s.name as "serverName", o.account_id as "accountId",
  o.requested_by as "requestedBy", o.request_id as "requestId"`;

/** A pending operation, or undefined when it no longer waits to be started. */
export async function findStartable(database: Knex, id: string): Promise<StartableOperation | undefined> {
  const sql = `select ${COLUMNS} from operations o join servers s on s.id = o.server_id
    where o.id = ? and o.status = 'pending'`;
  const [row] = await queryRows<StartableOperation>(database, sql, [id]);
  return row;
}

/** Operations that have been pending for longer than `olderThanMs`, oldest first. */
export async function listStartable(
  database: Knex,
  { olderThanMs, limit, except }: { olderThanMs: number; limit: number; except: string[] },
): Promise<StartableOperation[]> {
  const sql = `select ${COLUMNS} from operations o join servers s on s.id = o.server_id
    where o.status = 'pending' and o.created_at <= now() - ? * interval '1 millisecond' and not o.id = any(?::uuid[])
    order by o.created_at limit ?`;
  return queryRows<StartableOperation>(database, sql, [olderThanMs, except, limit]);
}

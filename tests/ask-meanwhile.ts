import type { Database } from '../db/connect.ts';
import { Server } from '../db/models/server.ts';
import { queryRows } from '../db/query-rows.ts';
import { until } from './until.ts';

/**
 * Lets a request hold the server, as `lockServer` does, while `work` comes to it, and then want an operation of it. True when
 * there was none under way. Throws where the two wait for each other.
 */
export async function askMeanwhile(
  database: Database,
  server: Pick<Server, 'id' | 'accountId'>,
  work: () => Promise<unknown>,
): Promise<boolean> {
  const faults: unknown[] = [];
  const noteFault = (err: unknown) => void faults.push(err);
  let working = Promise.resolve();
  const isAsked = database.transaction(async (trx) => {
    await Server.query(trx).findById(server.id).forNoKeyUpdate();
    working = work().then(() => undefined, noteFault);
    await until(async () => isAnyoneWaiting(database));
    const inserted = await queryRows(
      trx,
      `insert into operations (server_id, account_id, type) values (?, ?, 'start')
       on conflict (server_id) where status in ('pending', 'running', 'needs_attention') do nothing returning id`,
      [server.id, server.accountId],
    );
    return inserted.length > 0;
  });
  const answer = await isAsked.catch(noteFault);
  await working;
  if (faults.length > 0) throw faults[0];
  return answer === true;
}

async function isAnyoneWaiting(database: Database): Promise<boolean> {
  const waiting = await queryRows(
    database,
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}

import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { UpdateServer } from '../contract/servers.ts';
import { Server } from '../db/models/server.ts';
import { audit } from './audit.ts';
import type { CurrentUser } from './current-user.ts';
import { Forbidden, InvalidState } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { isWithin, reachOf } from './reach.ts';
import { lockServer } from './request-operation.ts';
import { readServers } from './server-rows.ts';
import { toServerView } from './views/server.ts';
import { say } from '../contract/sayings.ts';

interface Update {
  ctx: Context;
  user: CurrentUser;
  id: string;
  input: UpdateServer;
}

/** Changes what only Berth holds of a server, at once; its VM is not touched. */
export async function updateServer(trx: Knex.Transaction, { ctx, user, id, input }: Update): Promise<Reply> {
  const server = await lockServer(trx, user, id);
  const isAboutProtection = input.deleteProtection !== undefined || input.rebuildProtection !== undefined;
  if (isAboutProtection && !isWithin(reachOf(user, 'manage'), { accountId: server.accountId, serverId: id }))
    throw new Forbidden(say('protection_is_for'), say('ask_account_admin'));
  if (input.deleteProtection && server.lifecycle === 'deleting') {
    throw new InvalidState(say('deleted_already', { server: server.name }), say('cancel_deletion'));
  }
  const given = Object.entries(input) as [keyof UpdateServer, unknown][];
  const changes: Partial<Pick<Server, keyof UpdateServer>> = Object.fromEntries(
    given.filter(([field, value]) => !isDeepStrictEqual(value, server[field])),
  );
  if (Object.keys(changes).length > 0) {
    await Server.query(trx).findById(id).patch(changes);
    const { accountId } = server;
    const details = { ...changes, ...(changes.name ? { formerName: server.name } : {}) };
    await audit(trx, ctx, { userId: user.id, accountId, action: 'server.update', subjectId: id, details });
  }
  const [row] = await readServers(trx, [id]);
  if (!row) throw new Error(`server ${id} is not readable`);
  return { status: 200, location: null, body: toServerView(row) };
}

import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Context } from 'koa';
import {
  Drift as DriftView,
  DriftList,
  DRIFT_FIELDS,
  ListDriftQuery,
  Truth,
} from '../../contract/reconcile.ts';
import { databaseTime } from '../../db/database-time.ts';
import { Drift } from '../../db/models/drift.ts';
import { Operation } from '../../db/models/operation.ts';
import { Server } from '../../db/models/server.ts';
import { VmReading } from '../../db/models/vm-reading.ts';
import { acceptDrift } from '../accept-drift.ts';
import { audit } from '../audit.ts';
import { decodeCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidState, NotFound } from '../errors.ts';
import { ServerBusy } from '../server-busy.ts';
import { mutate, sendReply, type Reply } from '../idempotency.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { logOf } from '../middleware/request-id.ts';
import { toPage } from '../page.ts';
import { FINDING_SORT, listDrift, openDriftOf, readDrift } from '../reconcile-rows.ts';
import { lockServer } from '../request-operation.ts';
import { startRepair } from '../start-finding.ts';
import { toDriftView, toTruthView } from '../views/reconcile.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Reconcile';

type DriftDeps = Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>;

/** Where records and VMs differ, and the two ways out: repair the VM, or accept its value. For administrators. */
export function driftRoutes(deps: DriftDeps): Endpoint[] {
  const { database } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/admin/drift',
      tag: TAG,
      summary: 'Fields in which records and VMs differ, the latest first',
      auth: 'admin',
      query: ListDriftQuery,
      answers: { 200: { description: 'One page', schema: DriftList } },
      problems: ['invalid_input'],
      async handle(ctx, { query }) {
        const rows = await listDrift(database, query, decodeCursor(FINDING_SORT, query.cursor));
        ctx.body = toPage(rows, { limit: query.limit, sort: FINDING_SORT, toView: toDriftView });
      },
    }),
    truthEndpoint(database),
    endpoint({
      method: 'post',
      path: '/admin/drift/:id/repair',
      tag: TAG,
      summary: 'Make the VM like the record in this field',
      auth: 'admin',
      idempotent: true,
      params: ById,
      answers: {
        202: { description: 'Under way: `resolution` or `note` tell how it ends', schema: DriftView },
      },
      problems: ['not_found', 'invalid_state', 'server_busy'],
      async handle(ctx, { params: { id } }) {
        const { reply, serverId } = await settle(deps, ctx, id, requestRepair);
        await startRepair(deps, serverId).catch((err: unknown) => {
          logOf(ctx).warn({ err, serverId }, 'repair not started yet: left to the sweeper');
        });
        sendReply(ctx, reply);
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/drift/:id/accept',
      tag: TAG,
      summary: "Take the VM's value into the record",
      auth: 'admin',
      idempotent: true,
      params: ById,
      answers: { 200: { description: 'Resolved', schema: DriftView } },
      problems: ['not_found', 'invalid_state', 'server_busy'],
      async handle(ctx, { params: { id } }) {
        const { reply } = await settle(deps, ctx, id, async (trx, drift, server) => {
          await acceptDrift(trx, drift, server);
          return 'accept';
        });
        sendReply(ctx, reply);
      },
    }),
  ];
}

function truthEndpoint(database: Deps['database']): Endpoint {
  return endpoint({
    method: 'get',
    path: '/admin/servers/:id/truth',
    tag: TAG,
    summary: "A server's record beside its VM as it was last read, field by field",
    auth: 'admin',
    params: ById,
    answers: { 200: { description: 'With the age of the reading', schema: Truth } },
    problems: ['not_found'],
    async handle(ctx, { params: { id } }) {
      const server = await Server.query(database).findById(id).whereNull('deletedAt');
      if (!server) throw new NotFound(say('server_unknown'));
      const reading = await VmReading.query(database).findById(id);
      ctx.body = toTruthView(id, reading, await openDriftOf(database, id), await databaseTime(database));
    },
  });
}

type Settlement = (trx: Knex, drift: Drift, server: Server, userId: string) => Promise<'repair' | 'accept'>;

async function requestRepair(trx: Knex, drift: Drift, _server: Server, userId: string): Promise<'repair'> {
  const { title, repair } = DRIFT_FIELDS[drift.field];
  if (!repair) throw new InvalidState(say('is_what_proxmox_says', { field: title }), say('accept_instead'));
  await Drift.query(trx)
    .findById(drift.id)
    .patch({
      repairRequestedAt: drift.repairRequestedAt ?? raw('now()'),
      requestedBy: userId,
      note: null,
      noteSaid: null,
    });
  return 'repair';
}

/** Settles an open difference of a server that no operation is at work on, with the deed in the audit log. */
async function settle(
  { database, jwtSecret }: DriftDeps,
  ctx: Context,
  id: string,
  work: Settlement,
): Promise<{ reply: Reply; serverId: string }> {
  const user = currentUser(ctx);
  const found = await Drift.query(database).findById(id);
  if (!found) throw new NotFound(say('difference_unknown'));
  const { reply } = await mutate(
    database,
    ctx,
    { userId: user.id, hashKey: jwtSecret, body: null },
    async (trx) => {
      const server = await lockServer(trx, user, found.serverId);
      const live = await Operation.query(trx).where('serverId', server.id).modify('live').first();
      if (live) throw new ServerBusy(live, user.role);
      const drift = await Drift.query(trx).findById(id).throwIfNotFound();
      if (drift.resolvedAt) throw new InvalidState(say('resolved_already'), say('look_again'));
      const verb = await work(trx, drift, server, user.id);
      await audit(trx, ctx, {
        userId: user.id,
        accountId: server.accountId,
        action: `drift.${verb}`,
        subjectId: id,
        details: {
          serverId: server.id,
          field: drift.field,
          record: drift.recordValue,
          proxmox: drift.proxmoxValue,
        },
      });
      const row = await readDrift(trx, id);
      if (!row) throw new Error(`drift ${id} is not readable`);
      return { status: verb === 'repair' ? 202 : 200, location: null, body: toDriftView(row) };
    },
  );
  return { reply, serverId: found.serverId };
}

import { raw, type PartialModelObject } from 'objection';
import type { Context } from 'koa';
import {
  DESTRUCTIBLE_KINDS,
  DestroyOrphan,
  ListOrphansQuery,
  Orphan as OrphanView,
  OrphanList,
  type OrphanRequest,
} from '../../contract/reconcile.ts';
import { databaseTime } from '../../db/database-time.ts';
import { Orphan } from '../../db/models/orphan.ts';
import { audit } from '../audit.ts';
import { decodeCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidInput, issueOf, InvalidState, NotFound } from '../errors.ts';
import { mutate, sendReply, type Reply } from '../idempotency.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { logOf } from '../middleware/request-id.ts';
import { toPage } from '../page.ts';
import { FINDING_SORT, listOrphans, readOrphan } from '../reconcile-rows.ts';
import { readSettings, type SettingsDeps } from '../settings.ts';
import { startSettlement } from '../start-finding.ts';
import { toOrphanView } from '../views/reconcile.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Reconcile';
const UNDER_WAY = {
  202: { description: 'Under way: `state` or `note` tell how it ends', schema: OrphanView },
};

type OrphanDeps = Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'> & SettingsDeps;

/** What belongs to nobody, and what becomes of it: quarantine, then destruction; or release, or dismissal. For administrators. */
export function orphanRoutes(deps: OrphanDeps): Endpoint[] {
  const { database } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/admin/orphans',
      tag: TAG,
      summary: 'What belongs to nobody, the latest first',
      auth: 'admin',
      query: ListOrphansQuery,
      answers: { 200: { description: 'One page', schema: OrphanList } },
      problems: ['invalid_input'],
      async handle(ctx, { query }) {
        const rows = await listOrphans(database, query, decodeCursor(FINDING_SORT, query.cursor));
        ctx.body = toPage(rows, { limit: query.limit, sort: FINDING_SORT, toView: toOrphanView });
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/orphans/:id/quarantine',
      tag: TAG,
      summary:
        'Put it into quarantine: a VM gets a tag and no longer starts with its node, and goes on running',
      auth: 'admin',
      idempotent: true,
      params: ById,
      answers: UNDER_WAY,
      problems: ['not_found', 'invalid_state'],
      async handle(ctx, { params: { id } }) {
        await request(deps, ctx, id, 'quarantine', checkQuarantine);
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/orphans/:id/release',
      tag: TAG,
      summary: 'Take it out of quarantine, with everything as it was',
      auth: 'admin',
      idempotent: true,
      params: ById,
      answers: UNDER_WAY,
      problems: ['not_found', 'invalid_state'],
      async handle(ctx, { params: { id } }) {
        await request(deps, ctx, id, 'release', checkQuarantined);
      },
    }),
    destroyEndpoint(deps),
    dismissEndpoint(deps),
  ];
}

function destroyEndpoint(deps: OrphanDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/admin/orphans/:id/destroy',
    tag: TAG,
    summary: 'Destroy it once its quarantine is over; a running VM is powered off first',
    auth: 'admin',
    idempotent: true,
    params: ById,
    body: DestroyOrphan,
    answers: UNDER_WAY,
    problems: ['not_found', 'invalid_input', 'invalid_state'],
    async handle(ctx, { params: { id }, body }) {
      await request(deps, ctx, id, 'destroy', (orphan, now) => checkDestroy(orphan, body.name, now));
    },
  });
}

function dismissEndpoint(deps: OrphanDeps): Endpoint {
  return endpoint({
    method: 'post',
    path: '/admin/orphans/:id/dismiss',
    tag: TAG,
    summary: 'Say that it is meant to be so; it is listed no longer',
    auth: 'admin',
    idempotent: true,
    params: ById,
    answers: { 200: { description: 'Dismissed', schema: OrphanView } },
    problems: ['not_found', 'invalid_state'],
    async handle(ctx, { params: { id } }) {
      const reply = await change(deps, ctx, id, 'dismiss', (orphan) => {
        if (orphan.state !== 'found')
          throw new InvalidState(
            say('orphan_is', { state: say(`orphan_${orphan.state}`) }),
            say('only_found_dismissed'),
          );
        return { state: 'dismissed' };
      });
      sendReply(ctx, reply);
    },
  });
}

function checkQuarantine({ kind, state }: Orphan): void {
  if (!DESTRUCTIBLE_KINDS.includes(kind))
    throw new InvalidState(say('owned_orphan'), say('restore_or_delete'));
  if (state !== 'found')
    throw new InvalidState(
      say('orphan_is', { state: say(`orphan_${state}`) }),
      say('only_found_quarantined'),
    );
}

function checkQuarantined({ state }: Orphan): void {
  if (state !== 'quarantined')
    throw new InvalidState(
      say('orphan_not_quarantined', { state: say(`orphan_${state}`) }),
      say('quarantine_first'),
    );
}

const TYPED_KINDS = ['marked_vm_without_server', 'disk', 'backup'];

function checkDestroy(orphan: Orphan, name: string | undefined, now: Date): void {
  checkQuarantined(orphan);
  const { quarantinedUntil, kind, evidence } = orphan;
  if (!quarantinedUntil || quarantinedUntil > now)
    throw new InvalidState(
      say('quarantine_not_over'),
      say('destroyed_from', { time: quarantinedUntil?.toISOString() ?? '–' }),
    );
  if (TYPED_KINDS.includes(kind) && name !== evidence.name)
    throw new InvalidInput([issueOf('name', say('type_name', { name: evidence.name ?? '' }))]);
}

/** Writes down what is asked for, and starts it. */
async function request(
  deps: OrphanDeps,
  ctx: Context,
  id: string,
  wanted: OrphanRequest,
  check: (orphan: Orphan, now: Date) => void,
): Promise<void> {
  const { quarantineHours } = await readSettings(deps.database, deps);
  const reply = await change(deps, ctx, id, wanted, (orphan, userId, now) => {
    check(orphan, now);
    return {
      request: wanted,
      requestedAt: orphan.requestedAt ?? raw('now()'),
      settledBy: userId,
      note: null,
      noteSaid: null,
      ...(wanted === 'quarantine' ? { quarantineHours: quarantineHours.value } : {}),
    };
  });
  await startSettlement(deps, id).catch((err: unknown) => {
    logOf(ctx).warn({ err, orphanId: id }, 'settlement not started yet: left to the sweeper');
  });
  sendReply(ctx, reply);
}

async function change(
  { database, jwtSecret }: OrphanDeps,
  ctx: Context,
  id: string,
  verb: OrphanRequest | 'dismiss',
  decide: (orphan: Orphan, userId: string, now: Date) => PartialModelObject<Orphan>,
): Promise<Reply> {
  const userId = currentUser(ctx).id;
  const mutation = { userId, hashKey: jwtSecret, body: ctx.request.body ?? null };
  const { reply } = await mutate(database, ctx, mutation, async (trx) => {
    const shown = await readOrphan(trx, id);
    const orphan = await Orphan.query(trx).findById(id).forUpdate();
    if (!shown || !orphan) throw new NotFound(say('orphan_unknown'));
    if (orphan.goneAt) throw new InvalidState(say('orphan_not_there'), say('nothing_left'));
    if (orphan.request && orphan.request !== verb)
      throw new InvalidState(
        say('orphan_under_way', { request: say(`request_${orphan.request}`) }),
        say('wait_until_ended'),
      );
    await Orphan.query(trx)
      .findById(id)
      .patch(decide(orphan, userId, await databaseTime(trx)));
    const { clusterId, kind, identifier } = orphan;
    const details = { clusterId, kind, identifier };
    await audit(trx, ctx, { userId, action: `orphan.${verb}`, subjectId: id, details });
    const row = await readOrphan(trx, id);
    if (!row) throw new Error(`orphan ${id} is not readable`);
    return { status: verb === 'dismiss' ? 200 : 202, location: null, body: toOrphanView(row) };
  });
  return reply;
}

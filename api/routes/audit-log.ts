import {
  type AuditEntry,
  AuditEntryList,
  ExportedData,
  ListAuditQuery,
  ListServerAuditQuery,
} from '../../contract/audit-log.ts';
import { audit } from '../audit.ts';
import { listAuditEntries, listServerAuditEntries } from '../audit-rows.ts';
import type { Deps } from '../deps.ts';
import { exportData } from '../export-data.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { say } from '../../contract/sayings.ts';

/** Who did what, and all that is kept about somebody. */
export function auditLogRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/audit-log',
      tag: 'Users',
      summary:
        'What you did, what was done to you, and what happened in accounts you manage; the latest first',
      auth: 'session',
      query: ListAuditQuery,
      answers: { 200: { description: 'One page', schema: AuditEntryList } },
      problems: ['invalid_input'],
      async handle(ctx, { query: { limit, ...wish } }) {
        const found = await listAuditEntries(database, currentUser(ctx), { limit: limit + 1, ...wish });
        ctx.body = toPage(found, limit);
      },
    }),
    endpoint({
      method: 'get',
      path: '/servers/:id/audit',
      tag: 'Servers',
      summary: 'Who did what to a server, the latest first; that of a deleted one too',
      auth: 'bearer',
      params: ById,
      query: ListServerAuditQuery,
      answers: { 200: { description: 'One page', schema: AuditEntryList } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, query: { limit, before } }) {
        const wish = { limit: limit + 1, before };
        const found = await listServerAuditEntries(database, currentUser(ctx), id, wish);
        if (!found) throw new NotFound(say('server_unknown'));
        ctx.body = toPage(found, limit);
      },
    }),
    endpoint({
      method: 'get',
      path: '/users/me/export',
      tag: 'Users',
      summary: 'All that is kept about you and the accounts you own, but for secrets',
      auth: 'session',
      answers: { 200: { description: 'Your data', schema: ExportedData } },
      async handle(ctx) {
        const user = currentUser(ctx);
        await database.transaction(async (trx) =>
          audit(trx, ctx, { userId: user.id, action: 'user.export' }),
        );
        ctx.set('Content-Disposition', 'attachment; filename="berth-data.json"');
        ctx.type = 'application/json';
        ctx.body = JSON.stringify(await exportData(database, user), null, 2);
      },
    }),
  ];
}

function toPage(found: AuditEntry[], limit: number): AuditEntryList {
  const items = found.slice(0, limit);
  return { items, nextBefore: found.length > limit ? (items.at(-1)?.id ?? null) : null };
}

import { z } from 'zod';
import { FIELD_TEXTS } from './field-texts.ts';

export const AuditActor = z.enum(['you', 'member', 'provider']);

/** A moment with its offset, as PostgreSQL takes it: its offsets end at 16 hours, and its first year is 1. */
const Moment = z.iso
  .datetime({ offset: true, abort: true })
  .overwrite((time) => new Date(time).toISOString())
  .refine((time) => /^(?!0000)\d{4}-/.test(time));

export const ListAuditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z
    .string()
    .regex(/^\d{1,18}$/, { error: FIELD_TEXTS.no_audit_entry })
    .optional()
    .meta({ description: 'only entries older than the one with this id' }),
  actor: AuditActor.optional().meta({ description: 'whose deeds' }),
  search: z.string().trim().min(1).max(100).optional().meta({
    description: 'part of the action, the name of server or account, the actor, the token or the address',
  }),
  since: Moment.optional().meta({ description: 'from this moment on' }),
  until: Moment.optional().meta({ description: 'before this moment' }),
});
export const ListServerAuditQuery = ListAuditQuery.pick({ limit: true, before: true });
export type AuditFilter = Pick<z.infer<typeof ListAuditQuery>, 'actor' | 'search' | 'since' | 'until'>;

export const AuditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    action: z.string().meta({ description: 'Subject and verb, such as server.stop' }),
    actor: AuditActor.meta({
      description: 'member: somebody else of one of your accounts',
    }),
    actorName: z.string().nullable().meta({ description: 'Null for the provider, but to administrators' }),
    accountName: z.string().nullable(),
    serverId: z.uuid().nullable(),
    serverName: z.string().nullable(),
    operationId: z
      .uuid()
      .nullable()
      .meta({ description: 'The operation it asked for; with the subject operation, the one it is about' }),
    tokenName: z.string().nullable().meta({
      description: 'The API token it was done with; null when the address is',
    }),
    ip: z.string().nullable().meta({
      description:
        'Null for the provider, and to those who do not manage the server unless they did it themselves',
    }),
    requestId: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditEntryList = z
  .object({ items: z.array(AuditEntry), nextBefore: z.string().nullable() })
  .meta({ id: 'AuditEntryList' });
export type AuditEntryList = z.infer<typeof AuditEntryList>;

/** `GET /users/me/export`: lists of rows, by what they are about. */
export const ExportedData = z
  .looseObject({ exportedAt: z.iso.datetime(), auditLog: z.array(AuditEntry) })
  .meta({ id: 'ExportedData' });

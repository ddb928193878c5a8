import { z } from 'zod';
import { AccountRole, GrantRole } from './roles.ts';
import { FIELD_TEXTS } from './field-texts.ts';

export const Login = z
  .strictObject({
    email: z.string().trim().max(254),
    password: z.string().min(1).max(1024),
    code: z.string().trim().min(1).max(64).optional().meta({
      description: 'of the second factor, where one is needed: of an app, or a recovery code',
    }),
  })
  .meta({ id: 'Login' });
export type Login = z.infer<typeof Login>;

/** A password somebody chooses for themselves. */
export const NewPassword = z
  .string()
  .min(10, { error: FIELD_TEXTS.ten_characters })
  .max(1024, { error: FIELD_TEXTS.many_characters });

export const SetPassword = z
  .strictObject({
    token: z.string().min(1).max(128).meta({ description: 'What follows the # of the link' }),
    password: NewPassword,
  })
  .meta({ id: 'SetPassword' });
export type SetPassword = z.infer<typeof SetPassword>;

export const MailLanguage = z.enum(['en', 'de']);
export type MailLanguage = z.infer<typeof MailLanguage>;

export const AskPasswordReset = z
  .strictObject({
    email: z.email({ error: FIELD_TEXTS.no_email }).max(254),
    language: MailLanguage.default('en').meta({ description: 'in which the mail is written' }),
  })
  .meta({ id: 'AskPasswordReset' });

export const User = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: z.enum(['customer', 'admin']),
    accounts: z.array(z.object({ id: z.uuid(), name: z.string(), role: AccountRole })),
    grants: z.array(z.object({ serverId: z.uuid(), role: GrantRole })).meta({
      description: 'Single servers of other accounts that were shared with this user',
    }),
    actingAdmin: z.string().nullable().meta({
      description: 'E-mail address of the administrator who looks through the eyes of this user',
    }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

/**
 * `expiresIn` is in seconds. The refresh token travels in an httpOnly cookie only. A stream of events that is opened with
 * `latestEventId` as its Last-Event-ID tells whatever changes after something was read with this token.
 */
export const Session = z
  .object({ accessToken: z.string(), expiresIn: z.int(), user: User, latestEventId: z.int() })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

import { z } from 'zod';
import { MailLanguage } from './auth.ts';
import { AccountRole, GrantRole } from './roles.ts';
import { FIELD_TEXTS } from './field-texts.ts';

export const Member = z
  .object({
    userId: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: AccountRole,
    since: z.iso.datetime(),
  })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

/** Somebody who takes part in one server only. */
export const Guest = z
  .object({
    userId: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: GrantRole,
    serverId: z.uuid(),
    serverName: z.string(),
    since: z.iso.datetime(),
  })
  .meta({ id: 'Guest' });
export type Guest = z.infer<typeof Guest>;

export const Invitation = z
  .object({
    id: z.uuid(),
    role: AccountRole,
    note: z.string().meta({ description: 'whom it is meant for, in the words of who made it' }),
    serverId: z.uuid().nullable().meta({ description: 'for this server only; null: for the account' }),
    serverName: z.string().nullable(),
    invitedBy: z.string().nullable(),
    email: z.string().nullable().meta({ description: 'whom it was made for' }),
    mail: z.enum(['sending', 'sent', 'failed']).nullable().meta({
      description:
        'what became of the latest mail with its link: taken by the mail server, refused by it, or tried until it is; null: none is sent',
    }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof Invitation>;

/** Who takes part in an account. */
export const Team = z
  .object({
    members: z.array(Member),
    guests: z.array(Guest),
    invitations: z.array(Invitation),
    sendsMail: z.boolean().meta({ description: 'whether invitations can be mailed from here' }),
  })
  .meta({ id: 'Team' });
export type Team = z.infer<typeof Team>;

export const CreateInvitation = z
  .strictObject({
    role: AccountRole,
    note: z.string().trim().max(200).default(''),
    email: z.email({ error: FIELD_TEXTS.no_email }).max(254).optional().meta({
      description: 'is mailed the link, where this Berth sends mail; whoever has the link can use it',
    }),
    language: MailLanguage.default('en').meta({ description: 'in which the mail is written' }),
    serverId: z.uuid().optional().meta({ description: 'a server of the account: share it alone' }),
  })
  .refine(({ role, serverId }) => serverId === undefined || role !== 'owner', {
    path: ['role'],
    error: FIELD_TEXTS.single_server_role,
  })
  .meta({ id: 'CreateInvitation' });
export type CreateInvitation = z.input<typeof CreateInvitation>;

export const MailInvitation = z
  .strictObject({
    language: MailLanguage.default('en').meta({ description: 'in which the mail is written' }),
  })
  .meta({ id: 'MailInvitation' });

/** Shown once: whoever opens /app/join#token within the time takes part. */
export const NewInvitation = Invitation.extend({ token: z.string() }).meta({ id: 'NewInvitation' });
export type NewInvitation = z.infer<typeof NewInvitation>;

export const ChangeMember = z.strictObject({ role: AccountRole }).meta({ id: 'ChangeMember' });

export const JoinTeam = z.strictObject({ token: z.string().min(1).max(128) }).meta({ id: 'JoinTeam' });

export const Joined = z
  .object({ accountId: z.uuid(), accountName: z.string(), serverId: z.uuid().nullable(), role: AccountRole })
  .meta({ id: 'Joined' });
export type Joined = z.infer<typeof Joined>;

import { z } from 'zod';
import { PageQuery } from './page.ts';
import { AccountRole } from './roles.ts';
import { FIELD_TEXTS } from './field-texts.ts';

/** A user as administrators see them. */
export const Person = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: z.enum(['customer', 'admin']),
    hasPassword: z.boolean().meta({ description: 'false: nobody can log in until one is set by a link' }),
    hasTwoFactor: z.boolean().meta({ description: 'their password alone is not enough' }),
    passkeys: z.int().meta({ description: 'how many passkeys they can log in with' }),
    disabledAt: z.iso.datetime().nullable(),
    lastSeenAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    accounts: z.array(z.object({ id: z.uuid(), name: z.string(), role: AccountRole })),
  })
  .meta({ id: 'Person' });
export type Person = z.infer<typeof Person>;
export const PersonList = z
  .object({ items: z.array(Person), nextCursor: z.string().nullable() })
  .meta({ id: 'PersonList' });

export const ListPeopleQuery = PageQuery.extend({
  search: z
    .string()
    .trim()
    .max(100)
    .optional()
    .meta({ description: 'part of the e-mail address, of the name, or of the name of an account' }),
});
export type ListPeopleQuery = z.infer<typeof ListPeopleQuery>;

export const CreatePerson = z
  .strictObject({
    email: z.email().max(254),
    name: z.string().trim().max(200).default(''),
    role: z.enum(['customer', 'admin']).default('customer'),
  })
  .meta({ id: 'CreatePerson' });
export type CreatePerson = z.input<typeof CreatePerson>;

export const UpdatePerson = z
  .strictObject({ disabled: z.boolean().meta({ description: 'true: cannot log in, and is logged out' }) })
  .meta({ id: 'UpdatePerson' });

/** A secret: whoever has the link sets the password. */
export const PasswordLink = z
  .object({ link: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'PasswordLink' });
export type PasswordLink = z.infer<typeof PasswordLink>;

export const CreatedPerson = z
  .object({ user: Person, passwordLink: PasswordLink })
  .meta({ id: 'CreatedPerson' });

export const ManagedAccount = z
  .object({
    id: z.uuid(),
    name: z.string(),
    maxServers: z.int(),
    servers: z.int(),
    suspendedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    members: z.array(z.object({ id: z.uuid(), email: z.string(), role: AccountRole })),
  })
  .meta({ id: 'ManagedAccount' });
export type ManagedAccount = z.infer<typeof ManagedAccount>;
export const ManagedAccountList = z
  .object({ items: z.array(ManagedAccount), nextCursor: z.string().nullable() })
  .meta({ id: 'ManagedAccountList' });

export const ListAccountsQuery = PageQuery.extend({
  search: z
    .string()
    .trim()
    .max(100)
    .optional()
    .meta({ description: 'part of its name, or of the e-mail address of a member' }),
});
export type ListAccountsQuery = z.infer<typeof ListAccountsQuery>;

export const UpdateAccount = z
  .strictObject({
    maxServers: z.int().min(0).max(100_000).optional(),
    suspended: z.boolean().optional().meta({
      description: 'true: it can order nothing and make no server larger; its servers run on',
    }),
  })
  .refine((body) => Object.keys(body).length > 0, { error: FIELD_TEXTS.name_a_field })
  .meta({ id: 'UpdateAccount', minProperties: 1 });
export type UpdateAccount = z.infer<typeof UpdateAccount>;

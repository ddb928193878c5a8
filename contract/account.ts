import { z } from 'zod';
import { NewPassword } from './auth.ts';
import { Permission } from './roles.ts';
import { FIELD_TEXTS } from './field-texts.ts';

/** What a user changes about themselves. */
export const UpdateProfile = z
  .strictObject({ name: z.string().trim().min(1, { error: FIELD_TEXTS.say_name }).max(200) })
  .meta({ id: 'UpdateProfile' });
export type UpdateProfile = z.infer<typeof UpdateProfile>;

/** The present password, where a session alone is not enough. */
export const PresentPassword = z.string().min(1, { error: FIELD_TEXTS.present_password }).max(1024);

export const ChangePassword = z
  .strictObject({ currentPassword: PresentPassword, newPassword: NewPassword })
  .meta({ id: 'ChangePassword' });
export type ChangePassword = z.infer<typeof ChangePassword>;

/** A browser somebody is logged in with. */
export const OpenSession = z
  .object({
    id: z.uuid(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    isCurrent: z.boolean().meta({ description: 'The one that asks' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable().meta({ description: 'To the minute' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'OpenSession' });
export type OpenSession = z.infer<typeof OpenSession>;

export const OpenSessionList = z.object({ items: z.array(OpenSession) }).meta({ id: 'OpenSessionList' });
export type OpenSessionList = z.infer<typeof OpenSessionList>;

/** An address or a network, IPv4 or IPv6. */
const Source = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: FIELD_TEXTS.address_or_network,
});

export const CreateApiToken = z
  .strictObject({
    name: z.string().trim().min(1, { error: FIELD_TEXTS.say_purpose }).max(100),
    permission: Permission.exclude(['own']).meta({ description: 'what may be done with it at most' }),
    isStaff: z.boolean().default(false).meta({
      description: 'reaches what only administrators may; for administrators only',
    }),
    sources: z.array(Source).min(1).max(20).optional().meta({
      description: 'networks it may be used from; from anywhere when left out',
    }),
    expiresAt: z.iso.datetime().optional().meta({ description: 'never when left out' }),
  })
  .meta({ id: 'CreateApiToken' });
export type CreateApiToken = z.input<typeof CreateApiToken>;

export const ApiToken = z
  .object({
    id: z.uuid(),
    name: z.string(),
    hint: z.string().meta({ description: 'Its first characters' }),
    permission: Permission.exclude(['own']),
    isStaff: z.boolean(),
    sources: z.array(z.string()).nullable(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable().meta({ description: 'To the minute' }),
    lastUsedIp: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof ApiToken>;

export const ApiTokenList = z.object({ items: z.array(ApiToken) }).meta({ id: 'ApiTokenList' });
export type ApiTokenList = z.infer<typeof ApiTokenList>;

export const NewApiToken = z
  .object({ ...ApiToken.shape, token: z.string().meta({ description: 'Shown now and never again' }) })
  .meta({ id: 'NewApiToken' });
export type NewApiToken = z.infer<typeof NewApiToken>;

/** A code of an app, or a recovery code as it was printed; spaces and hyphens do not matter. */
export const SecondFactorCode = z.string().trim().min(1, { error: FIELD_TEXTS.type_code }).max(64);

export const ConfirmPassword = z.strictObject({ password: PresentPassword }).meta({ id: 'ConfirmPassword' });
export const ConfirmTwoFactor = z.strictObject({ code: SecondFactorCode }).meta({ id: 'ConfirmTwoFactor' });

export const TwoFactor = z
  .object({
    enabledAt: z.iso.datetime().nullable().meta({ description: 'Null while it is off' }),
    recoveryCodesLeft: z.int(),
  })
  .meta({ id: 'TwoFactor' });
export type TwoFactor = z.infer<typeof TwoFactor>;

export const TwoFactorEnrolment = z
  .object({
    secret: z.string().meta({ description: 'Base32, to be typed into an app' }),
    uri: z.string().meta({ description: 'otpauth://…, to be shown as a QR code' }),
  })
  .meta({ id: 'TwoFactorEnrolment' });
export type TwoFactorEnrolment = z.infer<typeof TwoFactorEnrolment>;

export const RecoveryCodes = z
  .object({
    recoveryCodes: z.array(z.string()).meta({ description: 'Each good once; shown now and never again' }),
  })
  .meta({ id: 'RecoveryCodes' });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

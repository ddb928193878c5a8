import { z } from 'zod';
import { NewPassword } from './auth.ts';

/** What a user changes about themselves. */
export const UpdateProfile = z
  .strictObject({ name: z.string().trim().min(1, { error: 'say what to call you' }).max(200) })
  .meta({ id: 'UpdateProfile' });
export type UpdateProfile = z.infer<typeof UpdateProfile>;

/** The present password, where a session alone is not enough. */
export const PresentPassword = z.string().min(1, { error: 'type your present password' }).max(1024);

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

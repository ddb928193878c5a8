import { z } from 'zod';
import { PERMISSIONS } from './permissions.ts';

export { includes, PERMISSION_OF } from './permissions.ts';

/** What somebody may do to servers; each includes those before it. */
export const Permission = z.enum(PERMISSIONS).meta({
  id: 'Permission',
  description:
    'view: look; operate: power, rescue system, passwords, name, labels; manage: order, change, rebuild and delete; own: the account itself and who belongs to it',
});
export type Permission = z.infer<typeof Permission>;

/** A person's part in an account. */
export const AccountRole = z.enum(['viewer', 'operator', 'admin', 'owner']);
export type AccountRole = z.infer<typeof AccountRole>;

/** A person's part in a single server of an account that is not theirs. */
export const GrantRole = AccountRole.exclude(['owner']);
export type GrantRole = z.infer<typeof GrantRole>;

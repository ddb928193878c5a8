import { z } from 'zod';

/** What somebody may do to servers; each includes those before it. */
export const Permission = z.enum(['view', 'operate', 'manage', 'own']).meta({
  id: 'Permission',
  description:
    'view: look; operate: power, rescue system, passwords, name, labels; manage: order, change, rebuild and delete; own: the account itself and who belongs to it',
});
export type Permission = z.infer<typeof Permission>;

export const includes = (held: Permission, needed: Permission): boolean =>
  Permission.options.indexOf(held) >= Permission.options.indexOf(needed);

/** A person's part in an account. */
export const AccountRole = z.enum(['viewer', 'operator', 'admin', 'owner']);
export type AccountRole = z.infer<typeof AccountRole>;

/** A person's part in a single server of an account that is not theirs. */
export const GrantRole = AccountRole.exclude(['owner']);
export type GrantRole = z.infer<typeof GrantRole>;

export const PERMISSION_OF = {
  viewer: 'view',
  operator: 'operate',
  admin: 'manage',
  owner: 'own',
} as const satisfies Record<AccountRole, Permission>;

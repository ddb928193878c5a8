/** What somebody may do to servers; each includes those before it. Without zod, for the dashboard's first page. */
export const PERMISSIONS = ['view', 'operate', 'manage', 'own'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const includes = (held: Permission, needed: Permission): boolean =>
  PERMISSIONS.indexOf(held) >= PERMISSIONS.indexOf(needed);

export const PERMISSION_OF = {
  viewer: 'view',
  operator: 'operate',
  admin: 'manage',
  owner: 'own',
} as const satisfies Record<string, Permission>;

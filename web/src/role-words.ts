import type { AccountRole } from '../../contract/roles.ts';

/** What a role allows; each allows what those before it do. */
export const ROLES: Record<AccountRole, { title: string; text: string }> = {
  viewer: { title: 'Viewer', text: 'looks at servers and operations' },
  operator: { title: 'Operator', text: 'also power, rescue system, passwords, names and labels' },
  admin: { title: 'Admin', text: 'also orders, changes and deletes servers, and invites people' },
  owner: { title: 'Owner', text: 'also decides who owns the account' },
};

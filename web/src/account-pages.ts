/** The pages of somebody's own account, in the order of its menu. */
export const ACCOUNT_PAGES = [
  { path: '/account', title: 'Profile' },
  { path: '/account/security', title: 'Security' },
  { path: '/account/team', title: 'Team' },
  { path: '/account/ssh-keys', title: 'SSH keys' },
  { path: '/account/tokens', title: 'API tokens' },
  { path: '/account/audit', title: 'Audit log' },
] as const;

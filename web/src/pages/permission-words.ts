import type { ApiToken } from '../../../contract/account.ts';

/** What the permissions of an API token are called, and what they allow; each includes those before it. */
export const PERMISSIONS: Record<ApiToken['permission'], { title: string; text: string }> = {
  view: { title: 'View', text: 'Look at servers and operations.' },
  operate: { title: 'Operate', text: 'Also power, rescue system, passwords, names and labels.' },
  manage: { title: 'Manage', text: 'Also order, change, rebuild and delete servers.' },
};

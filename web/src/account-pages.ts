import { t } from '@lingui/core/macro';
/** The pages of somebody's own account, in the order of its menu. */
export const ACCOUNT_PAGES = [
  {
    path: '/account',
    get title() {
      return t`Profile`;
    },
  },
  {
    path: '/account/security',
    get title() {
      return t`Security`;
    },
  },
  {
    path: '/account/team',
    get title() {
      return t`Team`;
    },
  },
  {
    path: '/account/ssh-keys',
    get title() {
      return t`SSH keys`;
    },
  },
  {
    path: '/account/tokens',
    get title() {
      return t`API tokens`;
    },
  },
  {
    path: '/account/audit',
    get title() {
      return t`Audit log`;
    },
  },
] as const;

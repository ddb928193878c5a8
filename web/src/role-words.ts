import { t } from '@lingui/core/macro';
import type { AccountRole } from '../../contract/roles.ts';

/** What a role allows; each allows what those before it do. */
export const ROLES: Record<AccountRole, { title: string; text: string }> = {
  viewer: {
    get title() {
      return t`Viewer`;
    },
    get text() {
      return t`looks at servers and operations`;
    },
  },
  operator: {
    get title() {
      return t`Operator`;
    },
    get text() {
      return t`also power, rescue system, passwords, names and labels`;
    },
  },
  admin: {
    get title() {
      return t`Admin`;
    },
    get text() {
      return t`also orders, changes and deletes servers, and invites people`;
    },
  },
  owner: {
    get title() {
      return t`Owner`;
    },
    get text() {
      return t`also decides who owns the account`;
    },
  },
};

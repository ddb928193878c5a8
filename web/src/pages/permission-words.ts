import { t } from '@lingui/core/macro';
import type { ApiToken } from '../../../contract/account.ts';

/** What the permissions of an API token are called, and what they allow; each includes those before it. */
export const PERMISSIONS: Record<ApiToken['permission'], { title: string; text: string }> = {
  view: {
    get title() {
      return t`View`;
    },
    get text() {
      return t`Look at servers and operations.`;
    },
  },
  operate: {
    get title() {
      return t`Operate`;
    },
    get text() {
      return t`Also power, rescue system, passwords, names and labels.`;
    },
  },
  manage: {
    get title() {
      return t`Manage`;
    },
    get text() {
      return t`Also order, change, rebuild and delete servers.`;
    },
  },
};

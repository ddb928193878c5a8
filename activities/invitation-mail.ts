import type { MailLanguage } from '../contract/auth.ts';
import type { AccountRole } from '../contract/roles.ts';

interface Invited {
  invitation: { role: AccountRole; account: string; server: string | null; by: string | null };
  link: string;
  /** Where browsers reach the dashboard. */
  site: string;
  language: MailLanguage;
}

/**
 * The mail by which somebody joins an account, or one server of it. It names who invited them, and carries no words of
 * theirs: it comes from the provider's address.
 */
export function invitationMail({ invitation, link, site, language }: Invited) {
  return TEXTS[language](invitation, link, new URL(site).host);
}

const ROLES_DE: Record<AccountRole, string> = {
  viewer: 'Betrachter',
  operator: 'Bediener',
  admin: 'Admin',
  owner: 'Inhaber',
};

const TEXTS: Record<
  MailLanguage,
  (invitation: Invited['invitation'], link: string, host: string) => { subject: string; text: string }
> = {
  en: ({ role, account, server, by }, link, host) => ({
    subject: `Invitation to ${host}`,
    text: `Hello,

${by ?? 'somebody'} invites you to take part in ${server ? `the server ${server} of ${account}` : account} at ${host}, as ${role}. To do so, open this link and log in:

${link}

The link works once, and for seven days. It is for you only: whoever opens it first takes part.

If you do not know what this is about, there is nothing to do.
`,
  }),
  de: ({ role, account, server, by }, link, host) => ({
    subject: `Einladung zu ${host}`,
    text: `Guten Tag,

${by ?? 'jemand'} lädt Sie ein, bei ${host} an ${server ? `dem Server ${server} von ${account}` : account} teilzunehmen, als ${ROLES_DE[role]}. Öffnen Sie dazu diesen Link und melden Sie sich an:

${link}

Der Link gilt einmal und sieben Tage lang. Er ist nur für Sie: Wer ihn zuerst öffnet, nimmt teil.

Wenn Sie nicht wissen, worum es geht, ist nichts zu tun.
`,
  }),
};

import type { MailLanguage } from '../contract/auth.ts';

interface Wish {
  email: string;
  link: string;
  /** Where browsers reach the dashboard. */
  site: string;
  language: MailLanguage;
}

/** The mail by which somebody sets a new password. */
export function passwordMail({ email, link, site, language }: Wish) {
  return TEXTS[language](link, new URL(site).host, email);
}

const TEXTS: Record<
  MailLanguage,
  (link: string, host: string, email: string) => { subject: string; text: string }
> = {
  en: (link, host, email) => ({
    subject: `Set a new password for ${host}`,
    text: `Hello,

somebody has asked for a new password for ${email} at ${host}. If that was you, set it here:

${link}

The link works once, and for one hour. It ends all of your sessions; a second factor is still asked for.

If it was not you, there is nothing to do: your password stays as it is.
`,
  }),
  de: (link, host, email) => ({
    subject: `Neues Passwort für ${host}`,
    text: `Guten Tag,

jemand hat für ${email} bei ${host} ein neues Passwort gewünscht. Wenn Sie das waren, setzen Sie es hier:

${link}

Der Link gilt einmal und für eine Stunde. Alle Ihre Sitzungen enden damit; ein zweiter Faktor wird weiterhin verlangt.

Wenn Sie es nicht waren, ist nichts zu tun: Ihr Passwort bleibt, wie es ist.
`,
  }),
};

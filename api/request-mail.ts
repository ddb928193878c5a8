import type { Knex } from 'knex';
import type { MailLanguage } from '../contract/auth.ts';
import { LINK_HOURS, type MailKind } from '../contract/mail.ts';
import { queryRows } from '../db/query-rows.ts';

/** A mail that has been asked for; ids only. */
export interface RequestedMail {
  id: string;
  kind: MailKind;
  /** Of the user or the invitation it is about. */
  aboutId: string;
}

interface Wish {
  /** Where browsers reach the dashboard. */
  site: string;
  language: MailLanguage;
}

/** Asks for a mail, in the transaction that gives it its reason; `startMail` after the commit, or the sweeper, has it sent. */
export async function requestMail(
  trx: Knex,
  { kind, aboutId }: Pick<RequestedMail, 'kind' | 'aboutId'>,
  { site, language }: Wish,
): Promise<RequestedMail> {
  const [mail] = await queryRows<{ id: string }>(
    trx,
    `insert into mails (??, site, language, expires_at) values (?, ?, ?, now() + ? * interval '1 hour') returning id`,
    [kind === 'invitation' ? 'invitation_id' : 'user_id', aboutId, site, language, LINK_HOURS[kind]],
  );
  if (!mail) throw new Error('an inserted row was not returned');
  return { id: mail.id, kind, aboutId };
}

/** What a mail is about: a user who has forgotten the password, or an invitation. */
export type MailKind = 'password-reset' | 'invitation';

/** How long the link in a mail is good; a mail that cannot be sent is tried again as long. */
export const LINK_HOURS: Record<MailKind, number> = { 'password-reset': 1, invitation: 7 * 24 };

/** `not_needed`: by the time it could be sent, its link was used or withdrawn, or its user disabled. */
export type MailOutcome = 'sent' | 'not_needed';

/** Why a mail could not be sent: what may pass, and what ends it. */
export type MailFailure =
  | 'mail_put_off'
  | 'mail_server_unreachable'
  | 'mail_not_set_up'
  | 'link_unknown'
  | 'mail_refused'
  | 'link_expired'
  | 'mail_given_up';

import type { SecretBox } from './secrets.ts';

/**
 * The tokens of links that are mailed. They are made from BERTH_SECRETS_KEY whenever they are needed, so that none has to
 * be kept until a mail can be sent, and the same link goes out however often that is tried.
 */
export const passwordResetToken = (secretBox: SecretBox, mailId: string): string =>
  secretBox.derive(`password-reset/${mailId}`);

export const invitationToken = (secretBox: SecretBox, invitationId: string): string =>
  secretBox.derive(`invitation/${invitationId}`);

/** A link into the dashboard; the token is in the fragment, which browsers send to no one. */
export const linkTo = (site: string, page: 'set-password' | 'join', token: string): string =>
  `${site.replace(/\/+$/, '')}/app/${page}#${token}`;

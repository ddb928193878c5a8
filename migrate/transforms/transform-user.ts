import { legacyKind, type LegacyKind } from '../../db/legacy-passwords.ts';
import type { UserBundle } from '../legacy/read-people.ts';
import type { TransformContext } from './context.ts';
import { parseEmail } from './facts.ts';
import { createNotes, distinctWarnings, finding, type Outcome } from './outcome.ts';
import { cleanText } from './text.ts';

export type PasswordKind = LegacyKind | 'unusable';

/** A person who logs in. */
export interface UserFields {
  /** Trimmed and in lower case. */
  email: string;
  /** As the person wrote it. */
  emailAsGiven: string;
  firstName: string;
  lastName: string;
  /** A secret: never to be logged or shown. The hash is null when nobody can log in with it. */
  password: { kind: PasswordKind; hash: string | null };
  /** Has to be set up again: the secret is encrypted. */
  hadSecondFactor: boolean;
  emailVerified: boolean;
  language: string;
  clientIds: number[];
}

/** Makes a user of one of WHMCS, or says why not; who may enter no migrated account is left out. Pure; never throws. */
export function transformUser(
  { user, memberships }: UserBundle,
  context: TransformContext,
): Outcome<UserFields> {
  const notes = createNotes();
  const { trace = [] } = notes;
  const clientIds = memberships
    .filter(({ clientStatus, clientOwners }) => clientStatus !== 'Closed' && clientOwners > 0)
    .map(({ clientId }) => clientId);
  if (clientIds.length === 0) {
    const reason = finding('no_account', 'the user may enter no account that is migrated');
    return { outcome: 'skipped', reason, warnings: [], trace };
  }
  const email = parseEmail(user.email);
  if (email === undefined) {
    return {
      outcome: 'quarantined',
      reason: finding('bad_email', 'the login is no e-mail address'),
      warnings: [],
      trace,
    };
  }
  const kind = passwordKind(user.password);
  const policy = context.mapping.source;
  return {
    outcome: 'migrated',
    warnings: distinctWarnings(notes.warnings),
    trace,
    fields: {
      email,
      emailAsGiven: user.email.trim(),
      firstName: cleanText(user.first_name, policy),
      lastName: cleanText(user.last_name, policy),
      // Not decoded: what was typed may have been encoded before it was hashed, but the hash never was.
      password: { kind, hash: kind === 'unusable' ? null : user.password },
      hadSecondFactor: user.second_factor !== '',
      emailVerified: user.email_verified_at !== null && !user.email_verified_at.startsWith('0000'),
      language: cleanText(user.language, policy),
      clientIds: [...new Set(clientIds)].toSorted((a, b) => a - b),
    },
  };
}

export const passwordKind = (stored: string): PasswordKind => legacyKind(stored) ?? 'unusable';

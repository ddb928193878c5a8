import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type VerifiedRegistrationResponse,
} from '@simplewebauthn/server';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import { z } from 'zod';
import type { MadeCredential, ShownCredential } from '../contract/passkeys.ts';
import { Passkey } from '../db/models/passkey.ts';
import { User } from '../db/models/user.ts';
import { audit } from './audit.ts';
import type { CurrentUser } from './current-user.ts';
import { InvalidPasskey } from './errors.ts';
import { logOf } from './middleware/request-id.ts';

const ANSWER_WITHIN_MS = 5 * 60_000;

type Options = Awaited<ReturnType<typeof generateAuthenticationOptions>>;

/** What the browser asks its user to make a passkey with. `origin` is where the dashboard is reached. */
export async function passkeyCreation(
  database: Knex,
  origin: string,
  user: Pick<CurrentUser, 'id' | 'email' | 'name'>,
): Promise<Awaited<ReturnType<typeof generateRegistrationOptions>>> {
  const present = await Passkey.query(database).where({ userId: user.id });
  const options = await generateRegistrationOptions({
    rpName: 'Berth',
    rpID: siteOf(origin),
    userID: new TextEncoder().encode(user.id),
    userName: user.email,
    userDisplayName: user.name || user.email,
    timeout: ANSWER_WITHIN_MS,
    attestationType: 'none',
    excludeCredentials: present.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: transports as AuthenticatorTransport[], // as the browser called them
    })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  await keepChallenge(database, options.challenge, user.id);
  return options;
}

/** What the browser asks whoever wants to log in with: for any passkey of this site. */
export async function passkeyRequest(database: Knex, origin: string): Promise<Options> {
  const options = await generateAuthenticationOptions({
    rpID: siteOf(origin),
    timeout: ANSWER_WITHIN_MS,
    userVerification: 'required',
  });
  await keepChallenge(database, options.challenge, null);
  return options;
}

/** Looks at what an authenticator made for a user who was asked for it; null when it cannot be kept. */
export async function inspectMade(
  database: Knex,
  ctx: Context,
  made: { credential: MadeCredential; origin: string; userId: string },
): Promise<VerifiedRegistrationResponse['registrationInfo'] | null> {
  const { credential, origin, userId } = made;
  const challenge = await spendChallenge(database, credential.response.clientDataJSON, userId);
  if (challenge === null) return null;
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { clientExtensionResults: {}, ...credential } as RegistrationResponseJSON, // checked there
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: siteOf(origin),
      requireUserVerification: true,
    });
    return registrationInfo ?? null;
  } catch (err) {
    logOf(ctx).info({ err, userId }, 'a new passkey was refused');
    return null;
  }
}

/**
 * The user a passkey lets in, who has shown themselves to its maker: it stands for password and code. Throws
 * InvalidPasskey, and notes that in the audit log where it is known whose passkey it is.
 */
export async function checkPasskey(
  database: Knex,
  ctx: Context,
  shown: { credential: ShownCredential; origin: string; email: string | undefined },
): Promise<{ user: User; passkey: Passkey }> {
  const { credential, origin, email } = shown;
  const challenge = await spendChallenge(database, credential.response.clientDataJSON, null);
  const passkey = await Passkey.query(database).findOne({ credentialId: credential.id });
  if (!passkey) throw new InvalidPasskey();
  const user = await User.query(database).findById(passkey.userId).whereNull('disabledAt');
  const counter = challenge && (await inspectShown(ctx, { credential, origin, challenge, passkey }));
  const isTheirs = email === undefined || user?.email.toLowerCase() === email.toLowerCase();
  if (user && typeof counter === 'number' && isTheirs && (await count(database, passkey, counter)))
    return { user, passkey };
  const { userId, name } = passkey;
  await audit(database, ctx, { userId, action: 'session.refuse_passkey', details: { name } });
  throw new InvalidPasskey();
}

/** The counter of an authenticator that has signed the challenge; null when it has not, or counts backwards. */
async function inspectShown(
  ctx: Context,
  shown: { credential: ShownCredential; origin: string; challenge: string; passkey: Passkey },
): Promise<number | null> {
  const { credential, origin, challenge, passkey } = shown;
  if (Buffer.from(credential.response.userHandle, 'base64url').toString() !== passkey.userId) return null;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { clientExtensionResults: {}, ...credential } as AuthenticationResponseJSON, // checked there
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: siteOf(origin),
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: Number(passkey.counter),
      },
      requireUserVerification: true,
    });
    return verified ? authenticationInfo.newCounter : null;
  } catch (err) {
    logOf(ctx).warn({ err, passkeyId: passkey.id }, 'a passkey was refused');
    return null;
  }
}

/** Notes the use; false when the passkey is gone meanwhile, or another login was first. */
async function count(database: Knex, { id, counter }: Passkey, newCounter: number): Promise<boolean> {
  const used = await Passkey.query(database)
    .patch({ counter: String(newCounter), lastUsedAt: new Date() })
    .where({ id, counter });
  return used > 0;
}

/** A passkey belongs to the name of the site it was made on, whatever the port. */
const siteOf = (origin: string): string => new URL(origin).hostname;

/** Keeps what will be answered: by this user about to add a passkey, or with null by whoever logs in. */
async function keepChallenge(database: Knex, challenge: string, userId: string | null): Promise<void> {
  const expiresAt = new Date(Date.now() + ANSWER_WITHIN_MS);
  await database('passkey_challenges').insert({ challenge, userId, expiresAt });
}

const ClientData = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(Buffer.from(text, 'base64url').toString());
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ challenge: z.string() }));

/** The challenge that is answered, which is good once and for whom it was made; null when it is not or is too old. */
async function spendChallenge(
  database: Knex,
  clientDataJSON: string,
  userId: string | null,
): Promise<string | null> {
  const { data } = ClientData.safeParse(clientDataJSON);
  if (!data) return null;
  const spent = await database('passkey_challenges')
    .where({ challenge: data.challenge, userId })
    .whereRaw('expires_at > now()')
    .delete();
  return spent > 0 ? data.challenge : null;
}

import { t } from '@lingui/core/macro';
import type { PasskeyOptions } from '../../contract/passkeys.ts';
import { beginPasskey, keepPasskey } from './account-api.ts';
import { readProblem } from './api-error.ts';
import { openSession, post } from './session.ts';

/** Passkeys cannot be used on this page; its message says why. */
class PasskeysUnusable extends Error {
  override name = 'PasskeysUnusable';
}

/** Why passkeys cannot be used on this page; null when they can. */
export function whyNoPasskeys(): string | null {
  if (/^[\d.]+$|^\[/.test(location.hostname))
    return t`Passkeys belong to a name, and this page was opened by an IP address (${location.hostname}). Open it by its name.`;
  if (!window.isSecureContext) return t`Passkeys need a secure connection. Open this page with https.`;
  if (typeof PublicKeyCredential === 'undefined') return t`This browser has no passkeys. Try a newer one.`;
  return null;
}

/** Has the browser make a passkey, and keeps it. Throws what the API refused with, or what `passkeyRefusal` explains. */
export async function addPasskey({ name, password }: { name: string; password: string }): Promise<void> {
  demandPasskeys();
  const optionsJSON = await beginPasskey(password);
  const { startRegistration } = await import('@simplewebauthn/browser');
  const credential = await startRegistration({
    optionsJSON: optionsJSON as unknown as CreationOptions, // as the API's library made them
  });
  await keepPasskey({ name, credential });
}

/** Logs in by a passkey, of the user with this address where one is given. Throws as `addPasskey` does. */
export async function logInWithPasskey(email?: string): Promise<void> {
  demandPasskeys();
  const response = await post('/login/passkey/options');
  if (!response.ok) throw await readProblem(response);
  const optionsJSON = (await response.json()) as PasskeyOptions;
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const credential = await startAuthentication({ optionsJSON });
  await openSession('/login/passkey', { credential, ...(email === undefined ? {} : { email }) });
}

type Browser = typeof import('@simplewebauthn/browser');
type CreationOptions = Parameters<Browser['startRegistration']>[0]['optionsJSON'];

/** What to say when it was the browser, or its user, who refused; null when it was not. */
export function passkeyRefusal(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  switch (error.name) {
    case 'PasskeysUnusable':
      return error.message;
    case 'NotAllowedError':
    case 'AbortError':
      return t`No passkey was used: it was cancelled, or took too long.`;
    case 'InvalidStateError':
      return t`This device already has a passkey for you.`;
    case 'SecurityError':
      return t`Passkeys of this Berth belong to another address than ${location.host}. Open the page there.`;
    case 'NotSupportedError':
    case 'ConstraintError':
      return t`This device cannot keep a passkey that is protected by a PIN, a finger or a face.`;
    default:
      return null;
  }
}

function demandPasskeys(): void {
  const reason = whyNoPasskeys();
  if (reason !== null) throw new PasskeysUnusable(reason);
}

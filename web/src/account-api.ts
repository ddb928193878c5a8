import type {
  ApiTokenList,
  ChangePassword,
  CreateApiToken,
  NewApiToken,
  OpenSessionList,
  RecoveryCodes,
  TwoFactor,
  TwoFactorEnrolment,
} from '../../contract/account.ts';
import type { Passkey, PasskeyList, PasskeyOptions } from '../../contract/passkeys.ts';
import type { AuditEntryList, AuditFilter } from '../../contract/audit-log.ts';
import type { User } from '../../contract/auth.ts';
import type { AddSshKey, SavedSshKey, SavedSshKeyList } from '../../contract/ssh-keys.ts';
import { apiFetch, json } from './api.ts';

const ME = '/users/me';

/** Sends a request whose answer has no body. */
async function send(path: string, method: 'POST' | 'DELETE', body?: unknown): Promise<void> {
  await apiFetch(path, { method, ...(body === undefined ? {} : { body }) });
}

export const updateProfile = (body: { name: string }): Promise<User> => json(ME, { method: 'PATCH', body });
export const changePassword = async (body: ChangePassword) => send(`${ME}/password`, 'POST', body);

export const listSessions = (signal?: AbortSignal): Promise<OpenSessionList> =>
  json(`${ME}/sessions`, { signal });
export const endSession = async (id: string) => send(`${ME}/sessions/${id}`, 'DELETE');
export const endOtherSessions = async () => send(`${ME}/sessions`, 'DELETE');

export const listApiTokens = (signal?: AbortSignal): Promise<ApiTokenList> =>
  json(`${ME}/tokens`, { signal });
export const createApiToken = (body: CreateApiToken): Promise<NewApiToken> =>
  json(`${ME}/tokens`, { method: 'POST', body });
export const revokeApiToken = async (id: string) => send(`${ME}/tokens/${id}`, 'DELETE');

export const getTwoFactor = (signal?: AbortSignal): Promise<TwoFactor> =>
  json(`${ME}/two-factor`, { signal });
export const enrolTwoFactor = (password: string): Promise<TwoFactorEnrolment> =>
  json(`${ME}/two-factor`, { method: 'POST', body: { password } });
export const confirmTwoFactor = (code: string): Promise<RecoveryCodes> =>
  json(`${ME}/two-factor/confirm`, { method: 'POST', body: { code } });
export const renewRecoveryCodes = (password: string): Promise<RecoveryCodes> =>
  json(`${ME}/two-factor/recovery-codes`, { method: 'POST', body: { password } });
export const disableTwoFactor = async (password: string) =>
  send(`${ME}/two-factor/disable`, 'POST', { password });

export const listPasskeys = (signal?: AbortSignal): Promise<PasskeyList> =>
  json(`${ME}/passkeys`, { signal });
/** What a browser makes a passkey with. */
export const beginPasskey = (password: string): Promise<PasskeyOptions> =>
  json(`${ME}/passkeys/options`, { method: 'POST', body: { password } });
export const keepPasskey = (body: { name: string; credential: object }): Promise<Passkey> =>
  json(`${ME}/passkeys`, { method: 'POST', body });
export const renamePasskey = ({ id, name }: { id: string; name: string }): Promise<Passkey> =>
  json(`${ME}/passkeys/${id}`, { method: 'PATCH', body: { name } });
export const removePasskey = async ({ id, password }: { id: string; password: string }) =>
  send(`${ME}/passkeys/${id}/remove`, 'POST', { password });

/** One page of the audit log, of entries older than `before`. */
export function listAuditEntries(
  filter: AuditFilter,
  before: string | null,
  signal?: AbortSignal,
): Promise<AuditEntryList> {
  const given = Object.entries({ ...filter, before }).filter((pair): pair is [string, string] => !!pair[1]);
  const query = new URLSearchParams(given).toString();
  return json(`/audit-log?${query}`, { signal });
}

/** All that is kept about the user, as JSON. */
export async function exportData(): Promise<string> {
  return (await apiFetch(`${ME}/export`)).text();
}

export const listSshKeys = (signal?: AbortSignal): Promise<SavedSshKeyList> => json('/ssh-keys', { signal });
export const addSshKey = (body: AddSshKey): Promise<SavedSshKey> =>
  json('/ssh-keys', { method: 'POST', body });
export const renameSshKey = (id: string, name: string): Promise<SavedSshKey> =>
  json(`/ssh-keys/${id}`, { method: 'PATCH', body: { name } });
export const deleteSshKey = async (id: string) => send(`/ssh-keys/${id}`, 'DELETE');

import type { AccountRole } from '../../contract/roles.ts';
import type { MailLanguage } from '../../contract/auth.ts';
import type {
  CreateInvitation,
  Guest,
  Invitation,
  Joined,
  NewInvitation,
  Team,
} from '../../contract/team.ts';
import { apiFetch, json } from './api.ts';

export const getTeam = (accountId: string, signal?: AbortSignal): Promise<Team> =>
  json(`/accounts/${accountId}/team`, { signal });
export const changeMember = (accountId: string, userId: string, role: AccountRole): Promise<Team> =>
  json(`/accounts/${accountId}/members/${userId}`, { method: 'PATCH', body: { role } });
export const removeMember = async (accountId: string, userId: string) =>
  apiFetch(`/accounts/${accountId}/members/${userId}`, { method: 'DELETE' });
export const removeGuest = async (accountId: string, { userId, serverId }: Guest) =>
  apiFetch(`/accounts/${accountId}/guests/${userId}/${serverId}`, { method: 'DELETE' });
export const invite = (accountId: string, body: CreateInvitation): Promise<NewInvitation> =>
  json(`/accounts/${accountId}/invitations`, { method: 'POST', body });
export const mailInvitation = (accountId: string, id: string, language: MailLanguage): Promise<Invitation> =>
  json(`/accounts/${accountId}/invitations/${id}/mails`, { method: 'POST', body: { language } });
export const revokeInvitation = async (accountId: string, id: string) =>
  apiFetch(`/accounts/${accountId}/invitations/${id}`, { method: 'DELETE' });
export const joinTeam = (token: string): Promise<Joined> =>
  json('/invitations/accept', { method: 'POST', body: { token } });

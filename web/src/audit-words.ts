import { i18n, type MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import type { AuditEntry } from '../../contract/audit-log.ts';
import type { OperationType } from '../../contract/operation-table.ts';

const REQUESTS: Record<`server.${OperationType}`, MessageDescriptor> = {
  'server.provision': msg`Ordered the server`,
  'server.start': msg`Started the server`,
  'server.shutdown': msg`Shut the server down`,
  'server.stop': msg`Powered the server off`,
  'server.reboot': msg`Rebooted the server`,
  'server.reset': msg`Reset the server`,
  'server.resize': msg`Changed the plan of the server`,
  'server.rebuild': msg`Rebuilt the server`,
  'server.suspend': msg`Suspended the server`,
  'server.unsuspend': msg`Lifted the suspension of the server`,
  'server.rescue': msg`Booted the rescue system of the server`,
  'server.leave_rescue': msg`Left the rescue system of the server`,
  'server.reset_password': msg`Reset the password inside the server`,
  'server.adopt': msg`Adopted a VM as the server`,
  'server.migrate': msg`Moved the server to another node`,
  'server.terminate': msg`Deleted the server`,
};

const WORDS: Record<string, MessageDescriptor> = {
  ...REQUESTS,
  'session.open': msg`Logged in`,
  'session.refuse_code': msg`Wrong code at login, after the right password`,
  'session.refuse_passkey': msg`Refused a passkey at login`,
  'session.end': msg`Ended a session`,
  'session.end_others': msg`Ended all other sessions`,
  'session.act_as': msg`Began to look through your eyes`,
  'session.leave': msg`Stopped looking through your eyes`,
  'user.create': msg`Made the user`,
  'user.export': msg`Exported all data`,
  'user.rename': msg`Changed the name`,
  'user.set_password': msg`Set a new password`,
  'user.upgrade_password': msg`The password was kept in a safer form`,
  'user.password_link': msg`Made a link to set the password with`,
  'token.create': msg`Made an API token`,
  'token.revoke': msg`Revoked an API token`,
  'ssh_key.add': msg`Added an SSH key`,
  'ssh_key.rename': msg`Renamed an SSH key`,
  'ssh_key.delete': msg`Deleted an SSH key`,
  'two_factor.enrol': msg`Began to set up two-factor authentication`,
  'two_factor.enable': msg`Turned two-factor authentication on`,
  'two_factor.renew_codes': msg`Got new recovery codes`,
  'two_factor.disable': msg`Turned two-factor authentication off`,
  'two_factor.reset': msg`Took two-factor authentication off`,
  'passkey.add': msg`Added a passkey`,
  'user.forget_password': msg`Asked for a link to set a password`,
  'passkey.rename': msg`Renamed a passkey`,
  'passkey.remove': msg`Removed a passkey`,
  'passkey.reset': msg`Removed all passkeys of a user`,
  'server.unshare': msg`Stopped sharing the server`,
  'invitation.create': msg`Invited somebody`,
  'invitation.accept': msg`Accepted an invitation`,
  'invitation.mail': msg`Mailed an invitation again`,
  'invitation.revoke': msg`Withdrew an invitation`,
  'member.change': msg`Changed somebody’s role`,
  'member.remove': msg`Took somebody out of the account`,
  'operation.cancel': msg`Cancelled an operation`,
  'operation.resume': msg`Resumed an operation`,
  'operation.skip': msg`Skipped a step of an operation`,
  'operation.roll_back': msg`Had an operation rolled back`,
  'drift.accept': msg`Took over what Proxmox says of the server`,
  'drift.repair': msg`Asked for a difference on Proxmox to be repaired`,
  'drift.repaired': msg`Had a difference on Proxmox repaired`,
  'drift.repair_refused': msg`Could not have a difference on Proxmox repaired`,
  'account.update': msg`Changed the account`,
  'settings.update': msg`Changed the settings`,
};

/** Of what may be about a whole account, the words where it is about one server. */
const OF_SERVER: Record<string, MessageDescriptor> = {
  'invitation.create': msg`Invited somebody to the server`,
  'invitation.accept': msg`Accepted an invitation to the server`,
  'invitation.mail': msg`Mailed an invitation to the server again`,
  'invitation.revoke': msg`Withdrew an invitation to the server`,
};

/** Subjects whose name tells which one it was. */
const NAMED = new Set(['token', 'ssh_key', 'passkey']);

/** What an entry says was done; in the words of the API where there are none of its own. */
export function describeDeed({ action, details, serverId, operationId }: AuditEntry): string {
  if (action === 'session.open' && typeof details['passkey'] === 'string')
    return t`Logged in with the passkey ${details['passkey']}`;
  if (action === 'server.update') return describeUpdate(details);
  if (action === 'server.suspend' && !operationId) return t`Changed the reason of the suspension`;
  const known = (serverId && OF_SERVER[action]) || WORDS[action];
  const [subject = '', verb = ''] = action.split('.');
  const words = known
    ? i18n._(known)
    : `${verb.charAt(0).toUpperCase()}${verb.slice(1).replaceAll('_', ' ')}: ${subject}`;
  const name = details['name'];
  return NAMED.has(subject) && typeof name === 'string' ? `${words}: ${name}` : words;
}

function describeUpdate(details: AuditEntry['details']): string {
  const { name, formerName, labels, deleteProtection, rebuildProtection } = details;
  const deeds = [
    typeof name === 'string' && t`Renamed the server from ${String(formerName)} to ${name}`,
    labels !== undefined && t`Changed the labels of the server`,
    deleteProtection === true && t`Protected the server from deletion`,
    deleteProtection === false && t`Took the server’s protection from deletion away`,
    rebuildProtection === true && t`Protected the server from being rebuilt`,
    rebuildProtection === false && t`Took the server’s protection from being rebuilt away`,
  ];
  return deeds.filter(Boolean).join('; ') || t`Changed settings of the server`;
}

/** Whose deed it was, from where and with which token, as far as the reader is told. */
export function describeDoer({ actor, actorName, ip, tokenName }: AuditEntry): string {
  const by = byWhom(actor, actorName);
  if (ip && tokenName) return t`${by} from ${ip} with the token ${tokenName}`;
  if (ip) return t`${by} from ${ip}`;
  return tokenName ? t`${by} with the token ${tokenName}` : by;
}

function byWhom(actor: AuditEntry['actor'], name: string | null): string {
  if (actor === 'you') return t`by you`;
  if (actor === 'provider') return name ? t`by ${name} of the provider` : t`by the provider`;
  return name ? t`by ${name}` : t`by somebody who is gone`;
}

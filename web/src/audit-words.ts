import type { AuditEntry } from '../../contract/audit-log.ts';

const WORDS: Record<string, string> = {
  'session.open': 'Logged in',
  'session.refuse_code': 'Wrong code at login, after the right password',
  'session.end': 'Ended a session',
  'session.end_others': 'Ended all other sessions',
  'session.act_as': 'Began to look through your eyes',
  'session.leave': 'Stopped looking through your eyes',
  'user.create': 'Made the user',
  'user.export': 'Exported all data',
  'user.rename': 'Changed the name',
  'user.set_password': 'Set a new password',
  'user.upgrade_password': 'The password was kept in a safer form',
  'user.password_link': 'Made a link to set the password with',
  'token.create': 'Made an API token',
  'token.revoke': 'Revoked an API token',
  'ssh_key.add': 'Added an SSH key',
  'ssh_key.rename': 'Renamed an SSH key',
  'ssh_key.delete': 'Deleted an SSH key',
  'two_factor.enrol': 'Began to set up two-factor authentication',
  'two_factor.enable': 'Turned two-factor authentication on',
  'two_factor.renew_codes': 'Got new recovery codes',
  'two_factor.disable': 'Turned two-factor authentication off',
  'two_factor.reset': 'Took two-factor authentication off',
  'server.update': 'Changed settings of the server',
  'server.provision': 'Ordered the server',
  'server.terminate': 'Deleted the server',
};

/** What an entry says was done; in the words of the API where there are none of its own. */
export function describeDeed({ action, details }: AuditEntry): string {
  const known = WORDS[action];
  const [subject = '', verb = ''] = action.split('.');
  const words = known ?? `${verb.charAt(0).toUpperCase()}${verb.slice(1).replaceAll('_', ' ')}: ${subject}`;
  const name = details['name'];
  return (subject === 'token' || subject === 'ssh_key') && typeof name === 'string'
    ? `${words}: ${name}`
    : words;
}

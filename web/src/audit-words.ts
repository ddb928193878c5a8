import { t } from '@lingui/core/macro';
import type { AuditEntry } from '../../contract/audit-log.ts';

const WORDS: Record<string, string> = {
  get 'session.open'() {
    return t`Logged in`;
  },
  get 'session.refuse_code'() {
    return t`Wrong code at login, after the right password`;
  },
  get 'session.end'() {
    return t`Ended a session`;
  },
  get 'session.end_others'() {
    return t`Ended all other sessions`;
  },
  get 'session.act_as'() {
    return t`Began to look through your eyes`;
  },
  get 'session.leave'() {
    return t`Stopped looking through your eyes`;
  },
  get 'user.create'() {
    return t`Made the user`;
  },
  get 'user.export'() {
    return t`Exported all data`;
  },
  get 'user.rename'() {
    return t`Changed the name`;
  },
  get 'user.set_password'() {
    return t`Set a new password`;
  },
  get 'user.upgrade_password'() {
    return t`The password was kept in a safer form`;
  },
  get 'user.password_link'() {
    return t`Made a link to set the password with`;
  },
  get 'token.create'() {
    return t`Made an API token`;
  },
  get 'token.revoke'() {
    return t`Revoked an API token`;
  },
  get 'ssh_key.add'() {
    return t`Added an SSH key`;
  },
  get 'ssh_key.rename'() {
    return t`Renamed an SSH key`;
  },
  get 'ssh_key.delete'() {
    return t`Deleted an SSH key`;
  },
  get 'two_factor.enrol'() {
    return t`Began to set up two-factor authentication`;
  },
  get 'two_factor.enable'() {
    return t`Turned two-factor authentication on`;
  },
  get 'two_factor.renew_codes'() {
    return t`Got new recovery codes`;
  },
  get 'two_factor.disable'() {
    return t`Turned two-factor authentication off`;
  },
  get 'two_factor.reset'() {
    return t`Took two-factor authentication off`;
  },
  get 'server.update'() {
    return t`Changed settings of the server`;
  },
  get 'server.provision'() {
    return t`Ordered the server`;
  },
  get 'server.terminate'() {
    return t`Deleted the server`;
  },
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

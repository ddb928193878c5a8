import { Button, Callout } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { QueryKey } from '@tanstack/react-query';
import type { Invitation } from '../../../contract/team.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { formatDate, formatExact } from '../format-time.ts';
import { useAccountChange } from '../hooks/use-account.ts';
import { languageStore } from '../language.ts';
import { ROLES } from '../role-words.ts';
import { mailInvitation, revokeInvitation } from '../team-api.ts';

interface InvitationRowProps {
  accountId: string;
  invitation: Invitation;
  mayManage: boolean;
  sendsMail: boolean;
  /** What has to be read again after a change. */
  stale: QueryKey;
}

/** An open invitation, and what became of the mail with its link. */
export function InvitationRow({ accountId, invitation, mayManage, sendsMail, stale }: InvitationRowProps) {
  const { id, role, note, serverName, invitedBy, email, mail, expiresAt } = invitation;
  const revoke = useAccountChange(stale, async () => revokeInvitation(accountId, id));
  const send = useAccountChange(stale, async () => mailInvitation(accountId, id, languageStore.get()));
  const title = note || (email ?? t`Whoever has the link`);
  return (
    <li className="wide-row">
      <div className="row-main">
        <div className="row-title sensitive">{title}</div>
        <span className="second-line sensitive">
          {[
            serverName ? t`${ROLES[role].title} of ${serverName}` : ROLES[role].title,
            t`by ${invitedBy ?? t`somebody`}`,
          ].join(' · ')}
          {' · '}
          <span title={formatExact(expiresAt)}>{t`until ${formatDate(expiresAt)}`}</span>
        </span>
        <MailLine email={email} mail={mail} />
        {(revoke.error ?? send.error) && <ProblemCallout error={revoke.error ?? send.error} />}
      </div>
      {mayManage && (
        <div className="button-row row-end">
          {sendsMail && email !== null && mail !== 'sending' && (
            <Button
              text={t`Send again`}
              aria-label={t`Mail the invitation again: ${title}`}
              loading={send.isPending}
              onClick={() => send.mutate(undefined)}
            />
          )}
          <Button
            text={t`Withdraw`}
            aria-label={t`Withdraw the invitation: ${title}`}
            loading={revoke.isPending}
            onClick={() => revoke.mutate(undefined)}
          />
        </div>
      )}
    </li>
  );
}

function MailLine({ email, mail }: Pick<Invitation, 'email' | 'mail'>) {
  if (email === null) return null;
  if (mail === 'failed')
    return (
      <Callout compact intent="warning" className="sensitive">
        <Trans>
          Could not be mailed to {email}: is the address right? Whoever has the link can use it still.
        </Trans>
      </Callout>
    );
  return (
    <span className="second-line sensitive" role="status">
      {mail === 'sent' && t`Mailed to ${email}`}
      {mail === 'sending' && t`Being mailed to ${email}; it is tried again until the mail server takes it`}
      {mail === null && t`For ${email}, not mailed: no mail was set up here`}
    </span>
  );
}

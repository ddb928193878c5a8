import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { NewInvitation } from '../../../contract/team.ts';
import { ShownOnceDialog } from '../components/shown-once-dialog.tsx';
import { ROLES } from '../role-words.ts';

/** An invitation that was just made. */
export function ShowInvitationDialog({ made, onClose }: { made: NewInvitation; onClose: () => void }) {
  const { role, serverName, token, email, mail } = made;
  const title = ROLES[role].title.toLowerCase();
  const part = serverName ? t`${title} of ${serverName}` : title;
  return (
    <ShownOnceDialog
      title={t`The invitation`}
      warning={t`Copy it now: it is never shown again. The first to open it joins as ${part}.`}
      secret={`${location.origin}/app/join#${token}`}
      label={t`the link`}
      onClose={onClose}
    >
      <p>
        {mail ? (
          <Trans>
            It is being mailed to <span className="sensitive">{email}</span> too: <em>Open invitations</em>{' '}
            says when it has been.
          </Trans>
        ) : (
          <Trans>It is not mailed: send it yourself.</Trans>
        )}
      </p>
    </ShownOnceDialog>
  );
}

import type { NewInvitation } from '../../../contract/team.ts';
import { ShownOnceDialog } from '../components/shown-once-dialog.tsx';
import { ROLES } from '../role-words.ts';

/** An invitation that was just made. */
export function ShowInvitationDialog({ made, onClose }: { made: NewInvitation; onClose: () => void }) {
  const { role, serverName, token } = made;
  const part = `${ROLES[role].title.toLowerCase()}${serverName ? ` of ${serverName}` : ''}`;
  return (
    <ShownOnceDialog
      title="The invitation"
      warning={`Copy it now: it is never shown again. Whoever opens it first is ${part}.`}
      secret={`${location.origin}/app/join#${token}`}
      label="the link"
      onClose={onClose}
    />
  );
}

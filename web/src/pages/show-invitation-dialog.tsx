import { Button, Callout, Dialog, DialogBody, DialogFooter } from '@blueprintjs/core';
import type { NewInvitation } from '../../../contract/team.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { ROLES } from '../role-words.ts';

/** An invitation that was just made: its link can be seen here and nowhere else. */
export function ShowInvitationDialog({ made, onClose }: { made: NewInvitation; onClose: () => void }) {
  useReturnFocus();
  const link = `${location.origin}/app/join#${made.token}`;
  return (
    <Dialog
      isOpen
      title="The invitation"
      className="narrow-dialog"
      onClose={onClose}
      canOutsideClickClose={false}
    >
      <DialogBody>
        <Callout intent="warning" compact>
          Copy it now: it is never shown again. Whoever opens it first is{' '}
          {ROLES[made.role].title.toLowerCase()}
          {made.serverName ? ` of ${made.serverName}` : ''}.
        </Callout>
        <p className="shown-once token-text">
          <code>{link}</code>
          <CopyButton text={link} label="the link" />
        </p>
      </DialogBody>
      <DialogFooter actions={<Button intent="primary" text="Done" onClick={onClose} />} />
    </Dialog>
  );
}

import { Button, DialogBody, DialogFooter } from '@blueprintjs/core';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Dialog } from '../components/dialog.tsx';

/** Asks once whether a server that nobody could log in to is meant. */
export function NoAccessDialog({
  count,
  onCreate,
  onAddAccess,
}: {
  count: number;
  onCreate: () => void;
  onAddAccess: () => void;
}) {
  return (
    <Dialog
      isOpen
      title={t`Create without a way to log in?`}
      onClose={onAddAccess}
      className="narrow-dialog"
      shouldReturnFocusOnClose={false}
    >
      <DialogBody>
        <p>
          {plural(count, {
            one: 'The order has neither an SSH key nor a password, so nobody can log in to this server.',
            other:
              'The order has neither an SSH key nor a password, so nobody can log in to these # servers.',
          })}
        </p>
        <p>
          <Trans>
            Under “Access” you can paste the public key you have, have one made here, or set a password. An
            SSH key cannot be added later but by rebuilding; a password can, with “Reset password” on the
            server’s page.
          </Trans>
        </p>
      </DialogBody>
      <DialogFooter
        actions={
          <>
            <Button text={t`Create anyway`} onClick={onCreate} />
            <Button intent="primary" text={t`Add a key or a password`} onClick={onAddAccess} />
          </>
        }
      />
    </Dialog>
  );
}

import { Button, DialogBody } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { dropSession } from '../session.ts';
import { Dialog } from './dialog.tsx';
import { LoginForm } from './login-form.tsx';

/** Asks for the password on top of the page, which stays as it is with everything typed into it. */
export function SessionExpiredDialog({ email }: { email: string }) {
  return (
    <Dialog
      isOpen
      title={t`Your session has expired`}
      canEscapeKeyClose={false}
      canOutsideClickClose={false}
      className="narrow-dialog"
    >
      <DialogBody>
        <p>
          <Trans>Log in again to go on where you were. Nothing you typed is lost.</Trans>
        </p>
        <LoginForm email={email} />
        <Button className="switch-user" variant="minimal" size="small" onClick={dropSession}>
          <Trans>Use another account</Trans>
        </Button>
      </DialogBody>
    </Dialog>
  );
}

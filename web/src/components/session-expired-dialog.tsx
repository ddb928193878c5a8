import { Button, Dialog, DialogBody } from '@blueprintjs/core';
import { dropSession } from '../session.ts';
import { LoginForm } from './login-form.tsx';

/** Asks for the password on top of the page, which stays as it is with everything typed into it. */
export function SessionExpiredDialog({ email }: { email: string }) {
  return (
    <Dialog
      isOpen
      title="Your session has expired"
      isCloseButtonShown={false}
      canEscapeKeyClose={false}
      canOutsideClickClose={false}
      className="narrow-dialog"
    >
      <DialogBody>
        <p>Log in again to go on where you were. Nothing you typed is lost.</p>
        <LoginForm lockedEmail={email} />
        <Button className="switch-user" variant="minimal" size="small" onClick={dropSession}>
          Use another account
        </Button>
      </DialogBody>
    </Dialog>
  );
}

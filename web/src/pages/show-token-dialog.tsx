import { Button, Callout, Dialog, DialogBody, DialogFooter } from '@blueprintjs/core';
import type { NewApiToken } from '../../../contract/account.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { useReturnFocus } from '../hooks/use-return-focus.ts';

/** A token that was just made: what it is can be seen here and nowhere else. */
export function ShowTokenDialog({ made, onClose }: { made: NewApiToken; onClose: () => void }) {
  useReturnFocus();
  const curl = `curl -H 'Authorization: Bearer ${made.token}' ${location.origin}/servers`;
  return (
    <Dialog
      isOpen
      title={`API token ${made.name}`}
      className="narrow-dialog"
      onClose={onClose}
      canOutsideClickClose={false}
    >
      <DialogBody>
        <Callout intent="warning" compact>
          Copy it now: it is never shown again. Whoever has it can act as you.
        </Callout>
        <p className="shown-once token-text">
          <code>{made.token}</code>
          <CopyButton text={made.token} label="the token" />
        </p>
        <p>For example, to list your servers:</p>
        <div className="shown-once">
          <pre>{curl}</pre>
          <CopyButton text={curl} label="the example" />
        </div>
      </DialogBody>
      <DialogFooter actions={<Button intent="primary" text="Done" onClick={onClose} />} />
    </Dialog>
  );
}

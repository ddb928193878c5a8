import { Button, Checkbox, Dialog, DialogBody, DialogFooter } from '@blueprintjs/core';
import { Download } from '@blueprintjs/icons';
import { useState } from 'react';
import { CopyButton } from '../components/copy-button.tsx';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { saveFile } from '../save-file.ts';

/** Shows recovery codes, once; it is left by saying that they are kept. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  useReturnFocus();
  const [isKept, setIsKept] = useState(false);
  const text = codes.join('\n');
  return (
    <Dialog
      isOpen
      title="Your recovery codes"
      className="narrow-dialog"
      isCloseButtonShown={false}
      canEscapeKeyClose={false}
      canOutsideClickClose={false}
    >
      <DialogBody>
        <p>
          Each of them lets you in once when your phone is not at hand. They are shown now and never again:
          keep them where you would find them without it.
        </p>
        <ul className="recovery-codes" aria-label="Recovery codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <div className="button-row">
          <CopyButton text={text} label="the recovery codes" />
          <Button
            size="small"
            icon={<Download />}
            text="Save as a file"
            onClick={() => saveFile('berth-recovery-codes.txt', `${text}\n`)}
          />
        </div>
        <Checkbox
          className="kept"
          label="I have kept them in a safe place"
          checked={isKept}
          onChange={(event) => setIsKept(event.currentTarget.checked)}
        />
      </DialogBody>
      <DialogFooter actions={<Button intent="primary" text="Done" disabled={!isKept} onClick={onClose} />} />
    </Dialog>
  );
}

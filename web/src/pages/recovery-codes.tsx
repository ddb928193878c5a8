import { Button, Checkbox, DialogBody, DialogFooter } from '@blueprintjs/core';
import { Download } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { saveFile } from '../save-file.ts';

/** Shows recovery codes, once; it is left by saying that they are kept. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  useReturnFocus();
  const [isKept, setIsKept] = useState(false);
  const { form, wrong, check } = useFields({ kept: isKept ? null : t`Keep them, then tick this` }, null);
  return (
    <Dialog
      isOpen
      title={t`Your recovery codes`}
      className="narrow-dialog"
      canEscapeKeyClose={false}
      canOutsideClickClose={false}
    >
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (check()) onClose();
        }}
      >
        <DialogBody>
          <p>
            <Trans>
              Each of them lets you in once when your phone is not at hand. They are shown now and never
              again: keep them where you would find them without it.
            </Trans>
          </p>
          <Codes codes={codes} />
          <Checkbox
            className="kept"
            label={t`I have kept them in a safe place`}
            checked={isKept}
            aria-invalid={wrong.kept !== null}
            aria-describedby={wrong.kept ? 'kept-help' : undefined}
            onChange={(event) => setIsKept(event.currentTarget.checked)}
          />
          {wrong.kept && (
            <p id="kept-help" className="choice-error">
              {wrong.kept}
            </p>
          )}
        </DialogBody>
        <DialogFooter actions={<Button type="submit" intent="primary" text={t`Done`} />} />
      </form>
    </Dialog>
  );
}

function Codes({ codes }: { codes: string[] }) {
  const text = codes.join('\n');
  return (
    <>
      <ul className="recovery-codes" aria-label={t`Recovery codes`}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="button-row">
        <CopyButton text={text} label={t`the recovery codes`} />
        <Button
          size="small"
          icon={<Download />}
          text={t`Save as a file`}
          onClick={() => saveFile('berth-recovery-codes.txt', `${text}\n`)}
        />
      </div>
    </>
  );
}

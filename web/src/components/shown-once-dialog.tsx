import '../shown-once.css';
import { Button, Callout, DialogBody, DialogFooter } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';

interface ShownOnceDialogProps {
  title: string;
  /** What whoever has it can do, and that it is not shown again. */
  warning: ReactNode;
  secret: string;
  /** What the secret is, as in "Copy the link". */
  label: string;
  onClose: () => void;
  children?: ReactNode;
}

/** A secret that was just made and can be seen here and nowhere else. */
export function ShownOnceDialog({ title, warning, secret, label, onClose, children }: ShownOnceDialogProps) {
  useReturnFocus();
  return (
    <Dialog isOpen title={title} className="narrow-dialog" onClose={onClose} canOutsideClickClose={false}>
      <DialogBody>
        <Callout intent="warning" compact>
          {warning}
        </Callout>
        <p className="shown-once token-text">
          <code>{secret}</code>
          <CopyButton text={secret} label={label} />
        </p>
        {children}
      </DialogBody>
      <DialogFooter actions={<Button intent="primary" text={t`Done`} onClick={onClose} />} />
    </Dialog>
  );
}

import { Button, DialogBody, DialogFooter } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useReturnFocus } from '../hooks/use-return-focus.ts';

interface ChangeDialogProps {
  title: string;
  /** What the two buttons say. */
  keep: string;
  submit: string;
  isHarsh?: boolean;
  /** The input is complete. */
  isReady?: boolean;
  /** The request: how it stands. */
  change: { isPending: boolean; error: Error | null };
  onSubmit: () => void;
  onClose: () => void;
  className?: string;
  /** What to think of a request that nobody answered. */
  retryHint?: string;
  children: ReactNode;
}

/** A form that says what a change does before it is requested, and why it was refused. */
export function ChangeDialog({
  title,
  keep,
  submit,
  isHarsh = false,
  isReady = true,
  change,
  onSubmit,
  onClose,
  className = 'narrow-dialog',
  retryHint = t`It is not known whether the request was accepted. Trying again is safe: it happens once.`,
  children,
}: ChangeDialogProps) {
  useReturnFocus();
  return (
    <Dialog isOpen title={title} onClose={onClose} className={className}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !change.isPending) onSubmit();
        }}
      >
        <DialogBody>
          {children}
          {change.error && <ProblemCallout error={change.error} retryHint={retryHint} />}
        </DialogBody>
        <DialogFooter
          actions={
            <>
              <Button text={keep} onClick={onClose} />
              <Button
                type="submit"
                intent={isHarsh ? 'danger' : 'primary'}
                text={submit}
                disabled={!isReady}
                loading={change.isPending}
              />
            </>
          }
        />
      </form>
    </Dialog>
  );
}

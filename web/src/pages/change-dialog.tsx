import { Button, DialogBody, DialogFooter } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { type Fields, useFields } from '../hooks/use-fields.ts';
import { useReturnFocus } from '../hooks/use-return-focus.ts';

interface ChangeDialogProps {
  title: string;
  /** What the two buttons say. */
  keep: string;
  submit: string;
  isHarsh?: boolean;
  /** False while there is nothing to send, as the dialog says itself: a name is to be typed, or there is nothing to choose from. */
  canSubmit?: boolean;
  /** The fields, where there are any. */
  fields?: Pick<Fields<never>, 'form' | 'rest' | 'check'>;
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
  canSubmit = true,
  fields,
  change,
  onSubmit,
  onClose,
  className = 'narrow-dialog',
  retryHint = t`It is not known whether the request was accepted. Trying again is safe: it happens once.`,
  children,
}: ChangeDialogProps) {
  useReturnFocus();
  const own = useFields({}, change.error);
  const { form, rest, check } = fields ?? own;
  return (
    <Dialog isOpen title={title} onClose={onClose} className={className}>
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (canSubmit && !change.isPending && check()) onSubmit();
        }}
      >
        <DialogBody>
          {children}
          {rest !== null && <ProblemCallout error={rest} retryHint={retryHint} />}
        </DialogBody>
        <DialogFooter
          actions={
            <>
              <Button text={keep} onClick={onClose} />
              <Button
                type="submit"
                intent={isHarsh ? 'danger' : 'primary'}
                text={submit}
                disabled={!canSubmit}
                loading={change.isPending}
              />
            </>
          }
        />
      </form>
    </Dialog>
  );
}

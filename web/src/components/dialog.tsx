// oxlint-disable-next-line no-restricted-imports -- the one place that may
import { Classes, Dialog as BlueprintDialog, type DialogProps, H2 } from '@blueprintjs/core';
import { useId } from 'react';
import { CloseButton } from './close-button.tsx';

interface Props extends Omit<DialogProps, 'isCloseButtonShown'> {
  title: string;
}

/** Blueprint's dialog, with a header in the language of the page; it has a close button if it has an `onClose`. */
export function Dialog({ title, children, ...props }: Props) {
  const id = useId();
  return (
    <BlueprintDialog {...props} aria-labelledby={id}>
      <div className={Classes.DIALOG_HEADER}>
        <H2 id={id}>{title}</H2>
        {props.onClose && <CloseButton onClick={props.onClose} />}
      </div>
      {children}
    </BlueprintDialog>
  );
}

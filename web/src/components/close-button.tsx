import { Button, Classes } from '@blueprintjs/core';
import { SmallCross } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import type { MouseEventHandler } from 'react';

/** The cross in the header of a dialog or drawer. Blueprint's own is called *Close* in every language. */
export function CloseButton({ onClick }: { onClick: MouseEventHandler<HTMLElement> }) {
  return (
    <Button
      variant="minimal"
      className={Classes.DIALOG_CLOSE_BUTTON}
      icon={<SmallCross />}
      aria-label={t`Close`}
      onClick={onClick}
    />
  );
}

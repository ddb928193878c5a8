import { PopoverNext } from '@blueprintjs/core';
import { type ReactElement, useEffect, useId, useState } from 'react';

/** Opens as soon as it is rendered, below a button that takes the place of the one that was pressed, and its focus. */
export function Popover({ content, children }: { content: ReactElement; children: ReactElement }) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  useEffect(() => {
    document.getElementById(id)?.querySelector('button')?.focus();
    // oxlint-disable-next-line react/set-state-in-effect -- what opens gives the focus back to who had it before
    setIsOpen(true);
  }, [id]);
  return (
    <PopoverNext
      placement="bottom-end"
      targetProps={{ id }}
      isOpen={isOpen}
      onInteraction={setIsOpen}
      content={content}
    >
      {children}
    </PopoverNext>
  );
}

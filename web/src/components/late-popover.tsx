import { Classes } from '@blueprintjs/core';
import { cloneElement, type ComponentType, lazy, type ReactElement, Suspense, useState } from 'react';

interface TargetProps {
  'aria-haspopup'?: 'menu';
  'aria-expanded'?: boolean;
}

/** Makes the popover of a button. Its code, and that of what it shows, comes when somebody is about to press the button. */
export function latePopover<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const read = async () => {
    const [{ Popover }, Content] = await Promise.all([import('./popover.tsx'), load()]);
    return {
      default: ({ button, content }: { button: ReactElement; content: Props }) => (
        <Popover content={<Content {...content} />}>{button}</Popover>
      ),
    };
  };
  const Loaded = lazy(read);
  const readAhead = () => void read().catch(() => null); // who presses it is told

  return function LatePopover({ button, content }: { button: ReactElement<TargetProps>; content: Props }) {
    const [isAsked, setIsAsked] = useState(false);
    const closed = (
      <span
        className={Classes.POPOVER_TARGET}
        onPointerEnter={readAhead}
        onFocus={readAhead}
        onClick={() => setIsAsked(true)}
      >
        {cloneElement(button, { 'aria-haspopup': 'menu', 'aria-expanded': false })}
      </span>
    );
    return isAsked ? (
      <Suspense fallback={closed}>
        <Loaded button={button} content={content} />
      </Suspense>
    ) : (
      closed
    );
  };
}

import { useEffect, useState } from 'react';

/** Where the focus goes back to, from a dialog that closes to the one that takes its place in the same moment. */
let handedOn: Element | null = null;

/** Gives the focus back to what had it before, once the dialog that calls this is gone: Blueprint does so for one that stays rendered. */
export function useReturnFocus(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(() => {
    const target = handedOn ?? opener;
    return () => {
      if (target instanceof HTMLElement) target.focus();
      handedOn = target;
      queueMicrotask(() => {
        handedOn = null;
      });
    };
  }, [opener]);
}

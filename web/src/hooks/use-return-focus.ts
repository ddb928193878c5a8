import { useEffect, useState } from 'react';

/** Gives the focus back to what had it before, once the dialog that calls this is gone: Blueprint does so for one that stays rendered. */
export function useReturnFocus(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement) opener.focus();
    },
    [opener],
  );
}

import { OverlayToaster } from '@blueprintjs/core';
import { useEffect, useRef } from 'react';
import { setToaster } from '../toaster.ts';

/** Where toasts appear; rendered once. */
export function Toasts() {
  const ref = useRef<OverlayToaster>(null);
  useEffect(() => {
    setToaster((toast) => ref.current?.show(toast));
    return () => setToaster(null);
  }, []);
  return <OverlayToaster ref={ref} position="bottom-right" maxToasts={4} />;
}

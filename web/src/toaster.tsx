import { OverlayToaster, type ToastProps } from '@blueprintjs/core';
import { useEffect, useRef } from 'react';

let current: OverlayToaster | null = null;

/** Shows a short message that goes away by itself. */
export function showToast(toast: ToastProps): void {
  current?.show(toast);
}

/** Where toasts appear; rendered once. */
export function Toasts() {
  const ref = useRef<OverlayToaster>(null);
  useEffect(() => {
    current = ref.current;
    return () => {
      current = null;
    };
  }, []);
  return <OverlayToaster ref={ref} position="bottom-right" maxToasts={4} />;
}

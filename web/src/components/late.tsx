import { type ReactNode, Suspense, useDeferredValue } from 'react';

/** Renders what nobody sees at first only after that which is seen. */
export function Late({ children }: { children: ReactNode }) {
  const isShown = useDeferredValue(true, false);
  return isShown && <Suspense fallback={null}>{children}</Suspense>;
}

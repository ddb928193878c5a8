import type { ToastProps } from '@blueprintjs/core';

type Show = (toast: ToastProps) => void;

let present: Show | null = null;
const waiting: ToastProps[] = [];

/** Shows a short message that goes away by itself. */
export function showToast(toast: ToastProps): void {
  if (present) present(toast);
  else waiting.push(toast);
}

/** What shows messages from now on, and those that have come before it; null when it is gone. */
export function setToaster(show: Show | null): void {
  present = show;
  if (show) for (const toast of waiting.splice(0)) show(toast);
}

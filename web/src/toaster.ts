import type { ToastProps } from '@blueprintjs/core';

export interface Toast extends Omit<ToastProps, 'message'> {
  message: string;
  /** One of the same key takes the place of the one that is still shown. */
  key?: string;
  /** Where to see more: a page, or the operation centre over the present one. Not shown to whoever is there already. */
  link?: { text: string; to: `/${string}` | 'operations' };
  /** Takes back what the message tells of. */
  undo?: () => void;
}
type Show = (toast: Toast) => void;

let present: Show | null = null;
const waiting: Toast[] = [];

/** Shows a short message that goes away by itself. */
export function showToast(toast: Toast): void {
  if (present) present(toast);
  else waiting.push(toast);
}

/** What shows messages from now on, and those that have come before it; null when it is gone. */
export function setToaster(show: Show | null): void {
  present = show;
  if (show) for (const toast of waiting.splice(0)) show(toast);
}

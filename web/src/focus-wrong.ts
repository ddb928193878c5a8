/** Moves the focus to the first thing of a form that is marked as wrong, or else to what says why it was refused. */
export function focusWrong(form: HTMLElement | null): void {
  // It is marked in the next render; only then can it be found.
  setTimeout(() => {
    const find = (selector: string) => form?.querySelector<HTMLElement>(selector);
    (find('[aria-invalid="true"], .choice-error') ?? find('.problem'))?.focus();
  }, 0);
}

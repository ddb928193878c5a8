import { type RefObject, useEffect, useRef, useState } from 'react';
import { ApiError, fieldIssue, isAbout } from '../api-error.ts';
import { focusWrong } from '../focus-wrong.ts';

export interface Fields<Name extends string> {
  form: RefObject<HTMLFormElement | null>;
  /** What is to be said beside each field. */
  wrong: Record<Name, string | null>;
  /** What the API has refused, as far as no field says it. */
  rest: unknown;
  /** False when something is missing: it is said beside the fields from then on, and the first one has the focus. */
  check: () => boolean;
}

/**
 * The fields of a form, under the names the API has for them: what is still wrong with each is said once somebody submits, and
 * what the API refuses is brought into view.
 */
export function useFields<Name extends string>(
  mistakes: Record<Name, string | null>,
  error: unknown,
): Fields<Name> {
  const form = useRef<HTMLFormElement>(null);
  const [isChecked, setIsChecked] = useState(false);
  useEffect(() => {
    if (error) focusWrong(form.current);
  }, [error]);
  const names = Object.keys(mistakes) as Name[]; // Object.keys forgets them
  const said = names.map((name) => [name, (isChecked ? mistakes[name] : null) ?? fieldIssue(error, name)]);
  return {
    form,
    wrong: Object.fromEntries(said) as Record<Name, string | null>, // of the same names
    rest: restOf(error, names),
    check: () => {
      if (names.every((name) => mistakes[name] === null)) return true;
      setIsChecked(true);
      focusWrong(form.current);
      return false;
    },
  };
}

/** What of a refusal is about none of these fields; null when nothing is. */
export function restOf<E>(error: E, names: string[]): E | ApiError | null {
  if (!(error instanceof ApiError) || !error.problem.issues?.length) return error;
  const issues = error.problem.issues.filter(({ field }) => !names.some((name) => isAbout(field, name)));
  return issues.length === 0 ? null : new ApiError({ ...error.problem, issues }, error.retryAfterSeconds);
}

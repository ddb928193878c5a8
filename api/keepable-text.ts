import type { Issue } from '../contract/problem.ts';
import { say } from '../contract/sayings.ts';
import { issueOf } from './errors.ts';

/** The fields of `input` whose text PostgreSQL cannot keep: a NUL character, or half a surrogate pair. */
export function findUnkeepable(input: object): Issue[] {
  const issues: Issue[] = [];
  // A list, not recursion: what a passkey brings along may be nested as deep as a body is long.
  const left = Object.entries(input) as [field: string, value: unknown][];
  for (let next = left.pop(); next; next = left.pop()) {
    const [field, value] = next;
    if (typeof value === 'string') {
      if (value.includes('\0') || !value.isWellFormed()) issues.push(issueOf(field, say('unkeepable_text')));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) left.push([`${field}.${key}`, inner]);
    }
  }
  return issues.toReversed();
}

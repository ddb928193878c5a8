import type { Issue } from '../contract/problem.ts';
import { say } from '../contract/sayings.ts';
import { issueOf } from './errors.ts';

/**
 * The fields of `input` whose text PostgreSQL cannot keep: a NUL character, or half a surrogate pair. Of a field that holds
 * many such texts one is named, so that what is said of them is no longer than `input`.
 */
export function findUnkeepable(input: object): Issue[] {
  return Object.entries(input).flatMap(([field, value]) => {
    const path = findIn(field, value);
    return path === undefined ? [] : [issueOf(path, say('unkeepable_text'))];
  });
}

/** A list, not recursion: what a passkey brings along may be nested as deep as a body is long. */
function findIn(field: string, value: unknown): string | undefined {
  const left: [path: string, value: unknown][] = [[field, value]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [path, inner] = next;
    if (typeof inner === 'string') {
      if (inner.includes('\0') || !inner.isWellFormed()) return path;
    } else if (typeof inner === 'object' && inner !== null) {
      for (const [key, part] of Object.entries(inner)) left.push([`${path}.${key}`, part]);
    }
  }
  return undefined;
}

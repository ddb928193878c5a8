import { expect, it } from 'vitest';
import { z } from 'zod';
import { SetPassword } from './auth.ts';
import { sayIssue, wordIssue } from './say-issue.ts';
import { inEnglish } from './sayings.ts';
import { CreateServer } from './servers.ts';

const Thing = z.strictObject({
  name: z.string().min(2).max(4),
  size: z.int().min(1).max(9),
  kinds: z
    .array(z.enum(['a', 'b']))
    .min(1)
    .max(2),
  id: z.uuid(),
  odd: z.string().refine((text) => text !== 'odd'),
});
const RIGHT = { name: 'abc', size: 3, kinds: ['a'], id: crypto.randomUUID(), odd: '' };

const issueOf = (value: object) =>
  Thing.safeParse({ ...RIGHT, ...value }, { error: wordIssue }).error?.issues[0];

it.each([
  [{ name: 'a' }, 'use at least 2 characters'],
  [{ name: 'abcde' }, 'use at most 4 characters'],
  [{ name: undefined }, 'is required'],
  [{ name: 3 }, 'is not of the type string'],
  [{ size: 0 }, 'at least 1'],
  [{ size: 10 }, 'at most 9'],
  [{ kinds: [] }, 'give at least 1'],
  [{ kinds: ['a', 'b', 'a'] }, 'give at most 2'],
  [{ kinds: ['c'] }, 'one of a, b'],
  [{ id: 'none' }, 'is not written as it has to be (uuid)'],
  [{ odd: 'odd' }, 'cannot be used'],
  [{ more: 1 }, 'unknown field'],
])('of %j it says: %s', (value, text) => {
  const issue = issueOf(value);
  expect(issue?.message).toBe(text);
  expect(issue && inEnglish(sayIssue(issue))).toBe(text);
});

it('keeps the words of a schema that has some', () => {
  expect(sayIssueOf(SetPassword.shape.password, 'short')).toEqual({ code: 'ten_characters', params: {} });
  expect(sayIssueOf(CreateServer.shape.name, '-')).toEqual({ code: 'server_name', params: {} });
});

function sayIssueOf(schema: z.ZodType, value: unknown) {
  return schema.safeParse(value, { error: wordIssue }).error?.issues.map(sayIssue)[0];
}

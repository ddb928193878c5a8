import type { z } from 'zod';
import { FIELD_TEXTS } from './field-texts.ts';
import type { Said } from './said.ts';
import { REFUSAL_SAYINGS } from './refusal-sayings.ts';
import { inEnglish, type SayingCode } from './sayings.ts';

const CODES = new Map<string, SayingCode>(
  Object.entries(FIELD_TEXTS).map(([code, text]) => [text, code as keyof typeof FIELD_TEXTS]),
);

const said = (code: SayingCode, params: Said['params'] = {}): Said => ({ code, params });

/** What a schema found, by the code of its own words, or of those of `wordIssue`. */
export function sayIssue(issue: z.core.$ZodIssue): Said {
  const code = CODES.get(issue.message);
  return code ? said(code) : sayFound(issue, issue.message === REFUSAL_SAYINGS.is_required);
}

/** The English of it, in place of zod's, for what a schema has no words of its own for: `parse(value, { error: wordIssue })`. */
export const wordIssue: z.core.$ZodErrorMap = (issue) =>
  inEnglish(sayFound(issue, issue.input === undefined));

function sayFound(issue: z.core.$ZodIssue | z.core.$ZodRawIssue, isMissing: boolean): Said {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing ? said('is_required') : said('has_wrong_type', { expected: issue.expected });
    case 'too_small':
      return said(tooSmall(issue.origin), { least: String(issue.minimum) });
    case 'too_big':
      return said(tooBig(issue.origin), { most: String(issue.maximum) });
    case 'invalid_format':
      return said('has_wrong_form', { form: issue.format });
    case 'invalid_value':
      return said('is_none_of', { values: issue.values.map(String).join(', ') });
    case 'unrecognized_keys':
      return said('unknown_field');
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
      return said('cannot_be_used');
  }
}

const LISTS = new Set(['array', 'set', 'map', 'object']);
const tooSmall = (origin: string): SayingCode =>
  origin === 'string' ? 'is_too_short' : LISTS.has(origin) ? 'are_too_few' : 'is_too_small';
const tooBig = (origin: string): SayingCode =>
  origin === 'string' ? 'is_too_long' : LISTS.has(origin) ? 'are_too_many' : 'is_too_large';

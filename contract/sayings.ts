import { FAILURE_SAYINGS } from './failure-sayings.ts';
import { FIELD_TEXTS } from './field-texts.ts';
import { LEDGER_SAYINGS } from './ledger-sayings.ts';
import { fillIn } from './fill-in.ts';
import type { Said, SaidValue } from './said.ts';
import { OBSTACLE_SAYINGS } from './obstacle-sayings.ts';
import { OPERATION_NAMES } from './operation-names.ts';
import { PROBLEM_SAYINGS } from './problem-sayings.ts';
import { REFUSAL_SAYINGS } from './refusal-sayings.ts';
import { SEARCH_SAYINGS } from './search-sayings.ts';
import { STEP_SAYINGS } from './step-sayings.ts';

/** What operations are called, within texts. */
export type NameCode = `name_${keyof typeof OPERATION_NAMES}`;
const NAMES = Object.fromEntries(
  Object.entries(OPERATION_NAMES).map(([type, { name }]) => [`name_${type}`, name]),
) as Record<NameCode, string>;

/** Every text with a code that is not one of a table of its own, in English. Codes stay; rows in the database hold them. */
export const SAYINGS = {
  ...STEP_SAYINGS,
  ...FAILURE_SAYINGS,
  ...LEDGER_SAYINGS,
  ...OBSTACLE_SAYINGS,
  ...REFUSAL_SAYINGS,
  ...PROBLEM_SAYINGS,
  ...NAMES,
  ...SEARCH_SAYINGS,
  ...FIELD_TEXTS,
};
export type SayingCode = keyof typeof SAYINGS;

type Gap<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Number}:th` ? Number : Name) | Gap<Rest>
  : never;
/** What has to be given with a code. */
type Params<Code extends SayingCode> = Record<Gap<(typeof SAYINGS)[Code]>, SaidValue>;
type Given<Code extends SayingCode> = [Gap<(typeof SAYINGS)[Code]>] extends [never]
  ? []
  : [params: Params<Code>];

/** A text by its code. */
export const say = <Code extends SayingCode>(code: Code, ...[params]: Given<Code>): Said => ({
  code,
  params: params ?? {},
});

/** The English of it: what logs and the API's clients read. */
export function inEnglish(value: SaidValue): string {
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(inEnglish).join('; ');
  const text = Object.hasOwn(SAYINGS, value.code) ? SAYINGS[value.code as SayingCode] : value.code;
  return fillIn(text, value.params, inEnglish);
}

/** A line for a person: its English and, unless the words are somebody else's, the same by its code. */
export interface Told {
  summary: string;
  said?: Said;
}

export const tell = <Code extends SayingCode>(code: Code, ...given: Given<Code>): Required<Told> =>
  told(say(code, ...given));

export const told = (said: Said): Required<Told> => ({ summary: inEnglish(said), said });

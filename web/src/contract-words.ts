import { OPERATION_NAMES, type OperationNames } from '../../contract/operation-names.ts';
import type { CodeHelp } from '../../contract/migration-codes.ts';
import type { OfferedDecision } from '../../contract/operations.ts';
import type { Problem } from '../../contract/problem.ts';
import { fillIn } from '../../contract/fill-in.ts';
import type { Said, SaidValue } from '../../contract/said.ts';
import type { FindingWords } from './locales/connection-de.ts';
import type { ContractTexts } from './locales/contract-de.ts';

/** Null in English, which is what the contract says itself. */
let texts: ContractTexts | null = null;

/** What there is in the language of the page. */
export const contractTexts = (): ContractTexts | null => texts;

/** Sets the language of what comes from the API's contract. */
export const setContractTexts = (next: ContractTexts | null): void => {
  texts = next;
};

const inTexts = <T>(known: Record<string, T> | undefined, key: string): T | undefined =>
  known && Object.hasOwn(known, key) ? known[key] : undefined;

const definition = (type: string): OperationNames | undefined =>
  inTexts<OperationNames>(OPERATION_NAMES, type);

/** The name of an operation, whose type may be newer than this dashboard. */
export const operationName = (type: string): string =>
  inTexts(texts?.operations, type)?.name ?? definition(type)?.name ?? type;

/** What is said while it is under way. */
export const operationOngoing = (type: string): string =>
  inTexts(texts?.operations, type)?.ongoing ?? definition(type)?.ongoing ?? type;

/** Whether only administrators request and cancel it. */
export const isAdminsOwn = (type: string): boolean => definition(type)?.requestedBy === 'admin';

/** A step as the operation table calls it. */
export const stepTitle = (title: string): string => inTexts(texts?.steps, title) ?? title;

/** What cancelling or leaving a step out does, as the operation table says it. */
export const effectOf = (text: string): string => inTexts(texts?.effects, text) ?? text;

/** One of the ways to decide. */
export const decisionEffect = ({ effect, again }: OfferedDecision): string =>
  (again === undefined ? undefined : texts?.triedAgain(stepTitle(again))) ?? effectOf(effect);

/** What the API says, by its code where it has one that this dashboard knows in the language of the page. */
export const inLanguage = (text: string, said: Said | undefined): string => {
  const translated = said && texts && translate(said, texts);
  return translated ?? effectOf(text);
};

function translate(value: SaidValue, known: ContractTexts): string | null {
  // What cancelling does may stand in a text, too.
  if (typeof value === 'string') return effectOf(value);
  if (typeof value === 'number') return known.numbers.format(value);
  if (Array.isArray(value)) {
    const parts = value.map((part) => translate(part, known));
    return parts.includes(null) ? null : parts.join('; ');
  }
  if (value.code.startsWith('name_')) return operationName(value.code.slice('name_'.length));
  const text = inTexts<string>(known.sayings, value.code);
  if (text === undefined) return null;
  const params = Object.entries(value.params).map(([name, part]) => [name, translate(part, known)] as const);
  return params.some(([, part]) => part === null)
    ? null
    : fillIn(text, Object.fromEntries(params) as Record<string, string>, String);
}

/** What the test of a connection found, and what to do about it. */
export function findingWords({
  message,
  remedy,
  said,
}: FindingWords & { said?: Said | undefined }): FindingWords {
  const known = said && inTexts<FindingWords>(texts?.connection, said.code);
  if (!known) return { message, remedy };
  return {
    message: fillIn(known.message, said.params, String),
    remedy: fillIn(known.remedy, said.params, String),
  };
}

/** What a code of a migration means, of which the mapping may have named its own. */
export const migrationHelp = (code: string, { meaning, remedy }: CodeHelp): CodeHelp =>
  inTexts(texts?.migrationCodes, code) ?? texts?.ownMigrationCode ?? { meaning, remedy };

/**
 * What a refusal is about: in the language of the page, or as much as its code says of it and then the API's own words,
 * which may say more.
 */
export function problemSentences({ code, title, titleSaid }: Problem): [string, ...string[]] {
  const said = titleSaid && texts && translate(titleSaid, texts);
  if (said) return [said];
  const known = inTexts(texts?.problems, code);
  return known === undefined ? [title] : [known, title];
}

/** What to do about a refusal, if that is said. */
export const problemDetail = ({ detail, detailSaid }: Problem): string | undefined =>
  detail === undefined ? undefined : inLanguage(detail, detailSaid);

import { OPERATION_NAMES, type OperationNames } from '../../contract/operation-names.ts';
import type { Problem } from '../../contract/problem.ts';
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

/** What cancelling does, or one of the ways to decide, as the operation table says it. */
export function effectOf(text: string): string {
  const again = /^“(.+)” is tried again\. What is done stays done\.$/.exec(text)?.[1];
  return (again && texts?.triedAgain(stepTitle(again))) ?? inTexts(texts?.effects, text) ?? text;
}

/** What a refusal is about: in the language of the page by its code, then in the API's own words, which may say more. */
export function problemSentences({ code, title }: Problem): [string, ...string[]] {
  const known = inTexts(texts?.problems, code);
  return known === undefined ? [title] : [known, title];
}

import { FAILURES, type FailureExplanation } from '../../contract/failures.ts';
import type { FailureCode } from '../../contract/problem.ts';
import { contractTexts } from './contract-words.ts';

/** Why operations end with this code, which may be newer than this dashboard. */
export function explanationOf(code: FailureCode): FailureExplanation {
  const failures = contractTexts()?.failures ?? FAILURES;
  return failures[code] ?? failures.internal_error;
}

import { t } from '@lingui/core/macro';
import type { Problem } from '../../contract/problem.ts';
import { inLanguage, problemDetail, problemSentences } from './contract-words.ts';

/** The API answered and refused. `problem` is its `application/problem+json` body, or one made from the status. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly problem: Problem;
  /** From `Retry-After`; null when the answer carried none. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    const detail = problemDetail(problem);
    const sentences = [...problemSentences(problem), ...(detail ? [detail] : [])];
    super(sentences.map((text, at) => (sentences[at + 1] ? `${text.replace(/\.$/, '')}.` : text)).join(' '));
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came: the request may or may not have been carried out. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

/** True when nobody knows whether the change was made, so that a retry must carry the same idempotency key. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.problem.status >= 500);
}

/** The refusal's code, or null when there was no answer. */
export function problemCode(error: unknown): Problem['code'] | null {
  return error instanceof ApiError ? error.problem.code : null;
}

/** What the API says is wrong with one field, as a sentence; null when that is not what it refused. */
export function fieldIssue(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError)) return null;
  const issue = error.problem.issues?.find((one) => isAbout(one.field, field));
  return issue ? withPart(issue.field.slice(field.length + 1), inLanguage(issue.message, issue.said)) : null;
}

/** Whether what was refused is a field, or a part of it. */
export const isAbout = (refused: string, field: string): boolean =>
  refused === field || refused.startsWith(`${field}.`);

/** Of several labels or keys in one field, the one that was refused. */
export function withPart(part: string, message: string): string {
  if (part === '') return sentence(message);
  return /^\d+$/.test(part) ? t`No. ${Number(part) + 1}: ${message}` : `${part}: ${message}`;
}

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Reads an answer that is not 2xx. A proxy's error page becomes a problem of its own. */
export async function readProblem(response: Response): Promise<ApiError> {
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const seconds = Number.isNaN(retryAfter) ? null : retryAfter;
  if ((response.headers.get('content-type') ?? '').includes('json')) {
    const body: unknown = await response.json().catch(() => null);
    if (isProblem(body)) return new ApiError(body, seconds);
  }
  const code = codeOfStatus(response.status);
  const title = t`The API answered ${`${response.status} ${response.statusText}`.trim()}`;
  return new ApiError({ type: `urn:berth:problem:${code}`, title, status: response.status, code }, seconds);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body && 'code' in body && 'status' in body;
}

function codeOfStatus(status: number): Problem['code'] {
  if (status === 401) return 'unauthenticated';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  return status === 502 || status === 503 || status === 504 ? 'unavailable' : 'internal_error';
}

import { sayIssue, wordIssue } from '../../../contract/say-issue.ts';
import { inLanguage, problemDetail, problemSentences } from '../contract-words.ts';
import { t } from '@lingui/core/macro';
import '../zod-without-eval.ts';
import { CreateServer } from '../../../contract/servers.ts';
import type { Problem } from '../../../contract/problem.ts';
import { ApiError } from '../api-error.ts';
import { restOf } from '../hooks/use-fields.ts';

/** What the form holds: every field as it was typed. */
export interface NewServerDraft {
  name: string;
  templateId: string;
  planId: string;
  /** Empty: wherever there is room. */
  location: string;
  /** How many servers, in digits. */
  count: string;
  sshKeys: string;
  /** Ids of kept keys, with spaces between. */
  sshKeyIds: string;
  password: string;
  userData: string;
  /** Lines of key=value. */
  labels: string;
}
export type DraftField = keyof NewServerDraft;
export type FieldErrors = Partial<Record<DraftField, string>>;

export const MOST_AT_ONCE = 10;

const FIELDS: DraftField[] = [
  'name',
  'templateId',
  'planId',
  'location',
  'count',
  'sshKeys',
  'sshKeyIds',
  'password',
  'userData',
  'labels',
];

const linesOf = (text: string): { line: number; text: string }[] =>
  text
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '');

/**
 * Checks the draft with the API's own schema. Gives the orders to send, for an account where there is a choice, or
 * what is wrong at which field.
 */
export function parseDraft(
  draft: NewServerDraft,
  accountId?: string,
): { orders: CreateServer[] } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  if (!draft.templateId) errors.templateId = t`Choose a template`;
  if (!draft.planId) errors.planId = t`Choose a plan`;
  const count = Number(draft.count);
  if (!Number.isInteger(count) || count < 1 || count > MOST_AT_ONCE)
    errors.count = t`Order 1 to ${MOST_AT_ONCE} servers at once`;
  const labels = linesOf(draft.labels);
  const wrong = labels.find(({ text }) => !/^[^=]+=/.test(text));
  if (wrong) errors.labels = t`Line ${wrong.line}: write it as key=value`;

  const keys = linesOf(draft.sshKeys);
  const names = errors.count ? [draft.name] : namesOf(draft.name, count);
  const parsed = names.map((name) =>
    CreateServer.safeParse(
      {
        name,
        templateId: draft.templateId,
        planId: draft.planId,
        ...(accountId ? { accountId } : {}),
        ...(draft.location ? { location: draft.location } : {}),
        ...(labels.length > 0
          ? { labels: Object.fromEntries(labels.map(({ text }) => splitLabel(text))) }
          : {}),
        ...(keys.length > 0 ? { sshKeys: keys.map(({ text }) => text) } : {}),
        ...(keptKeyIds(draft).length > 0 ? { sshKeyIds: keptKeyIds(draft) } : {}),
        ...(draft.password ? { password: draft.password } : {}),
        ...(draft.userData.trim() ? { userData: draft.userData } : {}),
      },
      { error: wordIssue },
    ),
  );
  const refused = parsed.find(({ success }) => !success);
  const issues = (refused?.error?.issues ?? []).map((issue) => ({
    field: issue.path.join('.'),
    message: issue.message,
    said: sayIssue(issue),
  }));
  const found = { ...placeIssues(issues, draft), ...errors };
  if (Object.keys(found).length > 0) return { errors: found };
  return { orders: parsed.flatMap(({ data }) => data ?? []) };
}

/** The kept keys that are chosen. */
export const keptKeyIds = ({ sshKeyIds }: NewServerDraft): string[] => sshKeyIds.split(' ').filter(Boolean);

/** Several servers are numbered: web-1, web-2, … */
export function namesOf(name: string, count: number): string[] {
  if (count === 1) return [name];
  const base = name.trim().replace(/-\d+$/, '');
  const first = Number(/-(\d+)$/.exec(name.trim())?.[1] ?? 1);
  return Array.from({ length: count }, (_, index) => `${base}-${first + index}`);
}

function splitLabel(text: string): [key: string, value: string] {
  const [key = '', ...value] = text.split('=');
  return [key.trim(), value.join('=').trim()];
}

/** The errors of a refusal that belong to a field; empty when it is about something else. */
export function refusalErrors(error: unknown, draft: NewServerDraft): FieldErrors {
  if (!(error instanceof ApiError)) return {};
  const { problem } = error;
  if (problem.code === 'user_data_unsupported')
    return { userData: problemDetail(problem) ?? problemSentences(problem).join(' ') };
  return placeIssues(problem.issues ?? [], draft);
}

/** What of a refusal no field says. */
export function refusalRest(error: Error | null, draft: NewServerDraft): Error | null {
  if (Object.keys(refusalErrors(error, draft)).length === 0) return error;
  return error instanceof ApiError && error.problem.issues ? restOf(error, FIELDS) : null;
}

function placeIssues(issues: NonNullable<Problem['issues']>, draft: NewServerDraft): FieldErrors {
  const errors: FieldErrors = {};
  for (const { field, message, said } of issues) {
    const [name = '', part] = field.split(/[./[\]]+/).filter(Boolean);
    const target = FIELDS.find((known) => known === name);
    if (!target || errors[target]) continue;
    errors[target] = capitalize(where(target, part, draft) + inLanguage(message, said));
  }
  return errors;
}

/** Which of several keys or labels is meant. */
function where(target: DraftField, part: string | undefined, draft: NewServerDraft): string {
  if (part === undefined) return '';
  if (target === 'labels') return `${part}: `;
  const line = target === 'sshKeys' ? linesOf(draft.sshKeys)[Number(part)]?.line : undefined;
  return line === undefined ? '' : t`Line ${line}: `;
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

import '../zod-without-eval.ts';
import { CreateServer } from '../../../contract/servers.ts';
import type { Problem } from '../../../contract/problem.ts';
import { ApiError } from '../api-error.ts';

/** What the form holds: every field as it was typed. */
export interface NewServerDraft {
  name: string;
  templateId: string;
  planId: string;
  sshKeys: string;
  password: string;
  userData: string;
}
export type DraftField = keyof NewServerDraft;
export type FieldErrors = Partial<Record<DraftField, string>>;

const FIELDS: DraftField[] = ['name', 'templateId', 'planId', 'sshKeys', 'password', 'userData'];

const keyLines = (text: string): { line: number; key: string }[] =>
  text
    .split('\n')
    .map((key, index) => ({ line: index + 1, key: key.trim() }))
    .filter(({ key }) => key !== '');

/** Checks the draft with the API's own schema. Gives the body to send, or what is wrong at which field. */
export function parseDraft(draft: NewServerDraft): { body: CreateServer } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  if (!draft.templateId) errors.templateId = 'Choose a template';
  if (!draft.planId) errors.planId = 'Choose a plan';
  const keys = keyLines(draft.sshKeys);
  const parsed = CreateServer.safeParse({
    name: draft.name,
    templateId: draft.templateId,
    planId: draft.planId,
    ...(keys.length > 0 ? { sshKeys: keys.map(({ key }) => key) } : {}),
    ...(draft.password ? { password: draft.password } : {}),
    ...(draft.userData.trim() ? { userData: draft.userData } : {}),
  });
  if (parsed.success) return { body: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  return { errors: { ...placeIssues(issues, draft), ...errors } };
}

/** The errors of a refusal that belong to a field; empty when it is about something else. */
export function refusalErrors(error: unknown, draft: NewServerDraft): FieldErrors {
  if (!(error instanceof ApiError)) return {};
  const { problem } = error;
  if (problem.code === 'user_data_unsupported') return { userData: problem.detail ?? problem.title };
  return placeIssues(problem.issues ?? [], draft);
}

function placeIssues(issues: NonNullable<Problem['issues']>, draft: NewServerDraft): FieldErrors {
  const errors: FieldErrors = {};
  for (const { field, message } of issues) {
    const [name = '', index] = field.split(/[./[\]]+/).filter(Boolean);
    const target = FIELDS.find((known) => known === name);
    if (!target || errors[target]) continue;
    const line = target === 'sshKeys' ? keyLines(draft.sshKeys)[Number(index)]?.line : undefined;
    errors[target] = line === undefined ? capitalize(message) : `Line ${line}: ${message}`;
  }
  return errors;
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

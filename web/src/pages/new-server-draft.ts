import type { NewServerDraft } from './new-server-form.ts';
import { suggestName } from './suggest-name.ts';

const KEY = 'berth-new-server';
/** What a link to the form may bring along. */
const LINKED = {
  template: 'templateId',
  plan: 'planId',
  location: 'location',
  name: 'name',
  keys: 'sshKeyIds',
} as const;

/** What the link says, else what was typed before in this tab, else a fresh start. */
export function initialDraft(params: URLSearchParams, templateId: string): NewServerDraft {
  const linked = Object.entries(LINKED).flatMap(([param, field]) => {
    const value = params.get(param);
    return value ? [[field, value]] : [];
  });
  return {
    name: suggestName(),
    templateId,
    planId: '',
    location: '',
    count: '1',
    sshKeys: '',
    sshKeyIds: '',
    userData: '',
    labels: '',
    ...kept(),
    ...Object.fromEntries(linked),
    password: '',
  };
}

/** The address of the form with these choices. */
export function linkTo(draft: NewServerDraft): URLSearchParams {
  const params = new URLSearchParams();
  for (const [param, field] of Object.entries(LINKED))
    if (param !== 'name' && draft[field]) params.set(param, draft[field]);
  return params;
}

function kept(): Partial<NewServerDraft> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Partial<NewServerDraft>; // written below
  } catch {
    return {};
  }
}

/** Keeps the draft until the tab is closed; never a password. Null forgets it. */
export function keepDraft(draft: NewServerDraft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify({ ...draft, password: undefined }));
  } catch {
    // Storage may be switched off; the draft then lasts until the page is left.
  }
}

import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { ApiError } from './api-error.ts';
import { effectOf, operationName, stepTitle } from './contract-words.ts';
import { preferredLanguage } from './language-choice.ts';
import { languageStore, setLanguage, startLanguage } from './language.ts';
import { renderApp } from './render-app.tsx';
import { fakeApi, ok, refusal } from './test-api.ts';
import { showToast } from './toaster.ts';

const isIn = (language: string) => waitFor(() => expect(languageStore.get()).toBe(language));

afterEach(async () => {
  setLanguage('en');
  await isIn('en');
});

it.each([
  [['de-AT', 'en'], 'de'],
  [['fr', 'de'], 'de'],
  [['en-GB', 'de'], 'en'],
  [['fr'], 'en'],
  [[], 'en'],
])('the browser that prefers %j gets %s', (tags, language) => {
  expect(preferredLanguage(tags)).toBe(language);
});

it('dialogs, drawers and messages are closed in the language of the page', async () => {
  fakeApi({ 'GET /servers': () => ok({ items: [], nextCursor: null }) });
  setLanguage('de');
  await startLanguage();
  const { user } = renderApp('/?operations=open');
  const close = () => screen.findByRole('button', { name: 'Schließen' });
  await user.click(await close());
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Schließen' })).toBeNull());
  await user.keyboard('?');
  await user.click(within(await screen.findByRole('dialog', { name: 'Tastatur' })).getByRole('button'));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  act(() => showToast({ message: 'web-1' }));
  await user.click(await close());
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
});

it('another language changes the page, what comes from the API, and the document’s language', async () => {
  fakeApi({ 'POST /refresh': () => refusal(401, 'session_expired', 'Log in again') });
  await startLanguage();
  const { user } = renderApp('/login');
  await user.selectOptions(await screen.findByLabelText('Language'), 'Deutsch');
  expect(await screen.findByRole('button', { name: 'Anmelden' })).toBeVisible();
  expect(document.documentElement.lang).toBe('de');
  expect(document.title).toBe('Anmelden · Berth');
  expect([operationName('terminate'), stepTitle('Copy the template')]).toEqual([
    'Löschen',
    'Die Vorlage kopieren',
  ]);
  expect(effectOf('The disk keeps its size.')).toBe('Die Festplatte behält ihre Größe.');
  expect(screen.getByLabelText('Sprache')).toHaveFocus();
  expect(screen.queryByTitle(/./)).toBeNull();
  const problem = {
    type: '',
    status: 409,
    code: 'invalid_state',
    title: 'The server is not running.',
  } as const;
  expect(new ApiError(problem).message).toBe('Das geht in diesem Zustand nicht. The server is not running.');
});

import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../render-app.tsx';
import { type Handler, fakeApi, refusal } from '../test-api.ts';

const ROUTE = 'POST /password-resets';

async function ask(answer: Handler) {
  const api = fakeApi({
    'POST /refresh': () => refusal(401, 'unauthenticated', 'You are not logged in.'),
    [ROUTE]: answer,
  });
  const { user } = renderApp('/login');
  await user.click(await screen.findByRole('link', { name: 'Forgot your password?' }));
  await screen.findByRole('heading', { name: 'Forgot your password?' });
  await user.type(screen.getByLabelText('E-mail'), ' ada@example.org');
  await user.click(screen.getByRole('button', { name: 'Send the link' }));
  return { api, user };
}

test('a link is asked for from the login, and the answer does not say who is known', async () => {
  const { api } = await ask(() => new Response(null, { status: 204 }));
  expect(await screen.findByText(/If there is a user with the address/)).toHaveTextContent(
    'ada@example.org, a link is on its way there.',
  );
  expect(api.sent(ROUTE)[0]?.body).toEqual({ email: 'ada@example.org', language: 'en' });
  expect(screen.getByRole('link', { name: 'Back to the login' })).toHaveAttribute('href', '/login');
  expect(document.title).toBe('Forgot your password? · Berth');
});

test('an address typed at the login need not be typed again', async () => {
  fakeApi({ 'POST /refresh': () => refusal(401, 'unauthenticated', 'You are not logged in.') });
  const { user } = renderApp('/login');
  await user.type(await screen.findByLabelText('E-mail'), 'ada@example.org');
  await user.click(screen.getByRole('link', { name: 'Forgot your password?' }));
  await screen.findByRole('heading', { name: 'Forgot your password?' });
  expect(screen.getByLabelText('E-mail')).toHaveValue('ada@example.org');
});

test.each([
  [409, 'invalid_state', /sends no e-mail. Ask your provider/],
  [429, 'rate_limited', /Wait some minutes/],
])('a refusal %s says what to do, and what was typed stays', async (status, code, words) => {
  await ask(() => refusal(status, code, 'No.'));
  expect(await screen.findByRole('alert')).toHaveTextContent(words);
  expect(screen.getByLabelText('E-mail')).toHaveValue('ada@example.org');
});

test('an address that is none is pointed at', async () => {
  const issues = [{ field: 'email', message: 'this is no e-mail address' }];
  await ask(() => refusal(422, 'invalid_input', 'Some of the input cannot be used.', { issues }));
  await screen.findByText('This is no e-mail address');
  expect(screen.getByLabelText('E-mail')).toHaveAccessibleDescription('This is no e-mail address');
});

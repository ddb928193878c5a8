import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from './render-app.tsx';
import { buildServer, fakeApi, ok, session } from './test-api.ts';

test('the stream begins before the list was read, which therefore is read once', async () => {
  const server = buildServer();
  const api = fakeApi({
    'POST /refresh': () => ok({ ...session(), latestEventId: 41 }),
    'GET /servers': () => ok({ items: [server], nextCursor: null }),
  });
  renderApp('/');
  await screen.findByText('Live');
  expect(api.sent('GET /events')[0]?.headers.get('last-event-id')).toBe('41');
  api.emit('server', { ...server, status: 'stopped' });
  await screen.findByText('Stopped', { selector: '.status' });
  expect(api.sent('GET /servers')).toHaveLength(1);
});

test('a lost stream is taken up where it ended', async () => {
  const server = buildServer();
  const api = fakeApi({ 'GET /servers': () => ok({ items: [server], nextCursor: null }) });
  renderApp('/');
  await screen.findByText('Live');
  api.emit('server', { ...server, status: 'stopped' });
  await screen.findByText('Stopped', { selector: '.status' });
  const lastId = String(api.requests.length);
  api.endStreams(10);
  await waitFor(() => expect(api.sent('GET /events')).toHaveLength(2));
  expect(api.sent('GET /events')[1]?.headers.get('last-event-id')).toBe(lastId);
  expect(api.sent('GET /events')[1]?.headers.get('authorization')).toBe('Bearer token-1');
});

test('a reset makes the page read everything again', async () => {
  const api = fakeApi({ 'GET /servers': () => ok({ items: [buildServer()], nextCursor: null }) });
  renderApp('/');
  await screen.findByText('Live');
  api.on('GET /servers', () => ok({ items: [buildServer({ name: 'changed' })], nextCursor: null }));
  api.emit('reset', {});
  expect(await screen.findByRole('link', { name: 'changed' })).toBeVisible();
});

test('an API that is gone is told across the page, and its return is noticed', async () => {
  let isGone = false;
  const api = fakeApi({
    'GET /servers': () => {
      if (isGone) throw new TypeError('Failed to fetch');
      return ok({ items: [buildServer()], nextCursor: null });
    },
  });
  const { user } = renderApp('/');
  await screen.findByText('Live');
  isGone = true;
  api.on('GET /events', () => {
    if (isGone) throw new TypeError('Failed to fetch');
    return api.openStream();
  });
  api.endStreams(10);
  expect(await screen.findByText(/What you see may be out of date/)).toBeVisible();
  isGone = false;
  await user.selectOptions(screen.getByLabelText('Status'), 'Running');
  expect(await screen.findByText('Live')).toBeVisible();
  expect(screen.queryByText(/What you see may be out of date/)).toBeNull();
});

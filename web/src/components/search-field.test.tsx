import { act, fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { list, openAdmin } from '../admin/test-admin.ts';
import { renderApp } from '../render-app.tsx';
import { buildServer, fakeApi } from '../test-api.ts';

// The code of the pages comes later than the pause of typing that a search waits for.
const { slowly } = vi.hoisted(() => ({
  slowly: async (load: () => Promise<object>) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return load();
  },
}));
vi.mock(import('../admin/plans-page.tsx'), (load) => slowly(load));
vi.mock(import('../pages/new-server-page.tsx'), (load) => slowly(load));

test('a search does not lead back whoever has followed a link since', async () => {
  const { router } = openAdmin('servers', { 'GET /servers': () => list(buildServer()) });
  const field = await screen.findByLabelText('Search servers');
  // So fast that nothing is shown of the search before the link is followed.
  act(() => {
    fireEvent.change(field, { target: { value: 'shop' } });
    fireEvent.blur(field);
    fireEvent.click(screen.getByRole('link', { name: 'Plans' }));
  });
  expect(await screen.findByRole('heading', { level: 1, name: 'Plans' })).toBeVisible();
  expect(router.state.location.pathname).toBe('/admin/plans');
});

test('nor does a filter of the list of servers', async () => {
  fakeApi({ 'GET /servers': () => list(buildServer()) });
  const { user, router } = renderApp('/');
  await user.type(await screen.findByLabelText('Search servers'), 'shop');
  await user.click(await screen.findByRole('link', { name: 'Create server' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Create server' })).toBeVisible();
  expect(router.state.location.pathname).toBe('/servers/new');
});

test('a field that is left searches at once', async () => {
  const { user, router } = openAdmin('servers', { 'GET /servers': () => list(buildServer()) });
  await user.type(await screen.findByLabelText('Search servers'), 'shop');
  await user.tab();
  expect(router.state.location.search).toBe('?q=shop');
});

import { render, screen, waitForElementToBeRemoved } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createMemoryRouter, Link } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { expect, test } from 'vitest';
import { Localised } from '../components/localised.tsx';
import { Root } from './root.tsx';

test('a page that is slow to come is said to be on its way, and the last one stays until then', async () => {
  const gate = Promise.withResolvers<null>();
  const children = [
    { index: true, element: <Link to="/next">Go on</Link> },
    { path: 'next', loader: async () => gate.promise, element: <p>There</p> },
  ];
  const router = createMemoryRouter([{ Component: Root, HydrateFallback: () => null, children }]);
  render(
    <Localised>
      <RouterProvider router={router} />
    </Localised>,
  );
  const link = await screen.findByRole('link', { name: 'Go on' });
  expect(screen.queryByRole('progressbar')).toBeNull();
  await userEvent.click(link);
  const bar = await screen.findByRole('progressbar', { name: 'Loading' });
  expect(link).toBeVisible();
  gate.resolve(null);
  await waitForElementToBeRemoved(bar);
  expect(screen.getByText('There')).toBeVisible();
});

import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createMemoryRouter } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { Localised } from './components/localised.tsx';
import { createQueryClient } from './query-client.ts';
import { routes } from './router.tsx';
import { restoreSession } from './session.ts';

/** Opens the whole dashboard at an address, as a page load would. For tests. */
export function renderApp(path: string) {
  const router = createMemoryRouter(routes, { initialEntries: [path] });
  const client = createQueryClient();
  client.setDefaultOptions({
    ...client.getDefaultOptions(),
    queries: { ...client.getDefaultOptions().queries, retry: false },
  });
  void restoreSession();
  render(
    <QueryClientProvider client={client}>
      <Localised>
        <RouterProvider router={router} />
      </Localised>
    </QueryClientProvider>,
  );
  return { router, user: userEvent.setup() };
}

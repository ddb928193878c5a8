import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, expect, test, vi } from 'vitest';
import { showToast } from '../toaster.ts';
import { Toasts } from './toasts.tsx';

afterEach(() => void vi.useRealTimers());

test('a message in the place of another stays for its whole time', () => {
  vi.useFakeTimers();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MemoryRouter>
        <Toasts userId="ada" />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  const shown = () => screen.queryAllByRole('alert').map(({ textContent }) => textContent);
  const pass = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
  act(() => showToast({ message: 'web-1 needs attention', key: 'web-1', timeout: 1_000 }));
  pass(900);
  act(() => showToast({ message: 'web-1 has failed', key: 'web-1', timeout: 1_000 }));
  expect(shown()).toEqual(['web-1 has failed']);
  // It goes away in two steps.
  pass(200);
  pass(700);
  expect(shown()).toEqual(['web-1 has failed']);
  pass(200);
  pass(1_000);
  expect(shown()).toEqual([]);
});

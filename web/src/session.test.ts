import { afterEach, expect, test, vi } from 'vitest';
import { refreshSession, renewToken, restoreSession, sessionStore } from './session.ts';
import { fakeApi, ok, refusal, session } from './test-api.ts';

afterEach(() => void Reflect.deleteProperty(navigator, 'locks'));

test('many who need a new token share one refresh', async () => {
  const api = fakeApi();
  await restoreSession();
  api.on('POST /refresh', () => ok(session('token-2')));
  const tokens = await Promise.all([renewToken('token-1'), renewToken('token-1'), renewToken('token-1')]);
  expect(tokens).toEqual(['token-2', 'token-2', 'token-2']);
  expect(api.sent('POST /refresh')).toHaveLength(2);
  expect(await renewToken('token-1')).toBe('token-2');
  expect(api.sent('POST /refresh')).toHaveLength(2);
});

test('a refresh waits while another tab refreshes, because each spends the cookie', async () => {
  const api = fakeApi();
  let release = (): void => {};
  const otherTab = new Promise<void>((resolve) => {
    release = resolve;
  });
  const request = vi.fn(async (_name: string, work: () => Promise<boolean>) => {
    await otherTab;
    return work();
  });
  Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true });
  const refreshed = refreshSession();
  expect(request).toHaveBeenCalledWith('berth-refresh', expect.any(Function));
  expect(api.sent('POST /refresh')).toHaveLength(0);
  release();
  expect(await refreshed).toBe(true);
  expect(api.sent('POST /refresh')).toHaveLength(1);
});

test('an API that cannot be reached is not taken for the end of the session', async () => {
  const api = fakeApi();
  await restoreSession();
  api.on('POST /refresh', () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(renewToken('token-1')).rejects.toThrow('The API does not answer');
  expect(sessionStore.get().status).toBe('active');
  api.on('POST /refresh', () => refusal(503, 'unavailable', 'The database is away'));
  await restoreSession();
  expect(sessionStore.get().status).toBe('unreachable');
});

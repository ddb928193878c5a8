import { expect, test, vi } from 'vitest';
import { fakeApi, refusal } from './test-api.ts';

const ENTRY = 'script[src="/app/assets/index.js"]';

test('the code begins once the page is there, its style sheet too, and what it shows has been asked for', async () => {
  const api = fakeApi({ 'POST /refresh': () => refusal(401, 'unauthenticated', 'No session') });
  document.head.innerHTML = '<link rel="stylesheet">';
  const script = document.createElement('script');
  Object.assign(script.dataset, {
    entry: '/app/assets/index.js',
    en: '/app/assets/en.js',
    de: '/app/assets/de.js',
  });
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(script);
  await import('./early.ts');
  await vi.waitFor(() => expect(api.sent('POST /refresh')).toHaveLength(1));
  const preloaded = [...document.querySelectorAll<HTMLLinkElement>('link[rel=modulepreload]')];
  expect(preloaded.map((link) => link.getAttribute('href'))).toEqual(['/app/assets/en.js']);
  document.dispatchEvent(new Event('DOMContentLoaded'));
  await new Promise((resolve) => setTimeout(resolve));
  expect(document.querySelector(ENTRY)).toBeNull();
  document.querySelector('link[rel=stylesheet]')?.dispatchEvent(new Event('load'));
  await vi.waitFor(() => expect(document.querySelector(ENTRY)).not.toBeNull());
});

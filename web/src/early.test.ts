import { beforeEach, expect, test, vi } from 'vitest';
import { buildServer, fakeApi, ok, refusal } from './test-api.ts';

const ENTRY = 'script[src="/app/assets/index.js"]';

beforeEach(() => {
  vi.resetModules();
  history.replaceState(null, '', '/app/');
  document.head.innerHTML = '<link rel="stylesheet">';
  document.body.innerHTML = '<div id="root"></div>';
  const script = document.createElement('script');
  Object.assign(script.dataset, {
    entry: '/app/assets/index.js',
    en: './locales/en.po',
    de: '/app/assets/de.js',
  });
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(script);
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
});

async function parse(): Promise<void> {
  document.dispatchEvent(new Event('DOMContentLoaded'));
  await new Promise((resolve) => setTimeout(resolve));
}
const style = (): void => {
  document.querySelector('link[rel=stylesheet]')?.dispatchEvent(new Event('load'));
};

test('the code begins once the page is there, its style sheet too, and what it shows has been asked for', async () => {
  const api = fakeApi({ 'POST /refresh': () => refusal(401, 'unauthenticated', 'No session') });
  await import('./early.ts');
  await vi.waitFor(() => expect(api.sent('POST /refresh')).toHaveLength(1));
  const preloaded = [...document.querySelectorAll<HTMLLinkElement>('link[rel=modulepreload]')];
  expect(preloaded.map((link) => link.getAttribute('href'))).toEqual(['./locales/en.po']);
  await parse();
  expect(document.querySelector(ENTRY)).toBeNull();
  style();
  await vi.waitFor(() => expect(document.querySelector(ENTRY)).not.toBeNull());
});

test('the first servers are drawn in the chosen language and theme, and then the code begins', async () => {
  localStorage.setItem('berth-theme', 'dark');
  fakeApi({ 'GET /servers': () => ok({ items: [buildServer()], nextCursor: null }) });
  await import('./early.ts');
  await parse();
  style();
  await vi.waitFor(() => expect(document.querySelector(ENTRY)).not.toBeNull());
  const look = document.querySelector('.first-look');
  expect(look).toHaveTextContent('web-1');
  expect(look).toHaveTextContent('Running');
  expect(document.body).toHaveClass('bp6-dark');
  localStorage.clear();
});

test('the code does not wait for servers that are slow to come', async () => {
  fakeApi({ 'GET /servers': () => new Promise(() => {}) });
  await import('./early.ts');
  await parse();
  style();
  await vi.waitFor(() => expect(document.querySelector(ENTRY)).not.toBeNull());
  expect(document.querySelector('.first-look')).toBeNull();
});

test.each([
  ['the screen is masked', () => localStorage.setItem('berth-mask', 'true')],
  ['the page is there before it', () => document.getElementById('root')?.append('…')],
])('nothing is drawn when %s', async (_, prepare) => {
  prepare();
  fakeApi({ 'GET /servers': () => ok({ items: [buildServer()], nextCursor: null }) });
  await import('./early.ts');
  await parse();
  style();
  await vi.waitFor(() => expect(document.querySelector(ENTRY)).not.toBeNull());
  expect(document.querySelector('.first-look')).toBeNull();
  localStorage.clear();
});

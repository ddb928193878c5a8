import { screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Server } from '../../contract/servers.ts';
import { drawFirstLook, endFirstLook } from './first-look.ts';
import { summarize } from './live-cache.ts';
import { renderApp } from './render-app.tsx';
import { CARD_PX } from './row-heights.ts';
import { columnStore } from './server-columns.ts';
import { buildOperation, buildServer, fakeApi, ok, refusal, USER } from './test-api.ts';

const LOOK = '#first-look';
const PAGE = 'main:not(.first-look main)';
const address = (last: number) => ({
  address: `203.0.113.${last}`,
  prefix: 24,
  gateway: null,
  family: 4 as const,
});

/** One of each kind that a list shows in its own way. */
function servers(): Server[] {
  const building = buildServer({ name: 'building', status: 'provisioning', ipAddresses: [] });
  const operation = buildOperation(building, 'provision', { status: 'running' });
  Object.assign(operation.steps[2] ?? {}, { state: 'running', percent: 42 });
  const waiting = buildOperation(building, 'reboot');
  const stuck = buildOperation(building, 'resize', { status: 'needs_attention' });
  return [
    buildServer(),
    { ...building, operation: summarize(operation) },
    buildServer({ name: 'waiting', operation: summarize(waiting) }),
    buildServer({ name: 'stuck', status: 'stopped', operation: summarize(stuck) }),
    buildServer({ name: 'nowhere', status: 'unknown', location: null, node: null, statusObservedAt: null }),
    buildServer({
      name: 'on a node',
      status: 'failed',
      ipAddresses: [],
      location: null,
      memoryMib: 512,
      diskGib: 2048,
    }),
    buildServer({ name: 'imported', hostname: 'shop.example.net', template: { id: null, name: 'Unknown' } }),
    buildServer({ name: 'labelled', labels: { env: 'prod' }, ipAddresses: [address(1), address(2)] }),
    buildServer({
      name: 'many',
      labels: { a: '1', b: '2', c: '3' },
      ipAddresses: [address(1), address(2), address(3)],
    }),
  ];
}

/** Elements with their classes and texts, which is what a look depends on. Icons come later, and nobody presses a picture. */
function outline(element: Element): string {
  const { localName, classList } = element;
  if (localName === 'input' || classList.contains('bp6-icon')) return '';
  const children = [...element.childNodes].map((child) =>
    child instanceof Element ? outline(child) : child.textContent,
  );
  const bar = classList.contains('percent-bar-fill') ? (element as HTMLElement).style.width : '';
  return `<${[localName, ...[...classList].toSorted()].join('.')} ${bar}>${children.join('')}</>`;
}

const outlines = (within: string, selector: string): string[] =>
  [...document.querySelectorAll(`${within} ${selector}`)].map(outline);

function showOn(isNarrow: boolean): void {
  vi.stubGlobal('innerHeight', 3_000);
  vi.stubGlobal('matchMedia', (query: string) =>
    Object.assign(new EventTarget(), { matches: isNarrow && query === '(max-width: 700px)' }),
  );
}

afterEach(() => {
  endFirstLook();
  vi.restoreAllMocks();
});

describe('the first look', () => {
  test.each(['plan', 'account'] as const)('has the rows of the table, with its column %s', async (column) => {
    const items = servers();
    showOn(false);
    columnStore.set(
      column === 'plan' ? ['plan', 'address', 'place', 'labels', 'created'] : ['account', 'created'],
    );
    fakeApi({ 'GET /servers': () => ok({ items, nextCursor: null }) });
    renderApp('/');
    await screen.findByRole('link', { name: 'many' });
    drawFirstLook({ items, nextCursor: null }, USER);
    expect(outlines(LOOK, 'th')).toEqual(outlines(PAGE, 'th'));
    expect(outlines(LOOK, 'tr.rail')).toEqual(outlines(PAGE, 'tr.rail'));
    expect(outlines(LOOK, 'tr.rail')).toHaveLength(items.length);
  });

  test('has the cards of a narrow screen', async () => {
    const items = servers();
    showOn(true);
    // jsdom has no layout, and the list shows what there is room for.
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(CARD_PX);
    fakeApi({ 'GET /servers': () => ok({ items, nextCursor: null }) });
    renderApp('/');
    await screen.findByRole('link', { name: 'many' });
    drawFirstLook({ items, nextCursor: null }, USER);
    expect(outlines(LOOK, '.server-card')).toEqual(outlines(PAGE, '.server-card'));
    expect(outlines(LOOK, '.server-card')).toHaveLength(items.length);
  });

  test('has no dash for an address: one is to come, or there is none', () => {
    showOn(true);
    const items = (['provisioning', 'failed'] as const).map((status) =>
      buildServer({ status, ipAddresses: [] }),
    );
    drawFirstLook({ items, nextCursor: null }, USER);
    const [coming, none] = document.querySelectorAll(`${LOOK} .server-card`);
    expect(coming).toHaveTextContent('No address yet');
    expect(none).not.toHaveTextContent(/No address|–/);
  });

  test('can be neither pressed nor read aloud, and shows names as what they are', () => {
    showOn(false);
    drawFirstLook({ items: [buildServer({ name: '<b>bold</b>' })], nextCursor: null }, USER);
    const look = document.querySelector<HTMLElement>(LOOK);
    expect(look?.inert).toBe(true);
    expect(look?.querySelector('b')).toBeNull();
    expect(look?.querySelector('.row-link')).toHaveTextContent('<b>bold</b>');
  });

  test('goes once the list is there', async () => {
    showOn(false);
    const { promise, resolve } = Promise.withResolvers<Response>();
    fakeApi({ 'GET /servers': () => promise });
    drawFirstLook({ items: [buildServer()], nextCursor: null }, USER);
    renderApp('/');
    await screen.findByRole('heading', { name: 'Servers' });
    expect(document.querySelector(LOOK)).not.toBeNull();
    resolve(ok({ items: [buildServer()], nextCursor: null }));
    await waitFor(() => expect(document.querySelector(LOOK)).toBeNull());
    expect(await screen.findByRole('link', { name: 'web-1' })).toBeVisible();
  });

  test('goes when the list cannot be read', async () => {
    showOn(false);
    fakeApi({ 'GET /servers': () => refusal(503, 'unavailable', 'Away') });
    drawFirstLook({ items: [buildServer()], nextCursor: null }, USER);
    renderApp('/');
    await screen.findByText('Your servers could not be read');
    expect(document.querySelector(LOOK)).toBeNull();
  });
});

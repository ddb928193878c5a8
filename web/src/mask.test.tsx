import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { wordsToCover } from './cover-words.ts';
import { maskStore, startMask } from './mask.ts';
import { renderApp } from './render-app.tsx';
import { buildServer, fakeApi, ok } from './test-api.ts';

const wordsIn = (text: string) => wordsToCover(text).map(([start, end]) => text.slice(start, end));

it.each([
  ['gateway 203.0.113.1', '203.0.113.1'],
  ['203.0.113.0/24, for others', '203.0.113.0/24'],
  ['at 2001:db8::10/64 since', '2001:db8::10/64'],
  ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0:1:2:3:4'],
  ['net0 BC:24:11:aa:bb:cc is', 'BC:24:11:aa:bb:cc'],
  ['Sign in as ada@example.com?', 'ada@example.com'],
  ['ssh debian@203.0.113.10', 'debian@203.0.113.10'],
  ['berth@pve!api · eu', 'berth@pve!api'],
  ['https://pve1.example:8006, eu', 'https://pve1.example:8006,'],
  ['berth_1a2B…', 'berth_1a2B'],
  ['SHA256:4vz+/x', 'SHA256:4vz+/x'],
])('%j has %j covered', (text, word) => {
  expect(wordsIn(text)).toEqual([word]);
});

it.each(['at 12:30:45', 'Debian 13.1', 'vmbr0', '2026-11-29', 'scsi0: local-lvm', 'Small · 2 vCPU'])(
  '%j stays as it is',
  (text) => {
    expect(wordsIn(text)).toEqual([]);
  },
);

const highlights = new Map<string, Set<StaticRange>>();
/** What is painted over on the page now; an address in two pieces of text counts as two. */
const covered = () =>
  [...(highlights.get('masked') ?? [])].map(({ startContainer, startOffset, endOffset }) =>
    startContainer.nodeValue?.slice(startOffset, endOffset),
  );

beforeEach(async () => {
  vi.stubGlobal('CSS', { highlights });
  vi.stubGlobal('Highlight', Set);
  vi.stubGlobal(
    'StaticRange',
    class {
      constructor(range: StaticRangeInit) {
        Object.assign(this, range);
      }
    },
  );
  const server = buildServer();
  fakeApi({ 'GET /servers': () => ok({ items: [server], nextCursor: null }) });
  await startMask();
});
afterEach(async () => {
  maskStore.set(false);
  await vi.waitUntil(() => highlights.size === 0);
});

it('the user menu covers addresses and says so until it is clicked away', async () => {
  const { user } = renderApp('/');
  await screen.findByRole('link', { name: 'web-1' });
  await user.click(screen.getByRole('button', { name: /Account menu/ }));
  await user.click(await screen.findByRole('menuitem', { name: 'Mask for screenshots' }));
  await waitFor(() => expect(covered()).toContain(buildServer().ipAddresses[0]?.address));
  expect(document.documentElement).toHaveAttribute('data-masked');
  await user.click(await screen.findByRole('button', { name: /^Masked/ }));
  await waitFor(() => expect(document.documentElement).not.toHaveAttribute('data-masked'));
  expect(screen.queryByRole('button', { name: /^Masked/ })).toBeNull();
});

it('the jump bar covers too, and what comes later is covered with it', async () => {
  const { user, router } = renderApp('/');
  await screen.findByRole('link', { name: 'web-1' });
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByLabelText('Jump to'), 'mask');
  await user.click(await screen.findByText('Mask for screenshots'));
  await screen.findByRole('button', { name: /^Masked/ });
  await router.navigate('/account');
  const email = await screen.findByLabelText('E-mail');
  await waitFor(() => expect(email).toHaveAttribute('data-covered'));
});

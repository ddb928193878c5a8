import { expect, it } from 'vitest';
import { bytesByReach, eventText, toMessages } from './feed-messages.ts';

const [OURS, THEIRS] = ['account-1', 'account-2'];
const states = new Map([
  ['server-1', { accountId: OURS, serverId: 'server-1', text: eventText('server', { id: 'server-1' }) }],
  ['build-1', { accountId: OURS, serverId: 'server-1', text: eventText('operation', { id: 'build-1' }) }],
  [
    'server-2',
    { accountId: THEIRS, serverId: 'server-2', text: eventText('server-deleted', { id: 'server-2' }) },
  ],
]);
const changes = [
  { id: 4, serverId: 'server-1', operationId: null },
  { id: 5, serverId: 'server-2', operationId: null },
  { id: 7, serverId: 'server-1', operationId: 'build-1' },
  { id: 9, serverId: 'server-3', operationId: null },
];
const bytesFor = bytesByReach(toMessages(changes, states));

it('tells each thing once under its latest change, with an id only where a client may resume', () => {
  expect(String(bytesFor(null))).toBe(
    'id: 5\nevent: server-deleted\ndata: {"id":"server-2"}\n\n' +
      'event: operation\ndata: {"id":"build-1"}\n\n' +
      'id: 7\nevent: server\ndata: {"id":"server-1"}\n\n',
  );
});

it('shows of it what is in an account or a server within reach, and else nothing', () => {
  const sees = (accountIds: string[], serverIds: string[] = []) =>
    [...String(bytesFor({ accountIds, serverIds }) ?? '').matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id);
  expect(sees([OURS])).toEqual(['build-1', 'server-1']);
  expect(sees([THEIRS])).toEqual(['server-2']);
  expect(sees([], ['server-1'])).toEqual(['build-1', 'server-1']);
  expect(sees([THEIRS], ['server-1'])).toEqual(['server-2', 'build-1', 'server-1']);
  expect(bytesFor({ accountIds: [], serverIds: [] })).toBeNull();
});

it('keeps line breaks out of the lines', () => {
  expect(eventText('server', { text: 'two\nlines' })).toBe('event: server\ndata: {"text":"two\\nlines"}\n\n');
});

it('makes what is the same for many only once', () => {
  expect(bytesFor({ accountIds: [OURS], serverIds: [] })).toBe(
    bytesFor({ accountIds: [OURS], serverIds: [] }),
  );
});

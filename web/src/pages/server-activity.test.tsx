import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { AuditEntry } from '../../../contract/audit-log.ts';
import type { Operation } from '../../../contract/operations.ts';
import { renderApp } from '../render-app.tsx';
import {
  type Handler,
  buildAuditEntry,
  buildOperation,
  buildServer,
  fakeApi,
  ok,
  refusal,
} from '../test-api.ts';

const server = buildServer();
const AUDIT = `GET /servers/${server.id}/audit`;
const OPERATIONS = `GET /servers/${server.id}/operations`;
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

interface Known {
  operations?: Operation[];
  entries?: AuditEntry[];
}

function open({ operations = [], entries = [] }: Known, routes: Record<string, Handler> = {}) {
  const api = fakeApi({
    'GET /servers': () => ok({ items: [server], nextCursor: null }),
    [`GET /servers/${server.id}`]: () => ok(server),
    [OPERATIONS]: () => ok({ items: operations, nextCursor: null }),
    [AUDIT]: () => ok({ items: entries, nextBefore: null }),
    ...routes,
  });
  return { api, ...renderApp(`/servers/${server.id}?tab=activity`) };
}

const done = (type: Operation['type'], createdAt: string) =>
  buildOperation(server, type, { status: 'succeeded', createdAt, finishedAt: createdAt });
const requestOf = ({ id, type, createdAt }: Operation, over: Partial<AuditEntry> = {}) =>
  buildAuditEntry({ action: `server.${type}`, operationId: id, at: createdAt, ...over });
const list = async () => screen.findByRole('list', { name: 'Activity' });
const texts = async () => [...(await list()).children].map((item) => item.textContent);

test('operations stand with who asked for them, and other deeds between them', async () => {
  const reboot = done('reboot', minutesAgo(60));
  const provision = done('provision', minutesAgo(180));
  const { user } = open({
    operations: [reboot, provision],
    entries: [
      requestOf(reboot, { ip: '203.0.113.7', tokenName: 'deploy' }),
      buildAuditEntry({
        at: minutesAgo(120),
        actor: 'member',
        actorName: 'grace@example.org',
        details: { name: 'web-1', formerName: 'web-0' },
      }),
      requestOf(provision, { actor: 'provider', actorName: null }),
    ],
  });
  expect(await screen.findByText('by the provider')).toBeVisible();
  expect(await texts()).toEqual([
    'RebootSucceeded1 h ago · took 0 sby you from 203.0.113.7 with the token deploy',
    'Renamed the server from web-0 to web-12 h agoby grace@example.org',
    'CreateSucceeded3 h ago · took 0 sby the provider',
  ]);
  await user.click(screen.getByRole('button', { name: 'Steps of Create' }));
  expect(screen.getByText('Copy the template')).toBeVisible();
});

test('a decision says which operation it was about', async () => {
  const reboot = buildOperation(server, 'reboot', { status: 'cancelled', createdAt: minutesAgo(60) });
  const cancelled = requestOf(reboot, { action: 'operation.cancel', at: minutesAgo(30) });
  open({ operations: [reboot], entries: [cancelled, requestOf(reboot)] });
  expect(await screen.findByText(/^Cancelled an operation: Reboot/)).toBeVisible();
});

test('of an operation nobody is known to have asked for, nothing is said', async () => {
  open({ operations: [done('reboot', minutesAgo(60))] });
  expect(await texts()).toEqual(['RebootSucceeded1 h ago · took 0 s']);
});

test('a server nothing was done to says so', async () => {
  open({});
  expect(await screen.findByText('Nothing has been done to this server yet.')).toBeVisible();
});

test('deeds are shown where there are no operations', async () => {
  open({ entries: [buildAuditEntry({ details: { labels: {} } })] });
  expect(await screen.findByText(/Changed the labels of the server/)).toBeVisible();
});

test('operations and entries are asked for at once', async () => {
  let answer = (): void => undefined;
  const gate = new Promise<void>((resolve) => (answer = resolve));
  const { api } = open(
    {},
    {
      [OPERATIONS]: async () => {
        await gate;
        return ok({ items: [], nextCursor: null });
      },
    },
  );
  await waitFor(() => expect(api.sent(AUDIT)).toHaveLength(1));
  expect(api.sent(OPERATIONS)).toHaveLength(1);
  answer();
  expect(await screen.findByText('Nothing has been done to this server yet.')).toBeVisible();
});

test('operations are shown while the entries are still on their way', async () => {
  open(
    { operations: [done('reboot', minutesAgo(60))] },
    { [AUDIT]: async () => new Promise(() => undefined) },
  );
  expect(await texts()).toEqual(['RebootSucceeded1 h ago · took 0 s']);
});

test('entries that cannot be read hide no operation, and can be read again', async () => {
  const reboot = done('reboot', minutesAgo(60));
  const { api, user } = open(
    { operations: [reboot] },
    { [AUDIT]: () => refusal(500, 'internal', 'Something broke') },
  );
  expect(await screen.findByText('Who did what could not be read: Something broke')).toBeVisible();
  expect(await texts()).toEqual(['RebootSucceeded1 h ago · took 0 s']);
  api.on(AUDIT, () => ok({ items: [requestOf(reboot)], nextBefore: null }));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('by you')).toBeVisible();
  expect(screen.queryByText(/could not be read/)).toBeNull();
});

test('operations that cannot be read say why', async () => {
  open({}, { [OPERATIONS]: () => refusal(500, 'internal', 'Something broke') });
  expect(await screen.findByText('The activity could not be read')).toBeVisible();
});

test('older ones come by the page of that list which is known less far back', async () => {
  const reboot = done('reboot', minutesAgo(60));
  const provision = done('provision', minutesAgo(300));
  const { api, user } = open(
    { operations: [reboot, provision] },
    {
      [AUDIT]: ({ query }) =>
        ok(
          query.get('before')
            ? { items: [requestOf(provision)], nextBefore: null }
            : { items: [requestOf(reboot)], nextBefore: '7' },
        ),
    },
  );
  expect(await screen.findByText('by you')).toBeVisible();
  expect(screen.queryByRole('heading', { name: 'Create' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Load more' }));
  expect(await screen.findByRole('heading', { name: 'Create' })).toBeVisible();
  expect(api.sent(AUDIT).at(-1)?.query.get('before')).toBe('7');
  expect(api.sent(OPERATIONS)).toHaveLength(1);
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
});

test('older entries that cannot be read hold no operation back', async () => {
  const reboot = done('reboot', minutesAgo(60));
  const provision = done('provision', minutesAgo(300));
  const { user } = open(
    { operations: [reboot, provision] },
    {
      [AUDIT]: ({ query }) =>
        query.get('before')
          ? refusal(500, 'internal', 'Something broke')
          : ok({ items: [requestOf(reboot)], nextBefore: '7' }),
    },
  );
  await user.click(await screen.findByRole('button', { name: 'Load more' }));
  expect(await screen.findByRole('heading', { name: 'Create' })).toBeVisible();
  expect(screen.getByRole('alert')).toHaveTextContent('Who did what could not be read: Something broke');
});

test('an operation that appears is told with who asked for it', async () => {
  const entries: AuditEntry[] = [];
  const { api } = open({ entries });
  await screen.findByText('Live');
  await screen.findByText('Nothing has been done to this server yet.');
  const reboot = buildOperation(server, 'reboot', { status: 'running' });
  entries.push(requestOf(reboot, { actor: 'member', actorName: 'grace@example.org' }));
  api.emit('operation', reboot);
  expect(await within(await list()).findByText('by grace@example.org')).toBeVisible();
});

test('a server that is renamed elsewhere tells by whom', async () => {
  const entries: AuditEntry[] = [];
  const { api } = open({ entries });
  await screen.findByText('Live');
  await screen.findByText('Nothing has been done to this server yet.');
  entries.push(buildAuditEntry({ details: { name: 'shop', formerName: 'web-1' } }));
  api.emit('server', { ...server, name: 'shop' });
  expect(await screen.findByText(/Renamed the server from web-1 to shop/)).toBeVisible();
});

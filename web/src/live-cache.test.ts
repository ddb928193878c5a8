import type { InfiniteData } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Server, ServerList } from '../../contract/servers.ts';
import {
  applyOperation,
  applyServer,
  applyServerDeleted,
  putServer,
  serverAuditKey,
  serversKey,
  summarize,
  withNews,
} from './live-cache.ts';
import { createQueryClient } from './query-client.ts';
import { buildOperation, buildServer } from './test-api.ts';

const ALL = { search: '', status: '', label: '', account: '', sort: '' };
const pagesOf = (...items: Server[]): InfiniteData<ServerList, string | null> => ({
  pages: [{ items, nextCursor: null }],
  pageParams: [null],
});
const names = (pages: InfiniteData<ServerList, string | null>): string[] =>
  pages.pages.flatMap((page) => page.items.map((item) => item.name));

test('a new server goes in front of the list that is newest first, and into no other', () => {
  const old = buildServer({ name: 'old', createdAt: '2026-01-01T00:00:00Z' });
  const recent = buildServer({ name: 'new', createdAt: '2026-01-02T00:00:00Z' });
  expect(names(putServer(pagesOf(old), recent, ALL))).toEqual(['new', 'old']);
  expect(names(putServer(pagesOf(old), recent, { ...ALL, sort: 'name' }))).toEqual(['old']);
  expect(names(putServer(pagesOf(old), recent, { ...ALL, status: 'stopped' }))).toEqual(['old']);
  expect(names(putServer(pagesOf(old), recent, { ...ALL, search: '203.0.113' }))).toEqual(['new', 'old']);
});

test('a new server goes only into lists of its account and its labels', () => {
  const server = buildServer({ labels: { env: 'a=b' } });
  expect(names(putServer(pagesOf(), server, { ...ALL, label: 'env=a=b' }))).toEqual(['web-1']);
  expect(names(putServer(pagesOf(), server, { ...ALL, label: 'env=a' }))).toEqual([]);
  expect(names(putServer(pagesOf(), server, { ...ALL, account: server.accountId }))).toEqual(['web-1']);
  expect(names(putServer(pagesOf(), server, { ...ALL, account: 'another' }))).toEqual([]);
});

test('a server leaves a list whose status it no longer has', () => {
  const server = buildServer();
  const stopped = { ...server, status: 'stopped' as const };
  expect(names(putServer(pagesOf(server), stopped, { ...ALL, status: 'running' }))).toEqual([]);
});

test('an answer that was under way does not undo what an event said meanwhile', async () => {
  const client = createQueryClient();
  const server = buildServer();
  const gone = buildServer({ name: 'gone' });
  const answer = await withNews(
    async () => {
      applyServer(client, { ...server, status: 'stopped' });
      applyServerDeleted(client, gone.id);
      return [server, gone];
    },
    (rows) => rows,
    (_, rows) => rows,
  );
  expect(answer.map(({ name, status }) => [name, status])).toEqual([['web-1', 'stopped']]);
});

test('a deleted server leaves every list', () => {
  const client = createQueryClient();
  const server = buildServer();
  client.setQueryData(serversKey(ALL), pagesOf(server));
  applyServerDeleted(client, server.id);
  expect(names(client.getQueryData(serversKey(ALL)) ?? pagesOf(server))).toEqual([]);
});

test('a finished operation no longer holds its server', () => {
  const operation = buildOperation(buildServer(), 'start', { status: 'succeeded' });
  expect(summarize(operation)).toBeNull();
});

describe('what was done to a server is read again', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const server = buildServer();
  const reboot = buildOperation(server, 'reboot', { status: 'running' });
  const client = createQueryClient();
  const isReadAgain = (event: () => void): boolean => {
    client.setQueryData(serverAuditKey(server.id), { pages: [], pageParams: [] });
    event();
    vi.advanceTimersByTime(1_000);
    return client.getQueryState(serverAuditKey(server.id))?.isInvalidated ?? false;
  };

  test('when an operation appears, is cancelled or ends, but not with its steps', () => {
    const cancelling = { ...reboot, cancelRequested: true };
    expect(isReadAgain(() => applyOperation(client, reboot))).toBe(true);
    expect(isReadAgain(() => applyOperation(client, { ...reboot, steps: [] }))).toBe(false);
    expect(isReadAgain(() => applyOperation(client, cancelling))).toBe(true);
    expect(isReadAgain(() => applyOperation(client, { ...cancelling, status: 'cancelled' }))).toBe(true);
  });

  test('when somebody changes the server, but not when its VM stops', () => {
    expect(isReadAgain(() => applyServer(client, server))).toBe(true);
    expect(isReadAgain(() => applyServer(client, { ...server, status: 'stopped' }))).toBe(false);
    expect(isReadAgain(() => applyServer(client, { ...server, labels: { env: 'prod' } }))).toBe(true);
  });

  test('for no operation of another server', () => {
    const other = buildOperation(buildServer(), 'reboot');
    expect(isReadAgain(() => applyOperation(client, other))).toBe(false);
  });
});

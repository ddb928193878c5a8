import { expect, test } from 'vitest';
import { type TimelineItem, toTimeline } from './server-timeline.ts';
import { buildAuditEntry, buildOperation, buildServer } from './test-api.ts';

const server = buildServer();
const minute = (at: number): string => `2026-01-02T00:${String(at).padStart(2, '0')}:00.000Z`;
const rebootAt = (at: number) => buildOperation(server, 'reboot', { createdAt: minute(at) });
const renameAt = (at: number) => buildAuditEntry({ at: minute(at), action: 'server.update' });

const all = <T>(...items: T[]) => ({ items, hasMore: false });
const latest = <T>(...items: T[]) => ({ items, hasMore: true });
const told = (items: TimelineItem[]): string[] =>
  items.map((item) => `${'entry' in item ? 'deed' : 'operation'} ${Number(item.at.slice(14, 16))}`);

test('deeds stand between the operations, newest first', () => {
  const { items, lacks } = toTimeline(all(rebootAt(5), rebootAt(3)), all(renameAt(4), renameAt(1)));
  expect(told(items)).toEqual(['operation 5', 'deed 4', 'operation 3', 'deed 1']);
  expect(lacks).toEqual({ operations: false, entries: false });
});

test('the entry that asked for an operation is told with it, not beside it', () => {
  const operation = rebootAt(5);
  const request = buildAuditEntry({
    at: operation.createdAt,
    action: 'server.reboot',
    operationId: operation.id,
  });
  expect(toTimeline(all(operation), all(request)).items).toEqual([
    { at: operation.createdAt, operation, request },
  ]);
});

test('what was decided about an operation is a deed of its own that knows the operation', () => {
  const operation = rebootAt(5);
  const entry = buildAuditEntry({ at: minute(6), action: 'operation.cancel', operationId: operation.id });
  expect(toTimeline(all(operation), all(entry)).items).toEqual([
    { at: entry.at, entry, operation },
    { at: operation.createdAt, operation, request: undefined },
  ]);
});

test('the request of an operation that is not among those known is told as a deed', () => {
  const entry = buildAuditEntry({ at: minute(6), action: 'server.reboot', operationId: server.id });
  expect(told(toTimeline(all(rebootAt(5)), all(entry)).items)).toEqual(['deed 6', 'operation 5']);
});

test('what is older than the last known operation waits until older operations are known', () => {
  const { items, lacks } = toTimeline(latest(rebootAt(5), rebootAt(3)), all(renameAt(4), renameAt(2)));
  expect(told(items)).toEqual(['operation 5', 'deed 4', 'operation 3']);
  expect(lacks).toEqual({ operations: true, entries: false });
});

test('what is older than the last known entry waits until older entries are known', () => {
  const { items, lacks } = toTimeline(all(rebootAt(5), rebootAt(3)), latest(renameAt(4)));
  expect(told(items)).toEqual(['operation 5', 'deed 4']);
  expect(lacks).toEqual({ operations: false, entries: true });
});

test('of two lists that go on, the one that is known less far back is read on', () => {
  const { items, lacks } = toTimeline(latest(rebootAt(5), rebootAt(1)), latest(renameAt(4), renameAt(2)));
  expect(told(items)).toEqual(['operation 5', 'deed 4', 'deed 2']);
  expect(lacks).toEqual({ operations: false, entries: true });
});

test('two lists that end at the same moment are both read on', () => {
  const operation = rebootAt(3);
  const request = buildAuditEntry({
    at: operation.createdAt,
    action: 'server.reboot',
    operationId: operation.id,
  });
  expect(toTimeline(latest(operation), latest(request)).lacks).toEqual({ operations: true, entries: true });
});

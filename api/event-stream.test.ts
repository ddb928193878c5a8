import { expect, it } from 'vitest';
import { createEventStream } from './event-stream.ts';

it('writes messages as server-sent events, an id only where a client may resume', () => {
  const stream = createEventStream();
  stream.startAt(7);
  stream.ping();
  stream.send([
    { id: null, event: 'operation', data: { text: 'two\nlines' } },
    { id: 8, event: 'server-deleted', data: { id: 'x' } },
  ]);
  expect(String(stream.body.read())).toBe(
    'retry: 2000\nid: 7\n\n' +
      ': ping\n\n' +
      'event: operation\ndata: {"text":"two\\nlines"}\n\n' +
      'id: 8\nevent: server-deleted\ndata: {"id":"x"}\n\n',
  );
});

it('drops a client that does not read, and is silent afterwards', () => {
  const stream = createEventStream();
  const message = { id: 1, event: 'server' as const, data: { filler: 'x'.repeat(1_000_000) } };
  for (let count = 0; count < 3; count += 1) stream.send([message]);
  expect(stream.body.destroyed).toBe(false);
  for (let count = 0; count < 3; count += 1) stream.send([message]);
  expect(stream.body.destroyed).toBe(true);
  expect(() => stream.send([message])).not.toThrow();
  stream.ping();
  stream.end();
});

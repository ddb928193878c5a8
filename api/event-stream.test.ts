import { expect, it } from 'vitest';
import { createEventStream } from './event-stream.ts';

it('passes messages on, says where to resume, and pings by what clients ignore', () => {
  const stream = createEventStream();
  stream.startAt(7);
  stream.ping();
  stream.send(Buffer.from('id: 8\nevent: server-deleted\ndata: {"id":"x"}\n\n'));
  expect(String(stream.body.read())).toBe(
    'retry: 2000\nid: 7\n\n' + ': ping\n\n' + 'id: 8\nevent: server-deleted\ndata: {"id":"x"}\n\n',
  );
});

it('drops a client that does not read, and is silent afterwards', () => {
  const stream = createEventStream();
  const message = Buffer.from(`event: server\ndata: ${'x'.repeat(1_000_000)}\n\n`);
  for (let count = 0; count < 3; count += 1) stream.send(message);
  expect(stream.body.destroyed).toBe(false);
  for (let count = 0; count < 3; count += 1) stream.send(message);
  expect(stream.body.destroyed).toBe(true);
  expect(() => stream.send(message)).not.toThrow();
  stream.ping();
  stream.end();
});

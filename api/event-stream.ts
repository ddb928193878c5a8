import { PassThrough } from 'node:stream';

/** More than the longest replay takes, which is written before anyone can have read of it. */
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

export interface EventStream {
  readonly body: PassThrough;
  /** Sends what is in the form of server-sent events already. */
  send(bytes: Buffer): void;
  /** A line clients ignore; keeps proxies from closing a quiet stream. */
  ping(): void;
  /** Makes the client resume from here when it has seen nothing else. */
  startAt(id: number): void;
  end(): void;
}

/** One client's stream. A client that does not read is dropped: it comes back with Last-Event-ID. */
export function createEventStream(): EventStream {
  const body = new PassThrough();
  const write = (text: string | Buffer) => {
    if (body.destroyed || body.writableEnded) return;
    if (body.readableLength + body.writableLength > MOST_UNSENT_BYTES) body.destroy();
    else body.write(text);
  };
  return {
    body,
    send: write,
    ping: () => write(': ping\n\n'),
    startAt: (id) => write(`retry: 2000\nid: ${id}\n\n`),
    end: () => void body.end(),
  };
}

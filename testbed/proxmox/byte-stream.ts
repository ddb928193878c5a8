import type { WebSocket } from 'ws';

/** The largest piece that pveproxy passes on in one frame. */
export const MOST_BYTES_PER_FRAME = 128 * 1024;

/** A client's end of a console: bytes in both directions, in whatever pieces they come. */
export interface ByteStream {
  /** The next bytes; rejects when the client is gone before they are there. */
  read(length: number): Promise<Buffer>;
  /** Text up to a separator, which is taken but not answered. */
  readUntil(separator: string): Promise<string>;
  write(bytes: Buffer | string): void;
  close(): void;
  /** Hears when the connection ends. */
  onClose(heard: () => void): void;
}

/** The client went away. */
export class StreamClosed extends Error {
  override name = 'StreamClosed';
}

/** Reads and writes bytes over a websocket, whose message boundaries mean nothing. */
export function createByteStream(socket: WebSocket): ByteStream {
  let received = Buffer.alloc(0);
  let isClosed = false;
  let wake: () => void = () => undefined;
  socket.on('message', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    wake();
  });
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  socket.on('error', () => socket.terminate());

  async function more(): Promise<void> {
    if (isClosed) throw new StreamClosed('connection closed');
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }

  function take(length: number): Buffer {
    const taken = received.subarray(0, length);
    received = received.subarray(length);
    return taken;
  }

  return {
    async read(length) {
      while (received.length < length) await more();
      return take(length);
    },
    async readUntil(separator) {
      while (!received.includes(separator)) await more();
      const text = take(received.indexOf(separator)).toString();
      take(separator.length);
      return text;
    },
    write(bytes) {
      const all = Buffer.from(bytes);
      for (let at = 0; at < all.length; at += MOST_BYTES_PER_FRAME) {
        socket.send(all.subarray(at, at + MOST_BYTES_PER_FRAME), { binary: true });
      }
    },
    close: () => socket.close(),
    onClose: (heard) => socket.once('close', heard),
  };
}

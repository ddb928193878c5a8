import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createRandom } from './random.ts';

export interface FaultyProxyOptions {
  /** mysql://user:password@host:port/database of the server behind it. */
  url: string;
  /** Each answer is held back for so long. */
  delayMs?: number;
  /** The share of answers, 0 to 1, instead of which the connection is cut. */
  cutRate?: number;
  /** The same seed cuts the same answers of a connection. */
  seed?: string;
  port?: number;
}

export interface FaultyProxy {
  /** The same URL, through the proxy. */
  through(url: string): string;
  /** How many connections it has cut. */
  cuts(): number;
  close(): Promise<void>;
}

/** A way to a database that is slow and breaks off, as an old server under load does. Listens on loopback. */
export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const { url, delayMs = 0, cutRate = 0, seed = 'faulty', port = 0 } = options;
  const { hostname, port: behind } = new URL(url);
  const random = createRandom(seed);
  const open = new Set<Socket>();
  let answers = 0;
  let cuts = 0;
  const server = createServer((client) => {
    const database = connect({ host: hostname, port: Number(behind || 3306) });
    for (const socket of [client, database]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    client.pipe(database);
    database.on('data', (chunk) => {
      answers += 1;
      if (random.chance('cut', answers, cutRate)) {
        cuts += 1;
        client.destroy();
        return;
      }
      // One after the other, so that nothing overtakes.
      database.pause();
      setTimeout(() => {
        client.write(chunk);
        database.resume();
      }, delayMs);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  // A server that listens on a port has one.
  const listening = (server.address() as AddressInfo).port;
  return {
    through(text) {
      const copy = new URL(text);
      copy.hostname = '127.0.0.1';
      copy.port = String(listening);
      return copy.href;
    },
    cuts: () => cuts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** An answer as it goes over the wire. A null body sends no length either, as for a 401. */
export interface WireAnswer {
  status: number;
  reason: string;
  body: string | Buffer | null;
  contentType?: string;
  isForwarded?: boolean;
  /** The name of a file that is to be kept; its content is gzipped. */
  file?: string | undefined;
}

const IDLE_MS = 5000;
const REQUESTS_PER_CONNECTION = 100;

const requestsServed = new WeakMap<Socket, number>();

/** Sends an answer with the headers of pveproxy, in its order. */
export function sendAnswer(res: ServerResponse, answer: WireAnswer): void {
  const served = (requestsServed.get(res.req.socket) ?? 0) + 1;
  requestsServed.set(res.req.socket, served);
  const closes = answer.status >= 400 || served >= REQUESTS_PER_CONNECTION;
  const date = new Date().toUTCString();
  const headers: [string, string][] = [['Cache-Control', 'max-age=0']];
  if (closes) headers.push(['Connection', 'close']);
  else {
    // The first of the two is what pvedaemon said to pveproxy.
    if (answer.isForwarded) headers.push(['Connection', 'close']);
    headers.push(['Connection', 'Keep-Alive']);
  }
  headers.push(['Date', date], ['Pragma', 'no-cache'], ['Server', 'pve-api-daemon/3.0']);
  if (answer.file !== undefined) headers.push(['Content-Encoding', 'gzip']);
  if (answer.body !== null) headers.push(['Content-Length', String(Buffer.byteLength(answer.body))]);
  if (answer.contentType) headers.push(['Content-Type', answer.contentType]);
  headers.push(['Expires', date]);
  if (answer.file !== undefined) {
    headers.push(['Content-Disposition', `attachment; filename="${answer.file}"`]);
  }
  res.sendDate = false;
  res.useChunkedEncodingByDefault = false;
  // A reason phrase is one line of Latin-1.
  const reason = (answer.reason.split('\n')[0] ?? '').replaceAll(/[^\t\x20-\x7e\xa0-\xff]/g, '?');
  res.writeHead(answer.status, reason, headers.flat());
  res.end(answer.body ?? '');
}

/**
 * Listens with TLS; a plain HTTP request on the same port gets the redirect that pveproxy sends.
 */
export async function listen(
  options: { host: string; port: number; key: string; cert: string },
  handle: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const https = createHttpsServer(
    { key: options.key, cert: options.cert, keepAliveTimeout: IDLE_MS, requireHostHeader: false },
    handle,
  );
  https.keepAliveTimeoutBuffer = 0;
  https.on('clientError', (err: Error & { rawPacket?: Buffer }, socket: Socket) => {
    if (!socket.writable) return socket.destroy();
    return socket.end(
      `HTTP/1.1 ${refusalOf(err.rawPacket)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (chunk) => {
      socket.pause();
      socket.unshift(chunk);
      // 22 is the first byte of a TLS handshake.
      if (chunk[0] === 22) https.emit('connection', socket);
      else {
        redirectToTls(socket);
        socket.resume();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: portOf(server),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      https.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Status and reason for what is no HTTP request, or one with a method that Node does not know. */
function refusalOf(packet: Buffer | undefined): string {
  const method = /^([A-Z]+) \S+ HTTP\/1\./.exec(packet?.toString('latin1') ?? '')?.[1];
  return method ? `501 method '${method}' not available` : '400 bad request';
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('server has no port');
  return address.port;
}

function redirectToTls(socket: Socket): void {
  socket.once('data', (chunk) => {
    const text = chunk.toString('latin1');
    const [method = '', path = '/'] = text.split(' ');
    const target = /^host:\s*(\S+)/im.exec(text)?.[1] ?? '';
    const [status, reason] =
      method === 'GET' || method === 'HEAD' ? [301, 'Moved Permanently'] : [308, 'Permanent Redirect'];
    socket.end(
      [
        `HTTP/1.1 ${status} ${reason}`,
        'Cache-Control: max-age=0',
        'Connection: close',
        'Pragma: no-cache',
        `Location: https://${target}${path}`,
        'Server: pve-api-daemon/3.0',
        `Content-Length: ${reason.length}`,
        '',
        reason,
      ].join('\r\n'),
    );
  });
}

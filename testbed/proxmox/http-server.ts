import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { responseOn, wantsConsole } from './console-websocket.ts';

/** An answer as it goes over the wire. A null body sends no length either, as for a 401. */
export interface WireAnswer {
  status: number;
  reason: string;
  body: string | Buffer | null;
  contentType?: string;
  isForwarded?: boolean;
  /** Besides, or instead of those the server sends. */
  headers?: Record<string, string>;
}

const IDLE_MS = 5000;
const REQUESTS_PER_CONNECTION = 100;

const requestsServed = new WeakMap<Socket, number>();

/** The headers of pveproxy, in its order; `now` in Unix milliseconds. */
function headersOf(res: ServerResponse, answer: WireAnswer, now: number): [string, string][] {
  const served = (requestsServed.get(res.req.socket) ?? 0) + 1;
  requestsServed.set(res.req.socket, served);
  const closes = answer.status >= 400 || served >= REQUESTS_PER_CONNECTION;
  const date = new Date(now).toUTCString();
  const headers: [string, string][] = [['Cache-Control', 'max-age=0']];
  if (closes) headers.push(['Connection', 'close']);
  else {
    // The first of the two is what pvedaemon said to pveproxy.
    if (answer.isForwarded) headers.push(['Connection', 'close']);
    headers.push(['Connection', 'Keep-Alive']);
  }
  headers.push(['Date', date], ['Pragma', 'no-cache'], ['Server', 'pve-api-daemon/3.0']);
  if (answer.body !== null) headers.push(['Content-Length', String(Buffer.byteLength(answer.body))]);
  if (answer.contentType) headers.push(['Content-Type', answer.contentType]);
  headers.push(['Expires', date]);
  const given = Object.entries(answer.headers ?? {});
  const isGiven = (name: string): boolean =>
    given.some(([other]) => other.toLowerCase() === name.toLowerCase());
  return [...headers.filter(([name]) => !isGiven(name)), ...given];
}

/** A reason phrase is one line of Latin-1. */
function phraseOf(reason: string): string {
  return (reason.split('\n')[0] ?? '').replaceAll(/[^\t\x20-\x7e\xa0-\xff]/g, '?');
}

/** Sends an answer as pveproxy does; `now` in Unix milliseconds. */
export function sendAnswer(res: ServerResponse, answer: WireAnswer, now: number): void {
  res.sendDate = false;
  res.useChunkedEncodingByDefault = false;
  res.writeHead(answer.status, phraseOf(answer.reason), headersOf(res, answer, now).flat());
  res.end(answer.body ?? '');
}

/** Sends an answer whose connection ends after so many bytes of the body, or half of it. */
export function sendCut(
  res: ServerResponse,
  answer: WireAnswer,
  { bytes, chunked = false }: { bytes?: number | undefined; chunked?: boolean | undefined },
  now: number,
): void {
  const { socket } = res.req;
  const body = Buffer.from(answer.body ?? '');
  const part = body.subarray(0, Math.min(bytes ?? Math.floor(body.length / 2), Math.max(0, body.length - 1)));
  const headers = headersOf(res, answer, now).filter(([name]) => !chunked || name !== 'Content-Length');
  const head = [
    `HTTP/1.1 ${answer.status} ${phraseOf(answer.reason)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(chunked ? ['Transfer-Encoding: chunked'] : []),
    '',
    chunked ? `${body.length.toString(16)}\r\n` : '',
  ].join('\r\n');
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), part]));
  socket.destroySoon();
}

const PAGES = { 502: 'Bad Gateway', 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' };

/** Sends the error page of nginx, which some put in front of the API. */
export function sendPage(res: ServerResponse, status: keyof typeof PAGES): void {
  const title = `${status} ${PAGES[status]}`;
  const body = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
    '',
  ].join('\r\n');
  res.writeHead(status, PAGES[status], {
    server: 'nginx',
    'content-type': 'text/html',
    'content-length': body.length,
  });
  res.end(body);
}

const tcpSockets = new WeakMap<Socket, Socket>();

/** Ends a connection as a crashed peer does. */
export function resetConnection(socket: Socket): void {
  tcpSockets.get(socket)?.resetAndDestroy();
}

/**
 * Listens with TLS; a plain HTTP request on the same port gets the redirect that pveproxy sends. A connection whose
 * handshake `isReset` is true for ends there.
 */
export async function listen(
  options: { host: string; port: number; key: string; cert: string; isReset: () => boolean },
  handle: (req: IncomingMessage, res: ServerResponse, upgradeHead?: Buffer) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const https = createHttpsServer(
    {
      key: options.key,
      cert: options.cert,
      keepAliveTimeout: IDLE_MS,
      requireHostHeader: false,
      shouldUpgradeCallback: wantsConsole,
    },
    (req, res) => handle(req, res),
  );
  https.on('upgrade', (req: IncomingMessage, _socket, head: Buffer) => handle(req, responseOn(req), head));
  https.keepAliveTimeoutBuffer = 0;
  https.on('clientError', (err: Error & { rawPacket?: Buffer }, socket: Socket) => {
    if (!socket.writable) return socket.destroy();
    return socket.end(
      `HTTP/1.1 ${refusalOf(err.rawPacket)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  const sockets = new Map<string, Socket>();
  https.on('secureConnection', (secure: Socket) => {
    const tcp = sockets.get(peerOf(secure));
    if (tcp) tcpSockets.set(secure, tcp);
  });
  const server = createTcpServer((socket) => {
    const peer = peerOf(socket);
    sockets.set(peer, socket);
    socket.on('close', () => {
      if (sockets.get(peer) === socket) sockets.delete(peer);
    });
    socket.on('error', () => socket.destroy());
    socket.once('data', (chunk) => {
      socket.pause();
      socket.unshift(chunk);
      // 22 is the first byte of a TLS handshake.
      if (chunk[0] === 22) {
        if (options.isReset()) socket.resetAndDestroy();
        else https.emit('connection', socket);
      } else {
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
      for (const socket of sockets.values()) socket.destroy();
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

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
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

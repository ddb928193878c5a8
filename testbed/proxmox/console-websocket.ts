import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import { createByteStream, MOST_BYTES_PER_FRAME } from './byte-stream.ts';
import type { Cluster } from './cluster.ts';
import { consoleKey } from './console-workers.ts';
import type { WireAnswer } from './http-server.ts';

/** Whether a request asks for the websocket of a console; all other upgrades are not looked at. */
export function wantsConsole({ method, url, headers }: IncomingMessage): boolean {
  const [path = ''] = (url ?? '').split('?');
  return method === 'GET' && headers.upgrade !== undefined && path.endsWith('websocket');
}

/** What is wrong with the headers of an upgrade; looked at before it is known whether the call may be made. */
export function refusalOfUpgrade({ headers }: IncomingMessage): WireAnswer | undefined {
  const upgrade = headers.upgrade?.toLowerCase() ?? '';
  const version = String(headers['sec-websocket-version'] ?? '');
  const refuse = (reason: string): WireAnswer => ({ status: 501, reason, body: `${reason}\n` });
  if (upgrade !== 'websocket') return refuse(`unable to upgrade to protocol '${upgrade}'`);
  if (version !== '13') return refuse(`unsupported websocket-version '${version}'`);
  return headers['sec-websocket-key'] === undefined ? refuse('missing websocket-key') : undefined;
}

/** An answer to a request whose connection Node has already handed over. */
export function responseOn(req: IncomingMessage): ServerResponse {
  const res = new ServerResponse(req);
  res.assignSocket(req.socket);
  res.on('finish', () => req.socket.end());
  return res;
}

export interface ConsoleSockets {
  /** Connects the client of a granted upgrade with the console on the port it named. */
  connect(cluster: Cluster, req: IncomingMessage, head: Buffer): void;
  close(): void;
}

export function createConsoleSockets(): ConsoleSockets {
  // The subprotocol is whatever was offered first; frames are limited and not compressed.
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_BYTES_PER_FRAME,
    perMessageDeflate: false,
    clientTracking: true,
  });
  return {
    connect(cluster, req, head) {
      const { pathname, searchParams } = new URL(req.url ?? '', 'https://localhost');
      const node = /\/nodes\/([^/]+)/.exec(pathname)?.[1] ?? '';
      const accept = cluster.consoles.get(consoleKey(node, Number(searchParams.get('port'))));
      // Nobody listens on the port: pveproxy gives up without a word.
      if (!accept) {
        req.socket.destroy();
        return;
      }
      cluster.consoles.delete(consoleKey(node, Number(searchParams.get('port'))));
      server.handleUpgrade(req, req.socket as Duplex, head, (socket) => {
        // Neither the end of a console nor a client's close frame is answered with a close frame.
        socket.close = () => req.socket.end();
        accept(createByteStream(socket));
      });
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { generate } from 'selfsigned';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createProxmox } from './client.ts';
import { ProxmoxError } from './errors.ts';
import { createSession } from './session.ts';
import type { CallInfo, SessionOptions } from './session.ts';

const TOKEN = { id: 'berth@pve!test', secret: 'b6f2b1d0-secret-of-the-token' };
const ANYTHING = z.unknown();

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  socket: Socket;
}

let tls: { key: string; cert: string };
let fingerprint: string;

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  tls = { key: made.private, cert: made.cert };
  const { X509Certificate } = await import('node:crypto');
  fingerprint = new X509Certificate(made.cert).fingerprint256;
});

afterEach(() => vi.restoreAllMocks());

/** A small Proxmox: remembers what it was asked and answers as told. */
async function startNode(answer: (res: ServerResponse, seen: Seen) => void) {
  const seen: Seen[] = [];
  const server = createServer(tls, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const entry = {
        method: req.method ?? '',
        url: req.url ?? '',
        headers: req.headers,
        body,
        socket: req.socket,
      };
      seen.push(entry);
      answer(res, entry);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close };
}

function openSession(endpoints: string[], options: Partial<SessionOptions> = {}) {
  const session = createSession({ endpoints, token: TOKEN, fingerprint, ...options } as SessionOptions);
  onTestFinished(session.close);
  return session;
}

const json = (res: ServerResponse, data: unknown) => res.end(JSON.stringify({ data }));

async function failureOf(promise: Promise<unknown>): Promise<ProxmoxError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(ProxmoxError);
  return error as ProxmoxError;
}

/** An address that refuses connections. */
async function deadUrl(): Promise<string> {
  const node = await startNode((res) => res.end());
  await node.close();
  return node.url;
}

describe('requests', () => {
  it('sends a form with its length, the token, and booleans as 0 and 1', async () => {
    const node = await startNode((res) => json(res, 'UPID:x'));
    await openSession([node.url]).call(ANYTHING, {
      method: 'POST',
      template: '/nodes/{node}/qemu/{vmid}/clone',
      path: { node: 'pve1', vmid: 9000 },
      params: { newid: 100, full: true, name: 'a b+c', storage: undefined, purge: false },
    });
    expect(node.seen[0]).toMatchObject({
      method: 'POST',
      url: '/api2/json/nodes/pve1/qemu/9000/clone',
      body: 'newid=100&full=1&name=a%20b%2Bc&purge=0',
      headers: {
        authorization: `PVEAPIToken=${TOKEN.id}=${TOKEN.secret}`,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': '39',
      },
    });
    expect(node.seen[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it('puts the parameters of DELETE and GET in the query and sends no body', async () => {
    const node = await startNode((res) => json(res, null));
    const session = openSession([node.url]);
    for (const method of ['DELETE', 'GET'] as const) {
      await session.call(ANYTHING, { method, template: '/x', params: { purge: true, upid: 'a:b@c' } });
    }
    expect(node.seen.map(({ url, body }) => [url, body])).toEqual([
      ['/api2/json/x?purge=1&upid=a%3Ab%40c', ''],
      ['/api2/json/x?purge=1&upid=a%3Ab%40c', ''],
    ]);
    expect(node.seen[0]?.headers['content-length']).toBeUndefined();
  });

  it('sends headers and body in one TLS record', async () => {
    const first = Promise.withResolvers<string>();
    const server = createTlsServer(tls, (socket) => {
      // Node hands out one record per read, so a body in a record of its own would not be in the first chunk.
      socket.once('data', (chunk) => {
        first.resolve(chunk.toString());
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{"data":null}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await openSession([`https://127.0.0.1:${(server.address() as AddressInfo).port}`]).call(ANYTHING, {
      method: 'PUT',
      template: '/x',
      params: { description: 'y'.repeat(4000) },
    });
    expect(await first.promise).toMatch(/^PUT [^]*\r\n\r\ndescription=y{4000}$/);
  });

  it('keeps a connection for 100 requests and no longer', async () => {
    const node = await startNode((res) => json(res, 1));
    const session = openSession([node.url], { connections: 1 });
    for (let n = 0; n < 101; n++) {
      await session.call(ANYTHING, { method: 'GET', template: '/x' });
    }
    const sockets = node.seen.map(({ socket }) => socket);
    expect(new Set(sockets.slice(0, 100)).size).toBe(1);
    expect(sockets[100]).not.toBe(sockets[0]);
  });

  it('tells the observer the template and status of each call, never its values', async () => {
    const node = await startNode((res, { url }) =>
      url.includes('/4/') ? res.writeHead(500, 'VM is locked (clone)').end() : json(res, {}),
    );
    const calls: CallInfo[] = [];
    const session = openSession([node.url], { onCall: (info) => calls.push(info) });
    await session.call(ANYTHING, { method: 'GET', template: '/qemu/{vmid}/x', path: { vmid: 3 } });
    await failureOf(session.call(ANYTHING, { method: 'PUT', template: '/qemu/{vmid}/x', path: { vmid: 4 } }));
    expect(calls).toEqual([
      { method: 'GET', template: '/qemu/{vmid}/x', status: 200, ms: expect.any(Number) },
      { method: 'PUT', template: '/qemu/{vmid}/x', status: 500, ms: expect.any(Number) },
    ]);
  });
});

describe('answers', () => {
  it('keeps the reason phrase and the errors of a refusal', async () => {
    const node = await startNode((res) =>
      res
        .writeHead(400, 'Parameter verification failed.')
        .end('{"data":null,"errors":{"vmid":"VM 150 already exists"}}'),
    );
    const error = await failureOf(openSession([node.url]).call(ANYTHING, { method: 'GET', template: '/x' }));
    expect(error).toMatchObject({
      status: 400,
      reason: 'Parameter verification failed.',
      errors: { vmid: 'VM 150 already exists' },
      code: 'vmid_taken',
    });
  });

  it('reads the text from the reason phrase when the body is empty, as for 595', async () => {
    const node = await startNode((res) => res.writeHead(595, 'No route to host').end());
    const error = await failureOf(openSession([node.url]).call(ANYTHING, { method: 'POST', template: '/x' }));
    expect(error).toMatchObject({
      status: 595,
      reason: 'No route to host',
      kind: 'unreachable',
      sent: false,
    });
  });

  it('does not call the outcome of a read unknown', async () => {
    const node = await startNode((res) => res.writeHead(596, 'Connection timed out').end());
    const session = openSession([node.url]);
    const read = await failureOf(session.call(ANYTHING, { method: 'GET', template: '/x' }));
    expect(read).toMatchObject({ kind: 'unreachable', sent: false });
    const write = await failureOf(session.call(ANYTHING, { method: 'PUT', template: '/x' }));
    expect(write).toMatchObject({ kind: 'unknown', sent: true });
  });

  it('goes on after an answer with both Connection headers that pveproxy sends', async () => {
    const node = await startNode((res) => {
      res.setHeader('Connection', ['close', 'Keep-Alive']);
      json(res, 1);
    });
    const session = openSession([node.url]);
    expect(await session.call(ANYTHING, { method: 'GET', template: '/x' })).toBe(1);
    expect(await session.call(ANYTHING, { method: 'POST', template: '/x' })).toBe(1);
  });

  it('reports an answer of another shape without quoting it', async () => {
    const node = await startNode((res) => json(res, { version: { secret: 'quoted' } }));
    const proxmox = createProxmox({ endpoints: [node.url], token: TOKEN, fingerprint });
    onTestFinished(proxmox.close);
    const error = await failureOf(proxmox.version());
    expect(error).toMatchObject({ kind: 'final', code: 'proxmox_bad_answer' });
    expect(inspect(error)).not.toContain('quoted');
  });
});

describe('trust', () => {
  it('accepts the pinned certificate, and one of several', async () => {
    const node = await startNode((res) => json(res, 1));
    const pins = ['AA:BB', fingerprint.toLowerCase()];
    expect(
      await openSession([node.url], { fingerprint: pins }).call(ANYTHING, { method: 'GET', template: '/x' }),
    ).toBe(1);
  });

  it('refuses any other certificate before anything is sent', async () => {
    const node = await startNode((res) => json(res, 1));
    const session = openSession([node.url], { fingerprint: fingerprint.replace(/^../, '00') });
    const error = await failureOf(session.call(ANYTHING, { method: 'POST', template: '/x' }));
    expect(error).toMatchObject({ kind: 'auth', code: 'proxmox_untrusted', sent: false });
    expect(node.seen).toEqual([]);
  });

  it('verifies against a given CA, and by default against the system', async () => {
    const node = await startNode((res) => json(res, 1));
    const withCa = createSession({ endpoints: [node.url], token: TOKEN, ca: tls.cert });
    onTestFinished(withCa.close);
    expect(await withCa.call(ANYTHING, { method: 'GET', template: '/x' })).toBe(1);
    const bySystem = createSession({ endpoints: [node.url], token: TOKEN });
    onTestFinished(bySystem.close);
    const error = await failureOf(bySystem.call(ANYTHING, { method: 'GET', template: '/x' }));
    expect(error.code).toBe('proxmox_untrusted');
  });
});

describe('several endpoints', () => {
  it('goes to the next one when a connection is refused, also for writes, and stays there', async () => {
    const dead = await deadUrl();
    const node = await startNode((res) => json(res, 1));
    const session = openSession([dead, node.url]);
    expect(await session.call(ANYTHING, { method: 'POST', template: '/x' })).toBe(1);
    expect(await session.call(ANYTHING, { method: 'GET', template: '/x' })).toBe(1);
    expect(node.seen).toHaveLength(2);
  });

  it('repeats a read whose answer was lost, and never a write', async () => {
    const broken = await startNode((_res, { socket }) => socket.destroy());
    const node = await startNode((res) => json(res, 1));
    expect(await openSession([broken.url, node.url]).call(ANYTHING, { method: 'GET', template: '/x' })).toBe(
      1,
    );
    const error = await failureOf(
      openSession([broken.url, node.url]).call(ANYTHING, { method: 'POST', template: '/x' }),
    );
    expect(error).toMatchObject({ kind: 'unknown', code: 'outcome_unknown', sent: true });
    expect(node.seen).toHaveLength(1);
  });

  it('repeats a read on a lone endpoint when its connection was lost', async () => {
    let answers = 0;
    const node = await startNode((res, { socket }) => (answers++ === 0 ? socket.destroy() : json(res, 1)));
    expect(await openSession([node.url]).call(ANYTHING, { method: 'GET', template: '/x' })).toBe(1);
    expect(node.seen).toHaveLength(2);
  });

  it('says unreachable when none answers', async () => {
    const session = openSession([await deadUrl(), await deadUrl()]);
    const error = await failureOf(session.call(ANYTHING, { method: 'PUT', template: '/x' }));
    expect(error).toMatchObject({ kind: 'unreachable', code: 'proxmox_unreachable', sent: false });
  });
});

describe('deadlines', () => {
  const timeouts = { read: 50, mutate: 50 };

  it('gives up a silent read as unreachable and a silent write as unknown', async () => {
    const node = await startNode(() => undefined);
    const session = openSession([node.url], { timeouts });
    const read = await failureOf(session.call(ANYTHING, { method: 'GET', template: '/x' }));
    expect(read).toMatchObject({ kind: 'unreachable', sent: false });
    const write = await failureOf(session.call(ANYTHING, { method: 'POST', template: '/x' }));
    expect(write).toMatchObject({ kind: 'unknown', sent: true, reason: expect.stringContaining('50 ms') });
  });

  it('calls a write unreachable when it was still waiting for a connection', async () => {
    const node = await startNode(() => undefined);
    const session = openSession([node.url], { connections: 1, timeouts: { read: 5_000, mutate: 50 } });
    const blocking = session.call(ANYTHING, { method: 'GET', template: '/x' });
    await vi.waitFor(() => expect(node.seen).toHaveLength(1));
    const error = await failureOf(session.call(ANYTHING, { method: 'POST', template: '/x' }));
    expect(error).toMatchObject({ kind: 'unreachable', sent: false });
    await session.close();
    await failureOf(blocking);
  });

  it('rejects with the reason of an abort', async () => {
    const node = await startNode(() => undefined);
    const controller = new AbortController();
    const call = openSession([node.url]).call(ANYTHING, {
      method: 'GET',
      template: '/x',
      signal: controller.signal,
    });
    await vi.waitFor(() => expect(node.seen).toHaveLength(1));
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });
});

describe('tickets', () => {
  const ticket = { username: 'root@pam', password: 'the-password-itself' };

  /** Hands out numbered tickets and answers 401 to all but the newest. */
  async function startTicketNode() {
    let issued = 0;
    const logins: string[] = [];
    const state = { accepts: (cookie: string) => cookie.endsWith(`PVE%3Aticket${issued}`) };
    const node = await startNode((res, { url, body, headers, method }) => {
      if (url.endsWith('/access/ticket')) {
        logins.push(body);
        issued++;
        return json(res, {
          ticket: `PVE:ticket${issued}`,
          CSRFPreventionToken: `csrf${issued}`,
          username: 'root@pam',
        });
      }
      if (!state.accepts(headers.cookie ?? '')) return res.writeHead(401, 'No ticket').end();
      if (method !== 'GET' && headers['csrfpreventiontoken'] !== `csrf${issued}`) {
        return res.writeHead(401, 'Permission denied - invalid csrf token').end();
      }
      return json(res, issued);
    });
    const session = createSession({ endpoints: [node.url], ticket, fingerprint });
    onTestFinished(session.close);
    return { session, logins, state };
  }

  it('logs in once for calls at the same time, with the CSRF token on writes', async () => {
    const { session, logins } = await startTicketNode();
    const results = await Promise.all([
      session.call(ANYTHING, { method: 'GET', template: '/x' }),
      session.call(ANYTHING, { method: 'POST', template: '/x' }),
    ]);
    expect(results).toEqual([1, 1]);
    expect(logins).toEqual(['username=root%40pam&password=the-password-itself']);
  });

  it('renews the ticket with itself at half its life', async () => {
    const { session, logins } = await startTicketNode();
    await session.call(ANYTHING, { method: 'GET', template: '/x' });
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 61 * 60_000);
    expect(await session.call(ANYTHING, { method: 'PUT', template: '/x' })).toBe(2);
    expect(logins[1]).toBe('username=root%40pam&password=PVE%3Aticket1');
  });

  it('logs in again when the ticket is refused, once', async () => {
    const { session, logins, state } = await startTicketNode();
    await session.call(ANYTHING, { method: 'GET', template: '/x' });
    const accepts = state.accepts;
    state.accepts = (cookie) => accepts(cookie) && !cookie.endsWith('ticket1');
    expect(await session.call(ANYTHING, { method: 'POST', template: '/x' })).toBe(2);
    state.accepts = () => false;
    const error = await failureOf(session.call(ANYTHING, { method: 'GET', template: '/x' }));
    expect(error).toMatchObject({ kind: 'auth', status: 401 });
    expect(logins).toHaveLength(3);
  });

  it('says that a write was not made when its login got no answer', async () => {
    const node = await startNode((_res, { socket }) => socket.destroy());
    const session = createSession({ endpoints: [node.url], ticket, fingerprint });
    onTestFinished(session.close);
    const error = await failureOf(session.call(ANYTHING, { method: 'POST', template: '/x' }));
    expect(error).toMatchObject({ kind: 'unreachable', sent: false });
    expect(node.seen.every(({ url }) => url.endsWith('/access/ticket'))).toBe(true);
  });
});

describe('secrets', () => {
  it('are in no error, whatever goes wrong', async () => {
    const broken = await startNode((_res, { socket }) => socket.destroy());
    const refusing = await startNode((res) => res.writeHead(401, 'authentication failure').end());
    const credentials = { username: 'root@pam', password: 'the-password-itself' };
    const params = { cipassword: 'guest-password' };
    const errors: ProxmoxError[] = [];
    for (const url of [broken.url, refusing.url, await deadUrl()]) {
      const byToken = openSession([url]);
      const byTicket = createSession({ endpoints: [url], ticket: credentials, fingerprint });
      onTestFinished(byTicket.close);
      for (const session of [byToken, byTicket]) {
        errors.push(await failureOf(session.call(ANYTHING, { method: 'PUT', template: '/x', params })));
      }
    }
    const everything = errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join('\n');
    expect(errors).toHaveLength(6);
    expect(everything).not.toMatch(/secret-of-the-token|the-password-itself|guest-password|PVEAPIToken/);
  });
});

import { vi } from 'vitest';
import type { AuditEntry } from '../../contract/audit-log.ts';
import type { Session, User } from '../../contract/auth.ts';
import type { Plan, Template } from '../../contract/catalog.ts';
import { definitionOf, type OperationType } from '../../contract/operation-table.ts';
import { cancelAt, decisionsAt, type Operation } from '../../contract/operations.ts';
import type { Server } from '../../contract/servers.ts';

interface SentRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: Headers;
}
export type Handler = (request: SentRequest) => Response | Promise<Response>;

export const ACCOUNT = {
  id: '55555555-5555-4555-8555-555555555555',
  name: 'Analytical Engines',
  role: 'owner' as const,
};
export const USER: User = {
  id: '11111111-1111-4111-8111-111111111111',
  email: 'ada@example.org',
  name: 'Ada',
  role: 'customer',
  accounts: [ACCOUNT],
  grants: [],
  actingAdmin: null,
  createdAt: '2026-01-01T00:00:00Z',
};
export const PLAN: Plan = {
  id: '22222222-2222-4222-8222-222222222222',
  name: 'Small',
  vcpu: 2,
  memoryMib: 2048,
  diskGib: 40,
  trafficGib: null,
  networkMbps: 1000,
};
export const TEMPLATE: Template = {
  id: '33333333-3333-4333-8333-333333333333',
  name: 'Debian 13',
  osName: 'Debian',
  osVersion: '13',
  defaultUser: 'debian',
  minDiskGib: 8,
};

export const session = (accessToken = 'token-1'): Session => ({
  accessToken,
  expiresIn: 900,
  user: USER,
  latestEventId: 0,
});

export function ok(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

/** A refusal as the API sends it. */
export function refusal(
  status: number,
  code: string,
  title: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify({ type: `urn:berth:problem:${code}`, title, status, code, ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

let count = 0;
const nextId = (): string => `44444444-4444-4444-8444-${String((count += 1)).padStart(12, '0')}`;

export function buildServer(over: Partial<Server> = {}): Server {
  return {
    id: nextId(),
    accountId: ACCOUNT.id,
    accountName: ACCOUNT.name,
    name: 'web-1',
    hostname: null,
    status: 'running',
    suspendReason: null,
    plan: { id: PLAN.id, name: PLAN.name },
    template: { id: TEMPLATE.id, name: TEMPLATE.name },
    vcpu: 2,
    memoryMib: 2048,
    diskGib: 40,
    ipAddresses: [{ address: '203.0.113.10', prefix: 24, gateway: '203.0.113.1', family: 4 }],
    node: 'pve1',
    location: 'Frankfurt',
    defaultUser: 'debian',
    deleteProtection: false,
    rescue: false,
    rebuildProtection: false,
    restartNeeded: false,
    labels: {},
    powerState: 'running',
    deletesAt: null,
    statusObservedAt: '2026-01-02T00:00:00Z',
    observed: null,
    createdAt: '2026-01-02T00:00:00Z',
    operation: null,
    ...over,
  };
}

export function buildOperation(
  server: Server,
  type: OperationType,
  over: Partial<Operation> = {},
): Operation {
  const standing = { type, status: over.status ?? ('pending' as const), step: null };
  return {
    id: nextId(),
    type,
    status: 'pending',
    cancel: cancelAt(standing),
    decisions: decisionsAt(standing),
    decision: null,
    serverId: server.id,
    accountId: server.accountId,
    accountName: server.accountName,
    serverName: server.name,
    cancelRequested: false,
    steps: definitionOf(type).steps.map(({ name, title }) => ({
      name,
      title,
      state: 'pending' as const,
      startedAt: null,
      finishedAt: null,
      percent: null,
      message: null,
      task: null,
      usualSeconds: null,
      queue: null,
    })),
    error: null,
    requestId: null,
    createdAt: new Date().toISOString(),
    startedAt: null,
    finishedAt: null,
    ...over,
  };
}

export function buildAuditEntry(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: String((count += 1)),
    at: new Date().toISOString(),
    action: 'server.update',
    actor: 'you',
    actorName: USER.email,
    accountName: ACCOUNT.name,
    serverId: null,
    serverName: null,
    operationId: null,
    tokenName: null,
    ip: null,
    requestId: null,
    details: {},
    ...over,
  };
}

export interface TestApi {
  requests: SentRequest[];
  /** Requests that went to this method and path, such as "GET /servers". */
  sent: (route: string) => SentRequest[];
  /** Answers a route from now on. */
  on: (route: string, handler: Handler) => void;
  /** Sends an event to whoever is connected. */
  emit: (event: string, data: unknown) => void;
  /** Opens another event stream, for routes that answer `GET /events` themselves. */
  openStream: () => Response;
  /** Ends every event stream, asking for a new attempt after `retryMs`. */
  endStreams: (retryMs: number) => void;
}

/** Puts a fake API behind `fetch`: a session to restore, an open event stream, and whatever `routes` answer. */
export function fakeApi(routes: Record<string, Handler> = {}): TestApi {
  const requests: SentRequest[] = [];
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const handlers = new Map<string, Handler>(
    Object.entries({
      'POST /refresh': () => ok(session()),
      'GET /plans': () => ok({ items: [PLAN], nextCursor: null }),
      'GET /availability': () => ok({ items: [], nextCursor: null }),
      'GET /operations': () => ok({ items: [], nextCursor: null }),
      'GET /settings': () => ok({ deleteGraceHours: 0 }),
      'GET /ssh-keys': () => ok({ items: [] }),
      'GET /templates': () => ok({ items: [TEMPLATE], nextCursor: null }),
      'GET /events': () => eventStream(streams),
      ...routes,
    }),
  );
  vi.stubGlobal('fetch', async (input: string, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input, 'http://berth.test');
    const request: SentRequest = {
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      headers: new Headers(init.headers),
    };
    requests.push(request);
    const handler = handlers.get(`${request.method} ${request.path}`);
    return handler ? handler(request) : refusal(404, 'not_found', 'Nothing here');
  });
  const text = new TextEncoder();
  return {
    requests,
    sent: (route) => requests.filter(({ method, path }) => `${method} ${path}` === route),
    on: (route, handler) => void handlers.set(route, handler),
    emit: (event, data) => {
      const message = `id: ${requests.length}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      for (const stream of streams) stream.enqueue(text.encode(message));
    },
    openStream: () => eventStream(streams),
    endStreams: (retryMs) => {
      for (const stream of streams) {
        stream.enqueue(text.encode(`retry: ${retryMs}\n\n`));
        stream.close();
      }
      streams.clear();
    },
  };
}

function eventStream(streams: Set<ReadableStreamDefaultController<Uint8Array>>): Response {
  let mine: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      mine = controller;
      streams.add(controller);
    },
    cancel() {
      streams.delete(mine);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

import { z } from 'zod';
import { Ticket } from './answers.ts';
import { classifyAnswer, ProxmoxError } from './errors.ts';
import { createTransport } from './transport.ts';
import type { RawAnswer, RawRequest, TransportOptions } from './transport.ts';
import { createTicketLogin } from './ticket-login.ts';
import type { IssuedTicket, TicketLogin } from './ticket-login.ts';

export type ProxmoxAuth =
  | { token: { id: string; secret: string }; ticket?: never }
  | { ticket: { username: string; password: string }; token?: never };

/** What happened to one call, for metrics and traces. Carries no parameter values. */
export interface CallInfo {
  method: string;
  /** Path with placeholders, such as `/nodes/{node}/qemu/{vmid}/config`. */
  template: string;
  /** HTTP status, or null when there was no answer. */
  status: number | null;
  ms: number;
}

export type SessionOptions = TransportOptions &
  ProxmoxAuth & {
    /** Milliseconds until a call is given up. pveproxy itself gives up after 30 s, so a write waits a little longer. */
    timeouts?: { read?: number; mutate?: number };
    onCall?: (info: CallInfo) => void;
  };

export type ParameterValue = string | number | boolean | undefined;

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  template: string;
  path?: Record<string, string | number>;
  params?: Record<string, ParameterValue>;
  signal?: AbortSignal;
  /** A POST that may be made twice without harm. */
  isRepeatable?: boolean;
}

export interface Session {
  /** Performs a call and reads its `data`. Rejects with ProxmoxError. */
  call: <T extends z.ZodType>(schema: T, call: Call) => Promise<z.output<T>>;
  close: () => Promise<void>;
}

const Envelope = z.object({
  data: z.unknown(),
  message: z.string().optional(),
  errors: z.record(z.string(), z.coerce.string()).optional(),
});

/** An authenticated way to call Proxmox: credentials, parameter encoding, deadlines, answers. */
export function createSession(options: SessionOptions): Session {
  const transport = createTransport(options);

  async function send(call: Call, auth: Record<string, string>): Promise<RawAnswer> {
    const started = performance.now();
    let status: number | null = null;
    try {
      const answer = await transport.send(toRawRequest(call, auth, options.timeouts));
      status = answer.status;
      return answer;
    } finally {
      options.onCall?.({
        method: call.method,
        template: call.template,
        status,
        ms: performance.now() - started,
      });
    }
  }

  async function logIn(username: string, password: string): Promise<IssuedTicket> {
    const request: Call = {
      method: 'POST',
      template: '/access/ticket',
      params: { username, password },
      isRepeatable: true,
    };
    const {
      ticket,
      CSRFPreventionToken: csrf,
      NeedTFA,
    } = readAnswer(Ticket, request, await send(request, {}));
    if (!NeedTFA) return { ticket, csrf };
    const reason = 'this user needs a second factor';
    throw new ProxmoxError({ kind: 'auth', code: 'proxmox_auth_failed', reason, sent: false });
  }

  async function sendWithTicket(login: TicketLogin, request: Call): Promise<RawAnswer> {
    const issued = await login.current();
    const answer = await send(request, ticketHeaders(issued, request.method));
    if (answer.status !== 401) return answer;
    // Refused before anything was done; the key that signed the ticket may be gone.
    login.forget(issued);
    return send(request, ticketHeaders(await login.current(), request.method));
  }

  const tickets = options.ticket && createTicketLogin(options.ticket, logIn);
  const authorization = options.token && `PVEAPIToken=${options.token.id}=${options.token.secret}`;

  async function call<T extends z.ZodType>(schema: T, request: Call): Promise<z.output<T>> {
    const answer = await (tickets
      ? sendWithTicket(tickets, request)
      : send(request, authorization ? { authorization } : {}));
    return readAnswer(schema, request, answer);
  }

  return { call, close: transport.close };
}

const isRepeatable = (call: Call) => call.method === 'GET' || call.isRepeatable === true;

function ticketHeaders({ ticket, csrf }: IssuedTicket, method: Call['method']): Record<string, string> {
  const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
  return method === 'GET' ? { cookie } : { cookie, csrfpreventiontoken: csrf };
}

function toRawRequest(
  call: Call,
  auth: Record<string, string>,
  { read = 10_000, mutate = 35_000 }: { read?: number; mutate?: number } = {},
): RawRequest {
  const encoded = encodeParameters(call.params ?? {});
  const path = expandPath(call.template, call.path ?? {});
  const common = {
    method: call.method,
    timeoutMs: call.method === 'GET' ? read : mutate,
    isRepeatable: isRepeatable(call),
    ...(call.signal ? { signal: call.signal } : {}),
  };
  // GET and DELETE with a body are refused (501).
  if (call.method === 'GET' || call.method === 'DELETE') {
    return {
      ...common,
      path: encoded ? `${path}?${encoded}` : path,
      headers: { accept: 'application/json', ...auth },
    };
  }
  const type = 'application/x-www-form-urlencoded';
  return {
    ...common,
    path,
    headers: { accept: 'application/json', 'content-type': type, ...auth },
    body: encoded,
  };
}

function readAnswer<T extends z.ZodType>(schema: T, call: Call, answer: RawAnswer): z.output<T> {
  const isRead = isRepeatable(call);
  const envelope = parseEnvelope(answer.body);
  if (answer.status !== 200) {
    // The body's message survives characters that the reason phrase does not, but older versions lack it.
    const reason = answer.reason || envelope?.message || `status ${answer.status}`;
    const error = classifyAnswer(answer.status, reason, envelope?.errors);
    if (!isRead || error.kind !== 'unknown') throw error;
    throw error.as({ kind: 'unreachable', code: 'proxmox_unreachable', sent: false });
  }
  const parsed = envelope ? schema.safeParse(envelope.data) : undefined;
  if (parsed?.success) return parsed.data;
  const where = parsed?.error?.issues[0];
  throw new ProxmoxError({
    // What is not of Proxmox may come from something in between that has a bad day; another shape stays as it is.
    kind: !isRead ? 'unknown' : envelope ? 'final' : 'retry',
    code: 'proxmox_bad_answer',
    status: answer.status,
    reason: `unexpected answer to ${call.method} ${call.template}: ${
      where ? `${where.path.join('.')} ${where.message}` : 'not the JSON of Proxmox'
    }`,
    sent: !isRead,
  });
}

function parseEnvelope(body: string): z.infer<typeof Envelope> | undefined {
  try {
    return Envelope.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** Booleans become 0 or 1 (a form takes nothing else), undefined is left out, blanks become %20 (`+` is not one everywhere). */
function encodeParameters(params: Record<string, ParameterValue>): string {
  const pairs = Object.entries(params).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return [];
    return [[name, typeof value === 'boolean' ? String(Number(value)) : String(value)]];
  });
  return new URLSearchParams(pairs).toString().replaceAll('+', '%20');
}

function expandPath(template: string, values: Record<string, string | number>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === '') throw new TypeError(`no value for {${name}} in ${template}`);
    return encodeURIComponent(value);
  });
}

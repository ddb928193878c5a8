import { z } from 'zod';
import { Ticket } from './answers.ts';
import { classifyAnswer, ProxmoxError } from './errors.ts';
import { createTransport } from './transport.ts';
import type { RawAnswer, TransportOptions } from './transport.ts';

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
}

export interface Session {
  /** Performs a call and reads its `data`. Rejects with ProxmoxError. */
  call: <T extends z.ZodType>(schema: T, call: Call) => Promise<z.output<T>>;
  close: () => Promise<void>;
}

/** Tickets live 2 h; renewed at half of it. */
const TICKET_RENEWAL_MS = 60 * 60 * 1000;

const Envelope = z.object({
  data: z.unknown(),
  message: z.string().optional(),
  errors: z.record(z.string(), z.coerce.string()).optional(),
});

interface Login {
  ticket: string;
  csrf: string;
  renewAt: number;
}

/** An authenticated way to call Proxmox: credentials, parameter encoding, deadlines, answers. */
export function createSession(options: SessionOptions): Session {
  const transport = createTransport(options);
  let login: Promise<Login> | undefined;

  async function send(call: Call, auth: Record<string, string>): Promise<RawAnswer> {
    const encoded = encodeParameters(call.params ?? {});
    const inQuery = call.method === 'GET' || call.method === 'DELETE';
    const started = performance.now();
    let status: number | null = null;
    try {
      const answer = await transport.send({
        method: call.method,
        path: expandPath(call.template, call.path ?? {}) + (inQuery && encoded ? `?${encoded}` : ''),
        headers: {
          accept: 'application/json',
          ...auth,
          ...(inQuery ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(inQuery ? {} : { body: encoded }),
        timeoutMs:
          call.method === 'GET' ? (options.timeouts?.read ?? 10_000) : (options.timeouts?.mutate ?? 35_000),
        ...(call.signal ? { signal: call.signal } : {}),
      });
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

  async function logIn(username: string, password: string): Promise<Login> {
    const call: Call = { method: 'POST', template: '/access/ticket', params: { username, password } };
    const answer = readAnswer(Ticket, call, await send(call, {}));
    if (answer.NeedTFA) {
      throw new ProxmoxError({
        kind: 'auth',
        code: 'proxmox_auth_failed',
        reason: 'this user needs a second factor',
        sent: false,
      });
    }
    return {
      ticket: answer.ticket,
      csrf: answer.CSRFPreventionToken,
      renewAt: Date.now() + TICKET_RENEWAL_MS,
    };
  }

  function currentLogin({ username, password }: { username: string; password: string }): Promise<Login> {
    login ??= logIn(username, password);
    login = login.then(
      // A valid ticket is accepted as the password; should it have died, the real one is tried.
      (held) =>
        held.renewAt > Date.now()
          ? held
          : logIn(username, held.ticket).catch(() => logIn(username, password)),
    );
    login.catch(() => {
      login = undefined;
    });
    return login;
  }

  async function credentials(method: Call['method']): Promise<Record<string, string>> {
    if (options.token) return { authorization: `PVEAPIToken=${options.token.id}=${options.token.secret}` };
    const { ticket, csrf } = await currentLogin(options.ticket);
    return {
      cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
      ...(method === 'GET' ? {} : { csrfpreventiontoken: csrf }),
    };
  }

  async function call<T extends z.ZodType>(schema: T, request: Call): Promise<z.output<T>> {
    let answer = await send(request, await credentials(request.method));
    if (answer.status === 401 && options.ticket) {
      // Refused before anything was done: the ticket may have been signed with a key that is gone.
      login = undefined;
      answer = await send(request, await credentials(request.method));
    }
    return readAnswer(schema, request, answer);
  }

  return { call, close: transport.close };
}

function readAnswer<T extends z.ZodType>(schema: T, call: Call, answer: RawAnswer): z.output<T> {
  const isRead = call.method === 'GET';
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
    kind: isRead ? 'final' : 'unknown',
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

import { Pool, buildConnector, errors } from 'undici';
import { classifyTransport, ProxmoxError } from './errors.ts';

export interface TransportOptions {
  /** Base addresses such as `https://pve1.example:8006`, the preferred one first. */
  endpoints: string[];
  /** SHA-256 fingerprints of accepted server certificates, as colon-separated hex; replaces chain verification. */
  fingerprint?: string | string[];
  /** PEM certificates to verify against instead of the system's. */
  ca?: string;
  /** Connections per endpoint. */
  connections?: number;
  connectTimeoutMs?: number;
}

export interface RawRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below `/api2/json`, query included. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
  /** Has no effect, or the same when made twice. */
  isRepeatable: boolean;
  signal?: AbortSignal;
}

export interface RawAnswer {
  status: number;
  /** The HTTP reason phrase, which is where Proxmox puts its error text. */
  reason: string;
  body: string;
}

export interface Transport {
  send: (request: RawRequest) => Promise<RawAnswer>;
  close: () => Promise<void>;
}

/** pveproxy closes idle connections after 5 s and any connection after 100 requests. */
const KEEP_ALIVE_MS = 4_000;
const REQUESTS_PER_CONNECTION = 100;

/**
 * HTTPS to one cluster through any of its nodes. Reads go on to the next endpoint after any failure to get an answer,
 * writes only when no byte of them had been sent. Rejects with ProxmoxError (`unreachable`, `unknown`, `auth`).
 */
export function createTransport(options: TransportOptions): Transport {
  const connect = createConnect(options);
  const pools = options.endpoints.map(
    (endpoint) =>
      new Pool(new URL(endpoint).origin, {
        connect,
        connections: options.connections ?? 8,
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        maxRequestsPerClient: REQUESTS_PER_CONNECTION,
        maxResponseSize: 64 * 1024 * 1024,
        // Timers below would be second ones: every call has its own deadline.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
  );
  if (pools.length === 0) throw new Error('a Proxmox cluster needs at least one endpoint');
  let preferred = 0;

  async function send(request: RawRequest): Promise<RawAnswer> {
    const order = pools.map((_, offset) => (preferred + offset) % pools.length);
    // A lone endpoint gets a second chance: pveproxy's workers come and go, and take idle connections with them.
    if (order.length === 1 && request.isRepeatable) order.push(0);
    let failure: ProxmoxError | undefined;
    for (const index of order) {
      try {
        const answer = await exchange(pools[index]!, request); // index is below pools.length
        preferred = index;
        return answer;
      } catch (error) {
        if (!(error instanceof ProxmoxError)) throw error;
        failure = error;
        if (error.sent || (pools.length === 1 && !isConnectionLost(error.cause))) break;
      }
    }
    throw failure!; // there is at least one pool, so the loop has returned or failed
  }

  return {
    send,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}

/** One request on one pool. The header and body go out in one write: undici corks the socket around a string body. */
async function exchange(pool: Pool, request: RawRequest): Promise<RawAnswer> {
  request.signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const chunks: Buffer[] = [];
  let started = false;
  let status = 0;
  let reason = '';
  let stop: ((error: Error) => void) | undefined;
  let stopped: Error | undefined;

  const fail = (error: Error) => {
    settle();
    const isAborted = stopped !== undefined && stopped === request.signal?.reason;
    reject(isAborted ? stopped : classifyTransport(error, started && !request.isRepeatable));
  };
  const settle = onStop(request, (error) => {
    stopped = error;
    if (stop) stop(error);
    else fail(error);
  });

  pool.dispatch(
    {
      method: request.method,
      path: `/api2/json${request.path}`,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
    },
    {
      onRequestStart(controller) {
        if (stopped) return controller.abort(stopped);
        started = true;
        stop = (error) => controller.abort(error);
      },
      onResponseStart(_controller, statusCode, _headers, statusMessage) {
        status = statusCode;
        reason = statusMessage ?? '';
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        settle();
        resolve({ status, reason, body: Buffer.concat(chunks).toString('utf8') });
      },
      onResponseError(_controller, error) {
        fail(error);
      },
    },
  );
  return promise;
}

/** Calls back at the deadline or on abort, until the returned function is called. */
function onStop({ timeoutMs, signal }: RawRequest, halt: (error: Error) => void): () => void {
  const onTimeout = () =>
    halt(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
  const onAbort = () => halt(signal?.reason as Error); // an error, unless a caller insists on aborting with something else
  const timer = setTimeout(onTimeout, timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
}

/** Says whether an answer was lost, or ended too soon. */
function isConnectionLost(error: unknown): boolean {
  if (error instanceof errors.HTTPParserError || error instanceof errors.ResponseContentLengthMismatchError) {
    return true;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code);
}

function createConnect(options: TransportOptions): buildConnector.connector {
  const pins = [options.fingerprint ?? []].flat().map(normalizeFingerprint);
  const connect = buildConnector({
    timeout: options.connectTimeoutMs ?? 5_000,
    allowH2: false,
    // A resumed session would not show its certificate again.
    maxCachedSessions: 0,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(pins.length > 0 ? { rejectUnauthorized: false } : {}),
  });
  if (pins.length === 0) return connect;
  return (target, callback) => {
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error) return callback(error, null);
      const seen =
        'getPeerX509Certificate' in socket ? (socket.getPeerX509Certificate()?.fingerprint256 ?? '') : '';
      if (pins.includes(normalizeFingerprint(seen))) return callback(null, socket);
      socket.destroy();
      const mismatch = new Error(
        `the certificate of ${target.hostname} is not the pinned one (got ${seen || 'none'})`,
      );
      callback(Object.assign(mismatch, { code: 'FINGERPRINT_MISMATCH' }), null);
    });
  };
}

/** As bare upper-case hex, to be compared. */
export function normalizeFingerprint(text: string): string {
  return text.replaceAll(/[^0-9a-f]/gi, '').toUpperCase();
}

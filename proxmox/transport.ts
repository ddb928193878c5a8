import { Pool, buildConnector } from 'undici';
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
    const first = preferred;
    let failure: ProxmoxError | undefined;
    for (let offset = 0; offset < pools.length; offset++) {
      const index = (first + offset) % pools.length;
      try {
        // oxlint-disable-next-line no-await-in-loop -- the next endpoint is tried only after this one failed
        const answer = await exchange(pools[index]!, request); // index is below pools.length
        preferred = index;
        return answer;
      } catch (error) {
        if (!(error instanceof ProxmoxError)) throw error;
        failure = error;
        if (error.sent) break;
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
function exchange(pool: Pool, request: RawRequest): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const isRead = request.method === 'GET';
  const chunks: Buffer[] = [];
  let started = false;
  let status = 0;
  let reason = '';
  let stop: ((error: Error) => void) | undefined;
  let stopped: Error | undefined;

  const fail = (error: Error) => {
    settle();
    reject(
      stopped === request.signal?.reason && stopped ? stopped : classifyTransport(error, started && !isRead),
    );
  };
  const halt = (error: Error) => {
    stopped = error;
    if (stop) stop(error);
    else fail(error);
  };
  const onAbort = () => halt(request.signal?.reason as Error); // an AbortSignal's reason is an error unless a caller insists
  const timer = setTimeout(
    () => halt(Object.assign(new Error(`no answer within ${request.timeoutMs} ms`), { code: 'ETIMEDOUT' })),
    request.timeoutMs,
  );
  const settle = () => {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
  };
  if (request.signal?.aborted) {
    settle();
    return Promise.reject(request.signal.reason as Error);
  }
  request.signal?.addEventListener('abort', onAbort, { once: true });

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

function normalizeFingerprint(text: string): string {
  return text.replaceAll(/[^0-9a-f]/gi, '').toUpperCase();
}

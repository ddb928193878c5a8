import { lookup } from 'node:dns/promises';
import { request, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { z } from 'zod';
import { finding, type Finding } from './findings.ts';
import { tellFinding } from '../contract/connection-texts.ts';
import { judgeCertificate, type CertificateCode, type Trust } from './judge-certificate.ts';

export type EndpointCode =
  | CertificateCode
  | 'dns_not_found'
  | 'dns_unavailable'
  | 'connection_refused'
  | 'host_unreachable'
  | 'timed_out'
  | 'not_tls'
  | 'tls_failed'
  | 'not_proxmox'
  | 'proxmox_failing'
  | 'clock_skew';

export interface Probe {
  endpoint: string;
  /** SHA-256 of its certificate, when it showed one. */
  fingerprint: string | null;
  findings: Finding<EndpointCode>[];
}

const TIMEOUT_MS = 5_000;
const LARGEST_BODY = 64 * 1024;
/** Tickets dated further ahead are refused, and lost tasks are not found again; see Proxmox's and Berth's own limits. */
const SKEW_ERROR_S = 300;
const SKEW_WARNING_S = 30;

/**
 * Goes the way to one address of a cluster (`https://pve1.example.net:8006`) step by step, and says where it ends: name,
 * connection, certificate, what answers, clock. Sends no credentials. Never rejects.
 */
export async function probeEndpoint(endpoint: string, trust: Trust, timeoutMs = TIMEOUT_MS): Promise<Probe> {
  const { hostname, host, port } = new URL(endpoint);
  const name = hostname.replaceAll(/[[\]]/g, '');
  let fingerprint: string | null = null;
  const found = (one: Finding<EndpointCode>): Probe => ({
    endpoint,
    fingerprint,
    findings: [{ ...one, endpoint, ...(fingerprint ? { fingerprint } : {}) }],
  });
  const dns = await findName(name);
  if (dns) return found(dns);
  const opened = await openTls(name, Number(port || 443), trust, timeoutMs);
  if ('code' in opened) return found(opened);
  const { socket } = opened;
  try {
    // Only the first call answers it (Node 24).
    const certificate = socket.getPeerX509Certificate();
    fingerprint = certificate?.fingerprint256 ?? null;
    const distrust = certificate
      ? judgeCertificate(socket, certificate, name, trust)
      : explainConnection('', 'no certificate', Number(port));
    if (distrust) return found(distrust);
    const answer = await askWhoAnswers(socket, host, timeoutMs);
    if ('code' in answer) return found(answer);
    const skew = judgeClock(answer.date, answer.askedAt);
    return skew ? found(skew) : { endpoint, fingerprint, findings: [] };
  } finally {
    socket.destroy();
  }
}

async function findName(name: string): Promise<Finding<EndpointCode> | null> {
  if (isIP(name)) return null;
  try {
    await lookup(name);
    return null;
  } catch (err) {
    const code = codeOf(err);
    return code === 'ENOTFOUND'
      ? finding('error', 'dns_not_found', tellFinding('dns_not_found', { name }))
      : finding('error', 'dns_unavailable', tellFinding('dns_unavailable', { name, reason: code }));
  }
}

function openTls(
  name: string,
  port: number,
  { ca }: Trust,
  timeoutMs: number,
): Promise<{ socket: TLSSocket } | Finding<EndpointCode>> {
  return new Promise((resolve) => {
    let isConnected = false;
    const socket = connect({
      host: name,
      port,
      // The certificate is judged afterwards, when it can be told what is wrong with it.
      rejectUnauthorized: false,
      ...(isIP(name) ? {} : { servername: name }),
      ...(ca === undefined ? {} : { ca }),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(
        finding(
          'error',
          'timed_out',
          tellFinding(isConnected ? 'connected_but_silent' : 'silent_for', {
            port,
            seconds: timeoutMs / 1000,
          }),
        ),
      );
    }, timeoutMs);
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      resolve({ socket });
    });
    socket.on('error', (err) => {
      clearTimeout(timer);
      resolve(explainConnection(codeOf(err), err.message, port));
    });
  });
}

function explainConnection(code: string, text: string, port: number): Finding<EndpointCode> {
  if (code === 'ECONNREFUSED') {
    return finding('error', 'connection_refused', tellFinding('connection_refused', { port }));
  }
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EACCES', 'EPERM'].includes(code)) {
    return finding('error', 'host_unreachable', tellFinding('host_unreachable', { reason: code }));
  }
  if (code === 'ETIMEDOUT') {
    return finding('error', 'timed_out', tellFinding('silent', { port }));
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return finding('error', 'not_tls', tellFinding('not_tls', { port }));
  }
  return finding('error', 'tls_failed', tellFinding('tls_failed', { reason: code || text }));
}

/** Anybody may read the list of realms: the login page needs it. */
const Realms = z.object({ data: z.array(z.object({ realm: z.string() })).min(1) });

interface Answered {
  date: string | undefined;
  /** Unix milliseconds, half way between question and answer. */
  askedAt: number;
}

async function askWhoAnswers(
  socket: TLSSocket,
  host: string,
  timeoutMs: number,
): Promise<Answered | Finding<EndpointCode>> {
  const started = Date.now();
  let response: IncomingMessage;
  let body = '';
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(
        { createConnection: () => socket, path: '/api2/json/access/domains', headers: { host }, signal },
        resolve,
      )
        .once('error', reject)
        .end();
    });
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > LARGEST_BODY) break;
    }
  } catch (err) {
    return finding(
      'error',
      'not_proxmox',
      tellFinding('answers_otherwise', { reason: codeOf(err) || (err as Error).message }),
    );
  }
  const askedAt = (started + Date.now()) / 2;
  if (response.statusCode === 200 && isRealms(body)) return { date: response.headers.date, askedAt };
  const server = String(response.headers.server ?? '');
  const what = `${response.statusCode} ${response.statusMessage ?? ''}`.trim();
  if ((response.statusCode ?? 0) >= 500 && server.startsWith('pve-api-daemon')) {
    return finding('error', 'proxmox_failing', tellFinding('proxmox_failing', { answer: what }));
  }
  const kind = response.headers['content-type']?.split(';')[0] ?? 'nothing';
  return finding(
    'error',
    'not_proxmox',
    server
      ? tellFinding('something_else_from', { answer: what, kind, server })
      : tellFinding('something_else', { answer: what, kind }),
  );
}

function isRealms(body: string): boolean {
  try {
    return Realms.safeParse(JSON.parse(body)).success;
  } catch {
    return false;
  }
}

function judgeClock(date: string | undefined, askedAt: number): Finding<EndpointCode> | null {
  const seconds = date === undefined ? Number.NaN : Math.round((Date.parse(date) - askedAt) / 1000);
  const amount = Math.abs(seconds);
  // A header without a date, or an unreadable one, says nothing.
  if (!(amount >= SKEW_WARNING_S)) return null;
  const told = tellFinding(seconds > 0 ? 'clock_ahead' : 'clock_behind', { seconds: amount });
  return amount >= SKEW_ERROR_S
    ? finding('error', 'clock_skew', told)
    : finding('warning', 'clock_skew', told);
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : '';
}

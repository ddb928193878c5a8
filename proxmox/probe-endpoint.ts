import { lookup } from 'node:dns/promises';
import { request, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { z } from 'zod';
import { error, type Finding } from './findings.ts';
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
  const found = (finding: Finding<EndpointCode>): Probe => ({
    endpoint,
    fingerprint,
    findings: [{ ...finding, endpoint, ...(fingerprint ? { fingerprint } : {}) }],
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
      ? error(
          'dns_not_found',
          `The name ${name} does not exist in DNS.`,
          'Correct the address, add the name to DNS or /etc/hosts, or use the IP address.',
        )
      : error(
          'dns_unavailable',
          `The name ${name} cannot be looked up (${code}).`,
          'See to the DNS servers of this computer (/etc/resolv.conf), and try again.',
        );
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
        error(
          'timed_out',
          isConnected
            ? `Port ${port} takes connections but does not answer within ${timeoutMs / 1000} s.`
            : `Nothing answers on port ${port} within ${timeoutMs / 1000} s.`,
          'See whether the node is up, and whether a firewall between here and there drops packets.',
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
    return error(
      'connection_refused',
      `Nothing listens on port ${port}.`,
      'Correct the port (Proxmox VE uses 8006), or start pveproxy on the node: systemctl start pveproxy.',
    );
  }
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EACCES', 'EPERM'].includes(code)) {
    return error(
      'host_unreachable',
      `There is no way to this address (${code}).`,
      'See whether the node is up, and to routes and firewalls between here and there.',
    );
  }
  if (code === 'ETIMEDOUT') {
    return error(
      'timed_out',
      `Nothing answers on port ${port}.`,
      'See whether the node is up, and whether a firewall between here and there drops packets.',
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return error(
      'not_tls',
      `Port ${port} does not speak TLS.`,
      'Correct the port (Proxmox VE uses 8006); Berth does not speak plain HTTP to Proxmox.',
    );
  }
  return error(
    'tls_failed',
    `The connection breaks while TLS begins (${code || text}).`,
    'See whether this is the address of Proxmox itself, and to what stands between: proxies, firewalls.',
  );
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
    return error(
      'not_proxmox',
      `It does not answer as Proxmox VE does (${codeOf(err) || (err as Error).message}).`,
      "Correct the address: it is that of Proxmox's own web page, usually on port 8006.",
    );
  }
  const askedAt = (started + Date.now()) / 2;
  if (response.statusCode === 200 && isRealms(body)) return { date: response.headers.date, askedAt };
  const server = String(response.headers.server ?? '');
  const what = `${response.statusCode} ${response.statusMessage ?? ''}`.trim();
  if ((response.statusCode ?? 0) >= 500 && server.startsWith('pve-api-daemon')) {
    return error(
      'proxmox_failing',
      `Proxmox VE is there but fails: ${what}.`,
      'See to the node: systemctl status pvedaemon pveproxy pve-cluster; a cluster without quorum does this too.',
    );
  }
  const kind = response.headers['content-type']?.split(';')[0] ?? 'nothing';
  return error(
    'not_proxmox',
    `Something else than Proxmox VE answers: ${what}, ${kind}${server ? ` from ${server}` : ''}.`,
    "Correct the address: it is that of Proxmox's own web page, usually on port 8006.",
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
  return {
    code: 'clock_skew',
    level: amount >= SKEW_ERROR_S ? 'error' : 'warning',
    message: `The node's clock is ${amount} s ${seconds > 0 ? 'ahead of' : 'behind'} this computer's.`,
    remedy: 'Synchronise both with NTP (chronyc tracking, timedatectl).',
  };
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : '';
}

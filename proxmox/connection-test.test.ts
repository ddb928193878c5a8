import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { judgeVersion, testConnection, type Connection } from './connection-test.ts';
import { describeFindings } from './findings.ts';
import { NEEDED_PRIVILEGES } from './privileges.ts';
import { probeEndpoint } from './probe-endpoint.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';

const SECRET = 'hunter2-hunter2';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const connection = (url: string, more: Partial<Connection> = {}): Connection => ({
  endpoints: [url],
  trust: {},
  token: { id: 'berth@pve!berth', secret: SECRET },
  ...more,
});

/** What the test of a connection says: codes with what they are about. */
async function codesOf(tested: Connection): Promise<string[]> {
  const { findings } = await testConnection(tested);
  expect(JSON.stringify(findings)).not.toContain(tested.token.secret);
  for (const { message, remedy } of findings) expect([message, remedy]).not.toContain('');
  return findings.map(({ code, path, privilege }) => [code, privilege, path].filter(Boolean).join(' '));
}

interface CertificateOptions {
  owner?: string;
  from?: Date;
  until?: Date;
  names?: string[];
  ca?: { key: string; cert: string };
}

const DAY_MS = 86_400_000;

async function makeCertificate(options: CertificateOptions) {
  const { owner = 'pve1.example.test', from, until, names = ['127.0.0.1'], ca } = options;
  const altNames = names.map((name) =>
    /^\d/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const pems = await generate([{ name: 'commonName', value: owner }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: from ?? new Date(Date.now() - DAY_MS),
    notAfterDate: until ?? new Date(Date.now() + DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: !ca },
      { name: 'subjectAltName', altNames },
    ],
    ...(ca ? { ca } : {}),
  });
  return { key: pems.private, cert: pems.cert, fingerprint: new X509Certificate(pems.cert).fingerprint256 };
}

describe('the way to an address', () => {
  it('ends at a name that does not exist', async () => {
    expect(await codesOf(connection('https://pve1.invalid:8006'))).toEqual([
      expect.stringMatching(/^dns_(not_found|unavailable)$/),
    ]);
  });

  it('ends at a port where nothing listens', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await closers.pop()?.();
    expect(await codesOf(connection(`https://127.0.0.1:${port}`))).toEqual(['connection_refused']);
  });

  it('ends at a port that takes connections and says nothing', async () => {
    const sockets = new Set<{ destroy: () => void }>();
    const port = await listen(createTcpServer((socket) => sockets.add(socket)));
    const { findings } = await probeEndpoint(`https://127.0.0.1:${port}`, {}, 100);
    for (const socket of sockets) socket.destroy();
    expect(findings).toMatchObject([
      { code: 'timed_out', message: expect.stringContaining('takes connections') },
    ]);
  });

  it('ends at a port that speaks plain HTTP', async () => {
    const port = await listen(createServer((_req, res) => res.end('hello')));
    expect(await codesOf(connection(`https://127.0.0.1:${port}`))).toEqual(['not_tls']);
  });

  it('ends where the connection breaks while TLS begins', async () => {
    const port = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await codesOf(connection(`https://127.0.0.1:${port}`))).toEqual(['tls_failed']);
  });

  it.each([
    ['a web page', 200, 'text/html', '<title>Welcome to nginx</title>'],
    ['other JSON', 200, 'application/json', '{"data":[]}'],
    ['a wall with a login', 401, 'text/html', ''],
  ])('ends at %s of something else than Proxmox', async (_what, status, type, body) => {
    const tls = await makeCertificate({});
    const seen: (string | undefined)[] = [];
    const server = createHttpsServer(tls, (req, res) => {
      seen.push(req.headers.authorization);
      res.writeHead(status, { 'content-type': type }).end(body);
    });
    const port = await listen(server);
    expect(
      await codesOf(connection(`https://127.0.0.1:${port}`, { trust: { fingerprint: tls.fingerprint } })),
    ).toEqual(['not_proxmox']);
    expect(seen).toEqual([undefined]);
  });

  it('names the failure of a Proxmox that is there but fails', async () => {
    const simulator = await startSimulator();
    closers.push(() => simulator.close());
    simulator.faults.add({
      action: 'status',
      path: '/access/domains',
      status: 595,
      reason: 'Connection refused',
    });
    const tested = connection(simulator.url, { trust: { ca: simulator.ca } });
    expect((await testConnection(tested)).findings).toMatchObject([
      { code: 'proxmox_failing', message: expect.stringContaining('595 Connection refused') },
    ]);
  });
});

describe('a certificate', () => {
  const BAD: [string, CertificateOptions, string][] = [
    ['has expired', { until: new Date(Date.now() - 1000) }, 'tls_expired'],
    ['is not valid yet', { from: new Date(Date.now() + DAY_MS / 2) }, 'tls_not_yet_valid'],
    ['is signed by itself', {}, 'tls_self_signed'],
  ];
  it.each(BAD)(
    'that %s is told by its own code, with the fingerprint to pin',
    async (_what, options, code) => {
      const tls = await makeCertificate(options);
      const url = `https://127.0.0.1:${await listen(createHttpsServer(tls))}`;
      const [finding] = (await testConnection(connection(url))).findings;
      expect(finding).toMatchObject({ code, endpoint: url, level: 'error' });
      expect(finding?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(finding?.remedy).toContain(finding?.fingerprint);
    },
  );

  it('of a CA that is not trusted names the CA, and is fine when the CA is given', async () => {
    const ca = await makeCertificate({ owner: 'Cluster Manager CA' });
    const leaf = await makeCertificate({ ca });
    const url = `https://127.0.0.1:${await listen(createHttpsServer(leaf, (_req, res) => res.end()))}`;
    const { findings } = await testConnection(connection(url));
    expect(findings).toMatchObject([
      { code: 'tls_unknown_issuer', message: expect.stringContaining('Cluster Manager CA') },
    ]);
    expect(await codesOf(connection(url, { trust: { ca: ca.cert } }))).toEqual(['not_proxmox']);
  });

  it('for another name says for which', async () => {
    const tls = await makeCertificate({ names: ['pve7.example.test'] });
    const url = `https://127.0.0.1:${await listen(createHttpsServer(tls))}`;
    const { findings } = await testConnection(connection(url, { trust: { ca: tls.cert } }));
    expect(findings).toMatchObject([
      { code: 'tls_host_mismatch', message: expect.stringContaining('pve7.example.test') },
    ]);
  });

  it('that is not the pinned one is refused, and the secret is not sent', async () => {
    const tls = await makeCertificate({});
    const seen: string[] = [];
    const server = createHttpsServer(tls, (req, res) => {
      seen.push(req.url ?? '');
      res.end();
    });
    const url = `https://127.0.0.1:${await listen(server)}`;
    const fingerprint = Array<string>(32).fill('AB').join(':');
    expect(await codesOf(connection(url, { trust: { fingerprint } }))).toEqual(['tls_fingerprint_mismatch']);
    expect(seen).toEqual([]);
  });
});

it.each([
  ['a minute', 60, 'warning', true],
  ['ten minutes', -600, 'error', false],
] as const)('a clock that is %s off is a finding', async (_what, seconds, level, ok) => {
  const tls = await makeCertificate({});
  const server = createHttpsServer(tls, (req, res) => {
    res.sendDate = false;
    res.setHeader('date', new Date(Date.now() + seconds * 1000).toUTCString());
    const answers: Record<string, unknown> = {
      '/api2/json/access/domains': [{ realm: 'pam' }],
      '/api2/json/version': { version: '9.2.11', release: '9.2' },
    };
    const privileges = Object.fromEntries(NEEDED_PRIVILEGES.map(({ privilege }) => [privilege, 1]));
    const path = new URL(req.url ?? '', 'https://x').searchParams.get('path') ?? '';
    const data = answers[req.url ?? ''] ?? (path ? { [path]: privileges } : []);
    res.end(JSON.stringify({ data }));
  });
  const url = `https://127.0.0.1:${await listen(server)}`;
  const report = await testConnection(connection(url, { trust: { fingerprint: tls.fingerprint } }));
  expect(report.findings[0]).toMatchObject({ code: 'clock_skew', level });
  expect(report.findings[0]?.message).toMatch(seconds > 0 ? /ahead of/ : /behind/);
  // Without a storage and a bridge it is no good anyhow; the clock alone does not decide that.
  expect(report.findings[0]?.level !== 'error').toBe(ok);
});

describe('the token', () => {
  let simulators: Record<'8.4' | '9.2', Simulator>;
  beforeAll(async () => {
    const [older, newer] = await Promise.all([
      startSimulator({ release: '8.4' }),
      startSimulator({ release: '9.2' }),
    ]);
    simulators = { '8.4': older, '9.2': newer };
  });
  afterAll(async () => {
    await Promise.all(Object.values(simulators).map((simulator) => simulator.close()));
  });

  const tested = ({ url, ca, token }: Simulator, more: Partial<Simulator['token']> = {}) =>
    connection(url, { trust: { ca }, token: { ...token, ...more } });

  it.each(['8.4', '9.2'] as const)('that is right gets a clean report from %s', async (release) => {
    const simulator = simulators[release];
    expect(await testConnection(tested(simulator))).toEqual({
      ok: true,
      version: expect.stringMatching(new RegExp(`^${release}`)),
      endpoints: [{ endpoint: simulator.url, fingerprint: simulator.fingerprint }],
      findings: [],
    });
  });

  it('that is wrong is told apart by releases that say so', async () => {
    const wrong = [{ id: 'nobody@pve!berth' }, { id: 'berth@pve!other' }, { secret: SECRET }];
    // Each refusal is held back for three seconds.
    const codes = await Promise.all(
      wrong.flatMap((token) => [
        codesOf(tested(simulators['8.4'], token)),
        codesOf(tested(simulators['9.2'], token)),
      ]),
    );
    expect(codes.flat()).toEqual([
      'token_user_missing',
      'token_refused',
      'token_missing',
      'token_refused',
      'token_secret_wrong',
      'token_refused',
    ]);
  });

  it('that has expired, or whose user is disabled, is told apart too', async () => {
    const [expired, disabled] = await Promise.all([
      startSimulator({ release: '8.4' }),
      startSimulator({ release: '8.4' }),
    ]);
    closers.push(() => Promise.all([expired.close(), disabled.close()]));
    Object.assign(expired.state.access.users['berth@pve']?.tokens['berth'] ?? {}, { expire: 1 });
    Object.assign(disabled.state.access.users['berth@pve'] ?? {}, { enable: 0 });
    const codes = await Promise.all([codesOf(tested(expired)), codesOf(tested(disabled))]);
    expect(codes).toEqual([['token_expired'], ['token_user_disabled']]);
  });

  it('without any right is told each one that it needs, path by path', async () => {
    const simulator = simulators['9.2'];
    const { acl } = simulator.state.access;
    simulator.state.access.acl = [];
    const codes = await codesOf(tested(simulator));
    simulator.state.access.acl = acl;
    const needed = NEEDED_PRIVILEGES.filter(({ releases }) => releases !== 'before 9');
    const onPath = (place: string, path: string) =>
      needed
        .filter((one) => one.place === place)
        .map(({ privilege }) => `privilege_missing ${privilege} ${path}`);
    expect(codes).toEqual([
      ...onPath('vms', '/vms'),
      ...onPath('nodes', '/nodes'),
      'storage_missing',
      'bridge_missing',
    ]);
  });

  it('is told of nodes that are away and of templates that are missing, as warnings', async () => {
    const simulator = await startSimulator({ templates: false });
    closers.push(() => simulator.close());
    simulator.faults.add({ action: 'nodeDown', node: 'pve3' });
    const report = await testConnection(tested(simulator));
    expect(report).toMatchObject({
      ok: true,
      findings: [
        { code: 'node_offline', level: 'warning', message: expect.stringContaining('pve3') },
        { code: 'template_missing', level: 'warning' },
      ],
    });
  });
});

it('a cluster with one address out of order is tested through the other', async () => {
  const simulator = await startSimulator();
  closers.push(() => simulator.close());
  const { url, ca, token } = simulator;
  const endpoints = ['https://127.0.0.1:1', url];
  const report = await testConnection({ endpoints, trust: { ca }, token });
  expect(report).toMatchObject({
    ok: false,
    version: '9.2.11',
    findings: [{ code: 'connection_refused', endpoint: 'https://127.0.0.1:1' }],
  });
});

it.each([
  ['7.4-16', ['version_too_old']],
  ['8.1.4', ['version_too_old']],
  ['8.2.0', []],
  ['9.2.11', []],
  ['10.0.3', ['version_unknown']],
])('says of version %s what Berth makes of it', (version, codes) => {
  expect(judgeVersion(version).map(({ code }) => code)).toEqual(codes);
});

it('prints findings with their remedies, errors first', () => {
  expect(
    describeFindings([
      { code: 'w', level: 'warning', message: 'Careful.', remedy: 'Look.' },
      { code: 'e', level: 'error', message: 'Bad.', remedy: 'Mend.', endpoint: 'https://pve1:8006' },
    ]),
  ).toBe('error e: https://pve1:8006: Bad.\n  Mend.\nwarning w: Careful.\n  Look.');
});

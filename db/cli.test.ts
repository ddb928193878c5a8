import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from './models/cluster.ts';
import { IpAddress } from './models/ip-address.ts';
import { Plan } from './models/plan.ts';
import { Secret } from './models/secret.ts';
import { User } from './models/user.ts';
import { verifyPassword } from './passwords.ts';
import { migrationSource } from './migrations.ts';
import { rollbackMigrations } from './migrate.ts';
import { createSecretBox } from './secrets.ts';
import { buildAccount, buildCatalog, buildImportedServer, buildUser } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(async () => test.drop());

/** Runs the command line as an admin does; `exitCode`, what it printed, and what it complained of. */
async function admin(args: string[], env: NodeJS.ProcessEnv = { DATABASE_URL: test.url }) {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(import.meta.dirname, 'cli.ts'), ...args],
    { env, extendEnv: false, reject: false, stdin: 'ignore' },
  );
  return { exitCode, stdout, stderr };
}

it('migrates, says where it stands and takes back', async () => {
  await rollbackMigrations(test.database);
  const names = await migrationSource.getMigrations([]);
  const each = (word: string) => names.map((name) => `${word}  ${name}`).join('\n');
  expect((await admin(['status'])).stdout).toBe(each('pending'));
  expect((await admin(['migrate'])).stdout).toBe(`Applied: ${names.join(', ')}`);
  expect((await admin(['migrate'])).stdout).toBe('The schema is up to date.');
  expect((await admin(['status'])).stdout).toBe(each('applied'));
  expect((await admin(['rollback'])).stdout).toBe(`Undone: ${names.toReversed().join(', ')}`);
  expect(await admin(['rollback'])).toEqual({ exitCode: 0, stdout: 'There is nothing to undo.', stderr: '' });
});

it('makes a user and shows the generated password, which works, once', async () => {
  const { exitCode, stdout } = await admin(['create-user', '--email', 'ada@example.test', '--name', 'Ada']);
  expect(exitCode).toBe(0);
  const [, password = ''] = /^Created customer ada@example\.test with the password (\S+)$/.exec(stdout) ?? [];
  const user = await User.query(test.database).findOne({ email: 'ada@example.test' }).throwIfNotFound();
  expect(await verifyPassword(user.passwordHash, password)).toBe(true);
});

it('does not show a password it was given', async () => {
  const given = ['--email', 'root@example.test', '--role', 'admin', '--password', 'hunter2-hunter2'];
  const { exitCode, stdout, stderr } = await admin(['create-user', ...given]);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: 'Created admin root@example.test',
    stderr: '',
  });
  const again = await admin(['create-user', ...given]);
  expect(again).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'There is already a user with the e-mail address root@example.test.',
  });
});

const BAD_USERS: [string, string[], RegExp][] = [
  ['no address', [], /required option '--email <address>' not specified/],
  ['no e-mail address', ['--email', 'nobody'], /^nobody is not an e-mail address$/],
  ['no such role', ['--email', 'a@example.test', '--role', 'owner'], /Allowed choices are customer, admin/],
  ['no number', ['--email', 'a@example.test', '--max-servers', 'many'], /a whole number above 0 is needed/],
  ['an empty password', ['--email', 'a@example.test', '--password', ''], /password/],
];
it.each(BAD_USERS)(
  'says in one line what is wrong with %s, and exits with 1',
  async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await admin(['create-user', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(await User.query(test.database).resultSize()).toBe(0);
  },
);

it('shows a link for setting a password, and keeps no copy of it', async () => {
  const user = await buildUser(test.database, { email: 'Ada@example.test' });
  const command = ['password-link', '--url', 'https://cloud.example.net/', '--email'];
  const { stdout, stderr } = await admin([...command, 'ada@example.test', '--days', '3']);
  expect(stdout).toMatch(/^https:\/\/cloud\.example\.net\/app\/set-password#[\w-]{43}$/);
  expect(stderr).toBe('');
  const [kept] = await test.database('password_links');
  expect(kept.userId).toBe(user.id);
  expect(Math.round((kept.expiresAt - kept.createdAt) / 86_400_000)).toBe(3);
  expect(JSON.stringify(kept)).not.toContain(stdout.split('#')[1]);

  await user.$query(test.database).patch({ disabledAt: new Date() });
  const refusals = [
    await admin([...command, 'ada@example.test']),
    await admin([...command, 'nobody@example.test']),
    await admin(['password-link', '--url', 'cloud.example.net', '--email', 'ada@example.test']),
  ];
  expect(refusals.map(({ exitCode, stdout: said }) => [exitCode, said])).toEqual([
    [1, ''],
    [1, ''],
    [1, ''],
  ]);
  expect(refusals.map((refused) => refused.stderr)).toEqual([
    'ada@example.test is disabled.',
    'There is no user with the e-mail address nobody@example.test.',
    expect.stringContaining('an address that starts with https:// is needed'),
  ]);
});

it('adds a plan and a pool', async () => {
  const size = ['--vcpu', '2', '--memory-mib', '2048', '--disk-gib', '20'];
  expect((await admin(['create-plan', '--name', 'Tiny', ...size])).stdout).toBe('Created plan Tiny');
  expect(await Plan.query(test.database).findOne({ name: 'Tiny' })).toMatchObject({
    vcpu: 2,
    diskGib: 20,
    trafficGib: null,
  });
  const { cluster } = await buildCatalog(test.database, { addresses: 0 });
  const range = ['--network', '198.51.100.0/24', '--gateway', '198.51.100.1', '--first', '198.51.100.10'];
  const added = await admin(['create-pool', '--cluster', cluster.name, ...range, '--count', '4']);
  expect(added).toEqual({ exitCode: 0, stdout: 'Added 4 addresses of 198.51.100.0/24', stderr: '' });
  expect(await IpAddress.query(test.database).resultSize()).toBe(4);
  const unknown = await admin(['create-pool', ...range, '--count', '4']);
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toMatch(/^There is no cluster named default;/);
});

it('says how many addresses of a new pool belong to imported servers', async () => {
  const { cluster } = await buildCatalog(test.database, { addresses: 0 });
  const { id: accountId } = await buildAccount(test.database);
  const addresses = ['198.51.100.11', '198.51.100.12'];
  await buildImportedServer(test.database, { accountId, clusterId: cluster.id, vmid: 101, addresses });
  const range = ['--network', '198.51.100.0/24', '--gateway', '198.51.100.1', '--first', '198.51.100.10'];
  const { stdout } = await admin(['create-pool', '--cluster', cluster.name, ...range, '--count', '4']);
  expect(stdout).toBe(
    'Added 4 addresses of 198.51.100.0/24; 2 of them belong to imported servers and will not be handed out',
  );
});

describe('add-cluster', () => {
  const key = randomBytes(32).toString('base64');
  const fra1 = [
    'add-cluster',
    '--skip-test',
    '--name',
    'fra1',
    '--location',
    'Frankfurt',
    '--token-id',
    'berth@pve!berth',
  ];
  const urls = ['--url', 'https://pve1.example.test:8006', '--url', 'https://pve2.example.test:8006'];
  const fingerprint = Array<string>(32).fill('AB').join(':');
  let env: NodeJS.ProcessEnv;
  let dir: string;
  beforeEach(async () => {
    env = { DATABASE_URL: test.url, BERTH_SECRETS_KEY: key, PROXMOX_TOKEN_SECRET: 'hunter2' };
    dir = await mkdtemp(join(tmpdir(), 'berth-cli-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function tokenSecretOf(name: string): Promise<string> {
    const { tokenSecretId } = await Cluster.query(test.database).findOne({ name }).throwIfNotFound();
    const sealed = await Secret.query(test.database).findById(tokenSecretId).throwIfNotFound();
    return createSecretBox(Buffer.from(key, 'base64')).open(sealed, sealed.purpose);
  }

  it('adds a cluster with its token sealed, and changes the one of that name', async () => {
    const added = await admin([...fra1, ...urls, '--fingerprint', fingerprint], env);
    expect(added).toMatchObject({
      exitCode: 0,
      stdout: 'Added cluster fra1; the worker begins to watch it within a minute',
      stderr: '',
    });
    expect(await Cluster.query(test.database)).toMatchObject([
      {
        name: 'fra1',
        location: 'Frankfurt',
        endpoints: ['https://pve1.example.test:8006', 'https://pve2.example.test:8006'],
        tlsFingerprint: fingerprint,
        tokenId: 'berth@pve!berth',
        snippetsStorage: null,
      },
    ]);
    expect(await tokenSecretOf('fra1')).toBe('hunter2');

    const [ca, secret] = [join(dir, 'ca.pem'), join(dir, 'secret')];
    await writeFile(ca, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await writeFile(secret, 'hunter3\n');
    const files = ['--ca-file', ca, '--token-secret-file', secret];
    const changed = await admin([...fra1, '--url', 'https://pve3.example.test:8006', ...files], env);
    expect(changed.stdout).toBe('Changed cluster fra1; the workers take it within seconds');
    const [cluster, ...others] = await Cluster.query(test.database);
    expect(others).toEqual([]);
    expect(cluster).toMatchObject({ endpoints: ['https://pve3.example.test:8006'], tlsFingerprint: null });
    expect(cluster?.tlsCa).toContain('AAAA');
    expect(await tokenSecretOf('fra1')).toBe('hunter3');
    expect(await Secret.query(test.database).resultSize()).toBe(1);
  });

  describe('tests the connection', () => {
    let simulator: Simulator;
    beforeAll(async () => {
      simulator = await startSimulator();
    });
    afterAll(() => simulator.close());
    const withTest = fra1.filter((arg) => arg !== '--skip-test');

    it('and saves what works, with the accepted fingerprint', async () => {
      const { url, fingerprint: seen, token } = simulator;
      const args = [...withTest, '--url', url, '--fingerprint', seen];
      const { exitCode, stdout } = await admin(args, { ...env, PROXMOX_TOKEN_SECRET: token.secret });
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: [
          'Proxmox VE 9.2.11 answers, and the token has all rights it needs',
          'Added cluster fra1; the worker begins to watch it within a minute',
        ].join('\n'),
      });
      expect(await Cluster.query(test.database)).toMatchObject([{ name: 'fra1', tlsFingerprint: seen }]);
    });

    it('and saves nothing when it fails, naming cause, remedy and the fingerprint to pin', async () => {
      const { exitCode, stdout, stderr } = await admin([...withTest, '--url', simulator.url], env);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toMatch(/^error tls_self_signed: /);
      expect(stderr).toContain(simulator.fingerprint);
      expect(stderr).toMatch(/Nothing was saved\.$/);
      expect(stderr).not.toContain('hunter2');
      expect(await Cluster.query(test.database).resultSize()).toBe(0);
    });
  });

  it('takes database and key of a running Berth when it is told of none', async () => {
    await writeFile(join(dir, 'run.json'), JSON.stringify({ databaseUrl: test.url }));
    await writeFile(join(dir, 'secrets.json'), JSON.stringify({ secretsKey: key }));
    const running = { BERTH_DATA_DIR: dir, PROXMOX_TOKEN_SECRET: 'hunter2' };
    expect(await admin([...fra1, ...urls], running)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await tokenSecretOf('fra1')).toBe('hunter2');
    // Its key is not the one of any other database.
    const other = await admin([...fra1, ...urls], { ...running, DATABASE_URL: test.url });
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain('BERTH_SECRETS_KEY');
  });

  it('refuses a key that the secrets in the database are not sealed with', async () => {
    await admin([...fra1, ...urls], env);
    const wrong = await admin([...fra1, ...urls], {
      ...env,
      BERTH_SECRETS_KEY: randomBytes(32).toString('base64'),
    });
    expect(wrong).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'BERTH_SECRETS_KEY is not the key that the secrets in this database are sealed with',
    });
    expect(await tokenSecretOf('fra1')).toBe('hunter2');
  });

  const BAD_CLUSTERS: [string, string[], RegExp][] = [
    ['no address', [], /required option '--url <url...>' not specified/],
    ['plain HTTP', ['--url', 'http://pve1.example.test:8006'], /^--url: .*https:/],
    ['a password in the address', ['--url', 'https://root:hunter2@pve1.example.test'], /^--url: /],
    ['a secret in the token id', [...urls, '--token-id', 'berth@pve!berth=hunter2'], /^--token-id: /],
    ['an empty location', [...urls, '--location', ''], /^--location: /],
    ['a name with a space', [...urls, '--name', 'fra 1'], /^--name: /],
    ['a short fingerprint', [...urls, '--fingerprint', 'AB:CD'], /^--fingerprint: /],
    ['no such file', [...urls, '--ca-file', '/nonexistent'], /^--ca-file: cannot read .*ENOENT/],
    [
      'a CA that is none',
      [...urls, '--ca-file', join(import.meta.dirname, '../package.json')],
      /^--ca-file: .*PEM/,
    ],
    ['an empty secret', [...urls, '--token-secret-file', '/dev/null'], /^--token-secret-file: .*empty/],
    ['half of the snippets', [...urls, '--snippets-dir', '/mnt'], /^--snippets-storage and --snippets-dir/],
    [
      'two ways to trust',
      [...urls, '--fingerprint', fingerprint, '--ca-file', '/ca.pem'],
      /'--fingerprint <sha256>' cannot be used with option '--ca-file <file>'/,
    ],
  ];
  it.each(BAD_CLUSTERS)('says in one line what is wrong with %s', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await admin([...fra1, ...args], env);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter2');
    expect(stderr.split('\n')).toHaveLength(1);
    expect(await Cluster.query(test.database).resultSize()).toBe(0);
  });

  it('names both ways to give the secret when there is none', async () => {
    const { stderr } = await admin([...fra1, ...urls], { ...env, PROXMOX_TOKEN_SECRET: '' });
    expect(stderr).toBe('give --token-secret-file FILE, or PROXMOX_TOKEN_SECRET in the environment');
  });
});

it('names the setting that is missing or wrong, and never its value', async () => {
  expect(await admin(['status'], { BERTH_DATA_DIR: '/nonexistent' })).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('DATABASE_URL'),
  });
  const wrong = await admin(['status'], { DATABASE_URL: 'mysql://root:hunter2@db/berth' });
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toContain('DATABASE_URL');
  expect(wrong.stderr).not.toContain('hunter2');
});

it('means the database of a running Berth when it is told of none', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-cli-'));
  await writeFile(join(dataDir, 'run.json'), JSON.stringify({ databaseUrl: test.url }));
  expect(await admin(['migrate'], { BERTH_DATA_DIR: dataDir })).toMatchObject({ exitCode: 0 });
  await rm(dataDir, { recursive: true });
});

it('says that the database cannot be reached, without the password', async () => {
  const away = new URL(test.url);
  away.hostname = 'localhost';
  away.port = '1';
  away.password = 'hunter2';
  const { exitCode, stderr } = await admin(['status'], { DATABASE_URL: away.href });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).not.toContain('hunter2');
});

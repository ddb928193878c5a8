import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IpAddress } from './models/ip-address.ts';
import { Plan } from './models/plan.ts';
import { User } from './models/user.ts';
import { verifyPassword } from './passwords.ts';
import { migrationSource } from './migrations.ts';
import { rollbackMigrations } from './migrate.ts';
import { buildAccount, buildCatalog, buildImportedServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

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
  const all = (state: string) => names.map((name) => `${state}  ${name}`).join('\n');
  expect((await admin(['status'])).stdout).toBe(all('pending'));
  expect((await admin(['migrate'])).stdout).toBe(`Applied: ${names.join(', ')}`);
  expect((await admin(['migrate'])).stdout).toBe('The schema is up to date.');
  expect((await admin(['status'])).stdout).toBe(all('applied'));
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

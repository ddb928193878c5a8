import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareMariadb, startMariadb } from './mariadb-server.ts';
import { identifyProcess } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-mariadb-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<unknown> {
  const connection = await mysql.createConnection({ uri: url, dateStrings: true });
  try {
    return (await connection.query<RowDataPacket[]>(text))[0];
  } finally {
    await connection.end();
  }
}

it('takes zero dates, and leaves neither process nor files after a stop when the data is not to last', async () => {
  const server = await startMariadb({ dataDir: join(dir, 'data'), durable: false });
  await query(server.url, 'CREATE TABLE dates (day DATE NOT NULL) ENGINE=MyISAM');
  await query(server.url, "INSERT INTO dates VALUES ('0000-00-00')");
  expect(await query(server.readerUrl, 'SELECT * FROM dates')).toEqual([{ day: '0000-00-00' }]);
  await server.stop();
  expect(await identifyProcess(server.pid)).toBeUndefined();
  await expect(stat(server.dataDir)).rejects.toThrow('ENOENT');
});

it('starts again with its data after it was killed, with a new password and a pid file of somebody else', async () => {
  const options = { dataDir: join(dir, 'data'), durable: true };
  const first = await startMariadb({ ...options, password: 'one' });
  await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
  process.kill(first.pid, 'SIGKILL');
  await waitUntil(async () => !(await identifyProcess(first.pid)));
  await writeFile(join(first.dataDir, 'mariadbd.pid'), `${process.pid}\n`);
  const second = await startMariadb({ ...options, password: 'two' });
  expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
  await expect(query(second.url.replace('two', 'one'), 'SELECT 1')).rejects.toThrow('Access denied');
  await second.stop();
  await rm(second.dataDir, { recursive: true, force: true });
});

it('ends with its parent when that is killed with SIGKILL', async () => {
  const program = `
    import { startMariadb } from ${JSON.stringify(import.meta.resolve('./mariadb-server.ts'))};
    const server = await startMariadb({ dataDir: ${JSON.stringify(join(dir, 'data'))}, durable: false });
    console.log(JSON.stringify({ pid: server.pid, dataDir: server.dataDir }));`;
  const parent = execFile(process.execPath, ['--input-type=module', '-e', program]);
  if (!parent.stdout) throw new Error('no output');
  const [line] = (await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')])) as [string];
  const { pid, dataDir } = JSON.parse(line) as { pid: number; dataDir: string };
  parent.kill('SIGKILL');
  await waitUntil(async () => !(await identifyProcess(pid)));
  const isGone = () =>
    stat(dataDir).then(
      () => false,
      () => true,
    );
  await waitUntil(isGone);
});

it('removes the container of a killed run before it starts one of the same name', async () => {
  const [docker, asked] = [join(dir, 'docker'), join(dir, 'asked')];
  await writeFile(docker, `#!/bin/sh\necho "$@" >> ${asked}\n`, { mode: 0o755 });
  const find = () => Promise.resolve({ kind: 'docker' as const, docker, image: 'mariadb:10.11' });
  const { spec } = await prepareMariadb({ dataDir: join(dir, 'data'), durable: true, find });
  await spec.beforeStart?.();
  const name = spec.args[spec.args.indexOf('--name') + 1];
  expect(name).toMatch(/^berth-mariadb-[\da-f]{12}$/);
  expect(await readFile(asked, 'utf8')).toBe(`rm --force ${name}\n`);
});

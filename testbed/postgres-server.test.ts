import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPostgres } from './postgres-server.ts';
import { identifyProcess } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-postgres-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

it('leaves neither process nor files after a stop when the data is not to last', async () => {
  const server = await startPostgres({ dataDir: join(dir, 'data'), durable: false });
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await server.stop();
  expect(await identifyProcess(server.pid)).toBeUndefined();
  await expect(stat(server.dataDir)).rejects.toThrow('ENOENT');
});

it('starts again with its data after it was killed, also when its pid now belongs to somebody else', async () => {
  const options = { dataDir: join(dir, 'data'), durable: true, password: 'kept' };
  const first = await startPostgres(options);
  await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
  process.kill(first.pid, 'SIGKILL');
  await waitUntil(async () => !(await identifyProcess(first.pid)));
  await writeFile(join(first.dataDir, 'postmaster.pid'), `${process.pid}\n${first.dataDir}\n`);
  const second = await startPostgres(options);
  expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
  await second.stop();
  await rm(second.dataDir, { recursive: true, force: true });
});

it('says so when the kept password is not the one of the data', async () => {
  const first = await startPostgres({ dataDir: join(dir, 'data'), durable: true, password: 'one' });
  await first.stop();
  await expect(startPostgres({ dataDir: join(dir, 'data'), durable: true, password: 'two' })).rejects.toThrow(
    'refuses the password',
  );
  await rm(first.dataDir, { recursive: true, force: true });
});

it('ends with its parent when that is killed with SIGKILL', async () => {
  const program = `
    import { startPostgres } from ${JSON.stringify(import.meta.resolve('./postgres-server.ts'))};
    const server = await startPostgres({ dataDir: ${JSON.stringify(join(dir, 'data'))}, durable: false });
    console.log(JSON.stringify({ pid: server.pid, dataDir: server.dataDir }));`;
  const parent = execFile(process.execPath, ['--input-type=module', '-e', program]);
  if (!parent.stdout) throw new Error('no output');
  const [line] = (await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')])) as [string];
  const { pid, dataDir } = JSON.parse(line) as { pid: number; dataDir: string };
  parent.kill('SIGKILL');
  await waitUntil(async () => !(await identifyProcess(pid)));
  await waitUntil(() =>
    stat(dataDir).then(
      () => false,
      () => true,
    ),
  );
});

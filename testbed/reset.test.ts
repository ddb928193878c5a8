import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeFileLock } from './file-lock.ts';
import { reset } from './reset.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-reset-'));
  await mkdir(join(dir, 'postgres'));
  await writeFile(join(dir, 'secrets.json'), '{}');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('removes the data and says what it removed', async () => {
  const said: string[] = [];
  await reset(dir, (text) => said.push(text));
  await expect(stat(dir)).rejects.toThrow('ENOENT');
  expect(said).toEqual([`removed ${dir}`]);
});

it('refuses while the stack runs', async () => {
  await takeFileLock(join(dir, 'lock'), 'npm start');
  await expect(reset(dir, () => undefined)).rejects.toThrow(
    `Berth runs (process ${process.pid}): stop it first`,
  );
  expect((await stat(join(dir, 'secrets.json'))).isFile()).toBe(true);
});

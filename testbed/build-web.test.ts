import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isWebOutdated } from './build-web.ts';

let root: string;
async function touch(name: string, time: number): Promise<void> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  await utimes(path, time, time);
}
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'berth-web-'));
  for (const name of ['web/src/main.tsx', 'contract/servers.ts', 'package-lock.json'])
    await touch(name, 1_000);
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('builds the dashboard when it was never built', async () => {
  expect(await isWebOutdated(root)).toBe(true);
});

it('leaves a dashboard alone that is newer than its sources, whatever happened to its tests', async () => {
  await touch('web/dist/index.html', 2_000);
  await touch('web/src/main.test.tsx', 3_000);
  expect(await isWebOutdated(root)).toBe(false);
});

it.each(['web/src/main.tsx', 'contract/servers.ts', 'package-lock.json'])(
  'builds anew after a change of %s',
  async (name) => {
    await touch('web/dist/index.html', 2_000);
    await touch(name, 3_000);
    expect(await isWebOutdated(root)).toBe(true);
  },
);

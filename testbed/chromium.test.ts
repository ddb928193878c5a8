import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findChromium } from './chromium.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-chromium-'));
  vi.stubEnv('CHROMIUM_PATH', '');
  vi.stubEnv('PATH', dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

const program = (name: string, text: string) =>
  writeFile(join(dir, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

it('takes CHROMIUM_PATH before anything on PATH, and says so when that cannot be run', async () => {
  await program('chromium', 'exit');
  await program('mine', 'exit');
  expect(await findChromium()).toBe(join(dir, 'chromium'));
  vi.stubEnv('CHROMIUM_PATH', join(dir, 'mine'));
  expect(await findChromium()).toBe(join(dir, 'mine'));
  vi.stubEnv('CHROMIUM_PATH', join(dir, 'nothing'));
  await expect(findChromium()).rejects.toThrow('CHROMIUM_PATH=');
});

it.runIf(process.getuid?.() === 0)('installs the package where it may, and tells', async () => {
  await program(
    'apt-get',
    `echo "$1" >> ${dir}/calls; [ "$1" = update ] || /bin/cp ${dir}/apt-get ${dir}/chromium`,
  );
  const said: string[] = [];
  expect(await findChromium((text) => said.push(text))).toBe(join(dir, 'chromium'));
  expect(await readFile(join(dir, 'calls'), 'utf8')).toBe('update\ninstall\n');
  expect(said).toEqual(['installing Chromium with apt-get for the browser tests']);
});

it('names what would do when there is none and none can be installed', async () => {
  await expect(findChromium()).rejects.toThrow(/install Chromium, or set CHROMIUM_PATH/);
});

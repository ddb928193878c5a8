import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importantLine, rotateLogs } from './logs.ts';

it.each([
  ['{"level":30,"msg":"request"}', undefined],
  ['{"level":40,"msg":"sweep failed"}', 'warning: sweep failed'],
  ['{"level":50,"msg":"clone failed","err":{"message":"disk full"}}', 'error: clone failed: disk full'],
  ['{"level":50', undefined],
  ['plain text', undefined],
])('echoes of %s: %s', (line, echoed) => {
  expect(importantLine(line)).toBe(echoed);
});

it('puts a large log aside and keeps a small one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'berth-logs-'));
  await writeFile(join(dir, 'api.log'), 'small');
  await writeFile(join(dir, 'worker.log'), Buffer.alloc(11 * 1024 * 1024));
  await rotateLogs(dir);
  expect((await readdir(dir)).toSorted()).toEqual(['api.log', 'worker.log.1']);
  await rm(dir, { recursive: true });
});

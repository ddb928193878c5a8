import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-summary-'));
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function lastLine(
  files: Record<string, string>,
): Promise<{ line: string | undefined; exitCode: number }> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const reporter = join(import.meta.dirname, 'summary-reporter.ts');
  const { stdout, exitCode } = await execa(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default', `--reporter=${reporter}`],
    { cwd: dir, reject: false, stdin: 'ignore' },
  );
  return { line: stdout.split('\n').at(-1), exitCode: exitCode ?? -1 };
}

it('counts passed, failed and skipped tests', async () => {
  const text = `import { it, expect } from 'vitest';
    it('one', () => {}); it('two', () => { expect(1).toBe(2); }); it.skip('three', () => {}); it.todo('four');`;
  expect(await lastLine({ 'a.test.ts': text })).toEqual({
    line: '1 passed, 1 failed, 2 skipped',
    exitCode: 1,
  });
});

it('counts a file that cannot be loaded, a failed hook and an error nobody caught as failures', async () => {
  const files = {
    'broken.test.ts': `throw new Error('cannot load');`,
    'hook.test.ts': `import { it, describe, beforeAll } from 'vitest';
      describe('suite', () => { beforeAll(() => { throw new Error('hook'); }); it('never runs', () => {}); });`,
    'late.test.ts': `import { it } from 'vitest';
      it('passes', async () => { void Promise.reject(new Error('late')); await new Promise((done) => setTimeout(done, 20)); });`,
  };
  expect(await lastLine(files)).toEqual({ line: '1 passed, 3 failed, 1 skipped', exitCode: 1 });
});

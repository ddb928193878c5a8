import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DEFECTS } from '../testbed/whmcs/defects.ts';
import { explainCode, isKnownCode } from '../contract/migration-codes.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** This looks at the source as a whole: what `inspect` finds is no code of a row. */
const NOT_OF_ROWS = new Set(['count-problems.ts']);
/** The ways in which a code is written down. */
const PATTERNS = [
  /\b(?:finding|warn|quarantine|standstill)\(\s*'([a-z_]+)'/g,
  /\b(?:code|type|skip): '([a-z_]+)'/g,
  /\bcode = '([a-z_]+)'/g,
  /array_append\([\w.]+, '([a-z_]+)'\)/g,
  /const UNREADABLE = '([a-z_]+)'/g,
];

async function findCodes(): Promise<Map<string, string>> {
  const files = (await readdir(FOLDER, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !NOT_OF_ROWS.has(file),
  );
  const found = new Map<string, string>();
  for (const file of files) {
    const text = await readFile(join(FOLDER, file), 'utf8');
    for (const pattern of PATTERNS)
      for (const [, code] of text.matchAll(pattern)) found.set(code ?? '', file);
  }
  return found;
}

it('knows every code that the program can give', async () => {
  const found = await findCodes();
  expect(found.size).toBeGreaterThan(50);
  expect([...found].filter(([code]) => !isKnownCode(code))).toEqual([]);
});

it('knows the codes that are put together, and those a careful migration is expected to give', () => {
  const expected = Object.values(DEFECTS).flatMap(({ code }) => code ?? []);
  expect([...expected, 'os_unmapped', 'location_unmapped'].filter((code) => !isKnownCode(code))).toEqual([]);
});

it('has something to say about codes of the mapping', () => {
  expect(explainCode('on_holiday').meaning).toContain('mapping');
  expect(explainCode('constructor').meaning).toContain('mapping');
});

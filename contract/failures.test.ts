import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FAILURES } from './failures.ts';
import { CODES_OF_ANY_STEP } from './operation-table.ts';

it('is what docs/failures.md lists', async () => {
  const text = await readFile(join(import.meta.dirname, '../docs/failures.md'), 'utf8');
  const [, ...rows] = text.split('\n').filter((line) => line.startsWith('| '));
  expect(rows).toEqual(
    Object.entries(FAILURES).map(
      ([code, { title, cause, remedy }]) => `| \`${code}\` | ${title}. ${cause} | ${remedy} |`,
    ),
  );
});

it('names in docs/lifecycle.md what any step may end with', async () => {
  const text = await readFile(join(import.meta.dirname, '../docs/lifecycle.md'), 'utf8');
  const [, codes = ''] = /Every step that calls Proxmox([^]*?)\n\n/.exec(text) ?? [];
  expect(codes.match(/(?<=`)[a-z_]+(?=`)/g)).toEqual(CODES_OF_ANY_STEP);
});

it('says all of it in whole sentences', () => {
  for (const { title, cause, nextStep, remedy } of Object.values(FAILURES)) {
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    for (const text of [cause, nextStep, remedy]) expect(text).toMatch(/^(?:[A-Z]|`).*\.$/);
  }
});

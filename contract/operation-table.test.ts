import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  definitionOf,
  noReturnAt,
  OPERATION_TYPES,
  waitsAfter,
  type OperationType,
} from './operation-table.ts';

const PAGE = join(import.meta.dirname, '../docs/lifecycle.md');
const MARK =
  '<!-- The rest is written from contract/operation-table.ts: BERTH_WRITE_DOCS=1 npx vitest run contract/operation-table.test.ts -->';

const RECOVERY = {
  compensate: 'What was done is undone, and the operation fails.',
  pause: 'The operation waits at the step (*needs attention*) for a decision.',
  fail: 'The operation fails; there is nothing to undo.',
};

const listed = (codes: readonly string[]) => codes.map((code) => `\`${code}\``).join(', ');

function section(type: OperationType): string {
  const { name, requestedBy, recovery, mendable = [], cancel, rollBack, steps } = definitionOf(type);
  const rows = steps.map(({ title, codes = [], skip, noReturn }, index) => {
    const remarks = [noReturn && `No return: ${noReturn}`, skip && `Can be skipped: ${skip}`];
    return `| ${index + 1} | ${title} | ${listed(codes)} | ${remarks.filter(Boolean).join(' ')} |`;
  });
  return [
    `## ${name} (\`${type}\`)`,
    '',
    ...(requestedBy === 'admin' ? ['Administrators only.'] : []),
    `When a step fails for good: ${RECOVERY[recovery]}`,
    ...(mendable.length > 0 ? [`It waits like others (*needs attention*) for: ${listed(mendable)}.`] : []),
    `Cancel: ${cancel}`,
    ...(rollBack ? [`Roll back: ${rollBack}`] : []),
    '',
    '| | step | may fail with | |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

it('is what docs/lifecycle.md shows', async () => {
  const page = await readFile(PAGE, 'utf8');
  const [head = ''] = page.split(MARK);
  const wanted = `${head}${MARK}\n\n${OPERATION_TYPES.map(section).join('\n\n')}\n`;
  if (process.env['BERTH_WRITE_DOCS'] === '1') await writeFile(PAGE, wanted);
  expect(page === wanted || process.env['BERTH_WRITE_DOCS'] === '1').toBe(true);
});

it('refuses a cancel from the first step of no return on, not before', () => {
  expect(noReturnAt('terminate', null)).toBeNull();
  expect(noReturnAt('terminate', 'stop')).toBeNull();
  expect(noReturnAt('terminate', 'destroy')).toBe('The disks are being erased.');
  expect(noReturnAt('terminate', 'release')).toBe('The disks are being erased.');
  expect(noReturnAt('provision', 'ready')).toBeNull();
});

it('has an operation wait for what the provider can mend, and undone for the rest', () => {
  expect(waitsAfter('provision', 'storage_full')).toBe(true);
  expect(waitsAfter('provision', 'guest_not_ready')).toBe(false);
  expect(waitsAfter('rebuild', 'guest_not_ready')).toBe(true);
  expect(waitsAfter('start', 'storage_full')).toBe(false);
});

it.each(OPERATION_TYPES)('%s says all of it in whole sentences, and names each step once', (type) => {
  const { cancel, rollBack, steps } = definitionOf(type);
  const sentences = [cancel, rollBack, ...steps.flatMap(({ skip, noReturn }) => [skip, noReturn])];
  for (const sentence of sentences) if (sentence) expect(sentence).toMatch(/^[A-Z].*\.$/);
  expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
});

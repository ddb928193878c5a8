import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const LOCALES = path.join(import.meta.dirname, 'src/locales');
const read = (): Promise<string[]> =>
  Promise.all(['en.po', 'de.po'].map((name) => readFile(path.join(LOCALES, name), 'utf8')));

const before = await read();
execFileSync('lingui', ['extract', '--clean'], { stdio: ['ignore', 'ignore', 'inherit'] });
const after = await read();
if (before.join('') !== after.join('')) {
  console.error(
    'The catalogs were out of date and are now up to date: translate what is new, and commit them.',
  );
  process.exitCode = 1;
}
// The first entry of a catalog is its header.
const untranslated = (after[1] ?? '')
  .split('\n\n')
  .slice(1)
  .filter((entry) => /^msgstr ""$/m.test(entry));
if (untranslated.length > 0) {
  console.error(`Not in German yet:\n\n${untranslated.join('\n\n')}`);
  process.exitCode = 1;
}

import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run bench [name]` runs one program, or says which there are: those that end with a ratio. */
const [name, ...rest] = process.argv.slice(2);
const names: string[] = [];
for (const file of (await readdir(import.meta.dirname)).toSorted()) {
  if (!file.endsWith('.ts') || file === 'run.ts' || file === 'numbers.ts') continue;
  const text = await readFile(join(import.meta.dirname, file), 'utf8');
  if (text.includes('printRatio(')) names.push(file.slice(0, -'.ts'.length));
}
if (name === undefined || !names.includes(name)) {
  console.log(`npm run bench -- NAME, with NAME one of ${names.join(', ')}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...rest], {
    stdio: 'inherit',
  });
  // A Ctrl-C reaches the program too, which takes down what it started.
  process.on('SIGINT', () => undefined);
  child.on('exit', (code) => (process.exitCode = code ?? 1));
}

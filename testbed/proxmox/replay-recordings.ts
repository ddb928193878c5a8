import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { acceptedIn } from './accepted-differences.ts';
import { readRecordings, replay } from './replay.ts';

/** `npm run test:recordings [-- --differences] [-- --update] [name…]`: how many answers are equal, per recording. */

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const sums = { equal: 0, accepted: 0, all: 0, recorded: 0 };

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Notes in a recording how many of its exchanges are equal now. */
function update(file: string, equal: number): void {
  const path = join(import.meta.dirname, 'fixtures', file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/^ "equal": \d+,$/m, ` "equal": ${equal},`));
}

for (const recording of readRecordings()) {
  const { file, exchanges } = recording;
  if (names.length > 0 && !names.some((name) => file.startsWith(name))) continue;
  const outcomes = await replay(recording);
  const accepted = acceptedIn(file);
  const differing = outcomes.filter(({ difference }) => difference !== undefined);
  const equal = outcomes.length - differing.length;
  const excused = differing.filter(({ n }) => accepted.has(n)).length;
  print(
    `${file.padEnd(48)} ${String(equal).padStart(4)} of ${String(outcomes.length).padStart(3)} exchanges equal` +
      (excused > 0 ? `, ${excused} accepted differences` : ''),
  );
  sums.equal += equal;
  sums.accepted += excused;
  sums.all += outcomes.length;
  sums.recorded += exchanges.reduce((sum, { polls = 1 }) => sum + polls, 0);
  if (options.includes('--update')) update(file, equal);
  if (!options.includes('--differences')) continue;
  for (const { n, call, difference } of differing) {
    if (!accepted.has(n)) print(`  ${n} ${call}\n      ${difference}`);
  }
}
print(
  `${sums.equal} of ${sums.all} exchanges equal, ${sums.accepted} accepted differences (${sums.recorded} were recorded; calls repeated to wait count once)`,
);

import { Command, InvalidArgumentError } from 'commander';
import { startBerth } from '../e2e/berth.ts';
import { runMatrix, type Cell } from './matrix.ts';
import { renderMatrix } from './render-matrix.ts';
import { GRACE_HOURS, SCENARIOS } from './scenarios.ts';
import { VICTIMS, type Victim } from './victims.ts';

/** The kill matrix as a program: `npm run test:kill -- --help`. Its last line is `cells: N, red: R`. */

function among<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((name) => {
      const found = known.find((one) => one === name);
      if (!found) throw new InvalidArgumentError(`${name} is none of ${known.join(', ')}`);
      return found;
    });
}

const NAMES = SCENARIOS.map(({ name }) => name);

interface Options {
  victims: Victim[];
  operations: string[];
  minutes?: number;
}

const { victims, operations, minutes } = new Command('test:kill')
  .description(
    'Kills or cuts every part of Berth at every step boundary of every operation, and lets an oracle judge what became of it.',
  )
  .option('--victims <names>', `some of ${VICTIMS.join(', ')}`, among(VICTIMS), [...VICTIMS])
  .option(
    '--operations <names>',
    'some of the operations, or of their variants such as "stop (HA)"',
    among(NAMES),
    NAMES,
  )
  .option('--minutes <number>', 'begin no victim after so many minutes', Number)
  .parse()
  .opts<Options>();

const startedAt = Date.now();
const say = (message: string) =>
  console.error(`[${String(Math.round((Date.now() - startedAt) / 1_000)).padStart(4)} s] ${message}`);

const scenarios = SCENARIOS.filter(
  ({ name, type }) => operations.includes(name) || operations.includes(type),
);
const cells: Cell[] = [];
const berth = await startBerth({ speed: '0.1', deleteGraceHours: GRACE_HOURS });
try {
  for (const victim of victims) {
    if (minutes !== undefined && Date.now() - startedAt > minutes * 60_000) {
      say(`${victim}: left out, the time is over`);
      continue;
    }
    const judged = await runMatrix(berth, { victims: [victim], scenarios, say });
    const isRed = judged.filter(({ faults }) => faults.length > 0).length;
    say(`${victim}: ${judged.length} cells, ${isRed} red`);
    cells.push(...judged);
  }
} finally {
  await berth.stop();
}
console.log(renderMatrix(cells));
const red = cells.filter(({ faults }) => faults.length > 0);
for (const { scenario, boundary, victim, outcome, faults } of red)
  console.log(`red: ${scenario} at ${boundary}, ${victim}: ${outcome}; ${faults.join('; ')}`);
console.log(`cells: ${cells.length}, red: ${red.length}`);
if (red.length > 0 || cells.length === 0) process.exitCode = 1;

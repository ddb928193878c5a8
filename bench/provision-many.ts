import { compareProvisions } from './compare-provisions.ts';
import { SPEED_FOR_CLONE_OF_5_S, withEstate } from './estate.ts';
import { printRatio } from './numbers.ts';

/** Builds many servers at once through Berth and with a bare script, in turn, and compares when the last is ready. */
const AT_ONCE = Number(process.env['AT_ONCE'] ?? 50);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);

await withEstate({ speed: SPEED_FOR_CLONE_OF_5_S }, async (estate) => {
  const { toPaced, toBare } = await compareProvisions(estate, { atOnce: AT_ONCE, rounds: ROUNDS });
  printRatio(toPaced, '≤ 1.05 × a bare script at the same pace');
  printRatio(toBare, '≤ 1.05 × a bare script');
});

import { compareProvisions } from './compare-provisions.ts';
import { SPEED_FOR_CLONE_OF_5_S, withEstate } from './estate.ts';
import { printRatio } from './numbers.ts';

/** Builds a server through Berth and with a bare script, in turn. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);

await withEstate({ speed: SPEED_FOR_CLONE_OF_5_S }, async (estate) => {
  const { toPaced, toBare } = await compareProvisions(estate, { atOnce: 1, rounds: ROUNDS });
  printRatio(toPaced, '≤ 1.05 × a bare script at the same pace');
  printRatio(toBare, '≤ 1.05 × a bare script');
});

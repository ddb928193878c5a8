import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type RunningBerth } from './berth.ts';
import { runMatrix } from '../kill/matrix.ts';
import { SCENARIOS } from '../kill/scenarios.ts';

/** A sample; all of it: `npm run test:kill`. */
let berth: RunningBerth;
beforeAll(async () => {
  berth = await startBerth({ speed: '0.1' });
});
afterAll(() => berth.stop());

it.each(['worker', 'after'] as const)('a sample of the kill matrix has no red cell: %s', async (victim) => {
  const cells = await runMatrix(berth, {
    victims: [victim],
    scenarios: SCENARIOS.filter(({ name }) => ['provision', 'resize', 'terminate'].includes(name)),
    // The last step and the one in the middle.
    pick: (boundaries) => [boundaries[boundaries.length >> 1], boundaries.at(-2)].flatMap((one) => one ?? []),
  });
  expect(cells.filter(({ faults }) => faults.length > 0)).toEqual([]);
  expect(cells).toHaveLength(6);
});

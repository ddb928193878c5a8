import { expect, it } from 'vitest';
import { createMeasure } from './follow-run.ts';

const total = 10_000;

/** What is shown after each step: seconds since the start, and rows done by then. */
function measured(steps: [seconds: number, done: number, status?: 'running' | 'succeeded'][]) {
  let at = 0;
  const measure = createMeasure(() => at * 1_000);
  return steps.map(([seconds, done, status = 'running']) => {
    at = seconds;
    return measure({ done, total, status });
  });
}

it('tells the rate and how long the rest takes', () => {
  expect(
    measured([
      [0, 0],
      [1, 100],
      [2, 200],
    ]),
  ).toEqual([
    { rate: 0, eta: '' },
    { rate: 100, eta: '1m 39s' },
    { rate: 100, eta: '1m 38s' },
  ]);
});

it('goes by the last ten seconds, so that a stop shows', () => {
  const steps = measured([
    [0, 0],
    [5, 5_000],
    [12, 5_000],
    [16, 5_000],
  ]);
  expect(steps.at(-1)).toEqual({ rate: 0, eta: '' });
});

it('ends with the rate of the whole run', () => {
  expect(
    measured([
      [0, 0],
      [10, 8_000],
      [40, total],
      [50, total, 'succeeded'],
    ]).at(-1),
  ).toEqual({ rate: 200, eta: '' });
});

it('says hours where it takes hours', () => {
  expect(
    measured([
      [0, 0],
      [2, 1],
    ]).at(-1),
  ).toEqual({ rate: 1, eta: '5h 33m' });
});

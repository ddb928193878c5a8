import { expect, test } from 'vitest';
import { formatAgo, formatDuration, formatHours } from './format-time.ts';

test.each([
  [3_000, 'just now'],
  [45_000, '45 s ago'],
  [5 * 60_000, '5 min ago'],
  [3 * 3_600_000, '3 h ago'],
  [24 * 3_600_000, 'yesterday'],
  [12 * 24 * 3_600_000, '12 days ago'],
])('%i ms before now is "%s"', (ms, words) => {
  expect(formatAgo(1_000_000_000_000 - ms, 1_000_000_000_000)).toBe(words);
});

test.each([
  [4_400, '4 s'],
  [80_000, '1 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [47 * 3_600_000, '47 h 0 min'],
  [40 * 24 * 3_600_000 + 360_000, '40 days'],
])('%i ms lasts "%s"', (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

test.each([
  [0.01, '1 minute'],
  [0.5, '30 minutes'],
  [1, '1 hour'],
  [36, '36 hours'],
  [72, '3 days'],
])('%d hours are "%s"', (hours, words) => {
  expect(formatHours(hours)).toBe(words);
});

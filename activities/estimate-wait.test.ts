import { describe, expect, it } from 'vitest';
import { describeWait, estimateWait } from './estimate-wait.ts';
import { inEnglish } from '../contract/sayings.ts';

describe('estimateWait', () => {
  const line = { limit: 2, usualSeconds: 60, heldForSeconds: [50, 20] };

  it.each([
    [1, 10], // the holder that began 50 s ago
    [2, 40], // the other one
    [3, 70], // who was first in line
    [4, 100],
    [5, 130],
  ])('lets the one at place %i wait until enough of those ahead have ended: %i s', (position, seconds) => {
    expect(estimateWait({ ...line, position })).toBe(seconds);
  });

  it('expects one that takes longer than usual to end at once', () => {
    expect(estimateWait({ ...line, heldForSeconds: [500, 20], position: 1 })).toBe(0);
  });

  it('counts a slot that is about to be given out as free', () => {
    expect(estimateWait({ ...line, heldForSeconds: [20], position: 1 })).toBe(0);
    expect(estimateWait({ ...line, heldForSeconds: [20], position: 2 })).toBe(40);
  });

  it('expects no room from the first to end while there are more than may be', () => {
    expect(estimateWait({ ...line, heldForSeconds: [50, 40, 20], position: 1 })).toBe(20);
  });

  it('knows nothing without past operations, and nothing of who stands in no line', () => {
    expect(estimateWait({ ...line, usualSeconds: null, position: 1 })).toBeNull();
    expect(estimateWait({ ...line, position: null })).toBeNull();
  });
});

describe('describeWait', () => {
  it.each([
    [1, null, '1st in line'],
    [2, 0, '2nd in line, about 10 s'],
    [3, 42, '3rd in line, about 40 s'],
    [11, 119, '11th in line, about 2 min'],
    [22, 3_599, '22nd in line, about 1 h 0 min'],
    [113, 7_500, '113th in line, about 2 h 5 min'],
  ])('says place %i with %s s to go as "%s"', (position, seconds, text) => {
    expect(inEnglish(describeWait(position, seconds))).toBe(text);
  });
});

import { beforeEach, expect, test } from 'vitest';
import { keepEnds, takeKeptEnds } from './kept-ends.ts';

beforeEach(() => sessionStorage.clear());

const ends = (count: number, first = 0) => ({
  ids: Array.from({ length: count }, (_, at) => `operation-${first + at}`),
  told: [],
});

test('what is kept is taken once', () => {
  keepEnds('ada', [ends(2)]);
  expect(takeKeptEnds('ada')).toEqual([ends(2)]);
  expect(takeKeptEnds('ada')).toEqual([]);
});

test('nothing is kept for another user', () => {
  keepEnds('ada', [ends(2)]);
  expect(takeKeptEnds('bob')).toEqual([]);
  expect(takeKeptEnds('ada')).toEqual([]);
});

test('of very many the newest are kept', () => {
  keepEnds('ada', [ends(100), ends(200, 100), ends(250, 300)]);
  expect(takeKeptEnds('ada')).toEqual([ends(200, 100), ends(250, 300)]);
});

test('what cannot be read counts as nothing', () => {
  sessionStorage.setItem('berth.ends', '{');
  expect(takeKeptEnds('ada')).toEqual([]);
});

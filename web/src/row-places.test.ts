import { expect, test } from 'vitest';
import { placeRows, type RowPlace } from './row-places.ts';

const read = (places: RowPlace[]) => places.map(({ key, id }) => `${key}${id}`).join(' ');
const FIRST = placeRows([], ['a', 'b', 'c'], true);

test('a row that comes takes the element of one that has gone, and the others stay where they are', () => {
  const scrolled = placeRows(FIRST, ['b', 'c', 'd'], false);
  expect(read(scrolled)).toBe('0d 1b 2c');
  expect(placeRows(scrolled, ['b', 'c', 'd'], false)).toBe(scrolled);
});

test('elements stand in the order of the rows where that is asked for', () => {
  const scrolled = placeRows(FIRST, ['b', 'c', 'd'], false);
  const inOrder = placeRows(scrolled, ['b', 'c', 'd'], true);
  expect(read(inOrder)).toBe('1b 2c 0d');
  expect(placeRows(inOrder, ['b', 'c', 'd'], true)).toBe(inOrder);
});

test('a row keeps its element when another comes before it', () => {
  expect(read(placeRows(FIRST, ['new', 'a', 'b', 'c'], true))).toBe('3new 0a 1b 2c');
});

test('elements that no row needs go, and more rows get new ones', () => {
  expect(read(placeRows(FIRST, ['c'], false))).toBe('2c');
  expect(read(placeRows(FIRST, ['c', 'd', 'e', 'f'], false))).toBe('0d 1e 2c 3f');
});

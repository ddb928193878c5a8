import { expect, it } from 'vitest';
import { convertQuantity, parseQuantity } from './quantity.ts';

it.each([
  ['4 GB', { value: 4, unit: 'gb' }],
  ['4096', { value: 4096 }],
  ['4,096 MB', { value: 4096, unit: 'mb' }],
  ["1'024 MiB", { value: 1024, unit: 'mib' }],
  ['4 096 MB', { value: 4096, unit: 'mb' }],
  ['1.5 TB', { value: 1.5, unit: 'tb' }],
  ['1,5 TB', { value: 1.5, unit: 'tb' }],
  ['1.024.000 MB', { value: 1_024_000, unit: 'mb' }],
  ['1,024.5 GB', { value: 1024.5, unit: 'gb' }],
  ['0.125 GB', { value: 0.125, unit: 'gb' }],
  ['50GB SSD NVMe', { value: 50, unit: 'gb' }],
  ['100 Mbit/s', { value: 100, unit: 'mbit/s' }],
  ['25 MB / s', { value: 25, unit: 'mb/s' }],
  ['1 TB / month', { value: 1, unit: 'tb' }],
  ['2 vCPU', { value: 2, unit: 'vcpu' }],
  ['4 large ones', { value: 4 }],
  ['-1', { value: -1 }],
])('reads %s', (text, expected) => {
  expect(parseQuantity(text)).toEqual(expected);
});

it.each(['', 'Unlimited', 'GB 4', 'x4', '1.024', '99999999999999999999', 'NaN'])('refuses %j', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});

it.each([
  [{ value: 4, unit: 'GiB' }, { perTarget: 1, perTb: 1024 }, 4096],
  [{ value: 1, unit: 'tb' }, { perTarget: 1024, perTb: 1024 }, 1024],
  [{ value: 1, unit: 'tb' }, { perTarget: 1024, perTb: 1000 }, 1000],
  [{ value: 0.5, unit: 'gb' }, { perTarget: 1, perTb: 1024 }, 512],
  [{ value: 512, unit: 'mb' }, { perTarget: 1024, perTb: 1024 }, undefined],
  [{ value: 25, unit: 'MB/s' }, { perTarget: 1, perTb: 1024 }, 200],
  [{ value: 1, unit: 'furlong' }, { perTarget: 1, perTb: 1024 }, undefined],
])('converts %j by %j', (quantity, factors, expected) => {
  expect(convertQuantity(quantity, factors)).toBe(expected);
});

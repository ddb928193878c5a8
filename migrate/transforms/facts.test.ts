import { expect, it } from 'vitest';
import { parseMac } from './facts.ts';

it.each(['BC:24:11:00:00:07', 'bc-24-11-00-00-07', 'BC24.1100.0007', 'bc2411000007', ' bc:24:11:00:00:07\n'])(
  'reads %j as a MAC address',
  (text) => {
    expect(parseMac(text)).toBe('bc:24:11:00:00:07');
  },
);

it.each(['', 'bc:24:11:00:00', 'bc:24:11:00:00:07:08', 'bc:24-11:00:00:07', 'eth0', 'xc:24:11:00:00:07'])(
  'does not take %j for a MAC address',
  (text) => {
    expect(parseMac(text)).toBeUndefined();
  },
);

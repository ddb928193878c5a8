import { expect, it } from 'vitest';
import { parseServerSearch } from './server-search.ts';

const terms = (text: string) => parseServerSearch(text).terms.map(({ kind, value }) => `${kind}=${value}`);
const faults = (text: string) => parseServerSearch(text).faults;

it.each([
  ['', []],
  ['shop', ['text=shop']],
  ['status:stopped node:pve1', ['status=stopped', 'node=pve1']],
  ['STATUS:Running shop', ['status=Running', 'text=shop']],
  ['plan:"Very small"', ['plan=Very small']],
  ['"two words" x', ['text=two words', 'text=x']],
  ['ip:203.0.113.0/24', ['ip=203.0.113.0/24']],
  ['ip:2001:db8::/32', ['ip=2001:db8::/32']],
  ['vmid:100042', ['vmid=100042']],
  ['2001:db8::7', ['text=2001:db8::7']],
  ['fe80::1', ['text=fe80::1']],
])('reads %j', (text, expected) => {
  expect(terms(text)).toEqual(expected);
  expect(faults(text)).toEqual([]);
});

it.each([
  ['status:happy', 'status:happy', /^a status is one of provisioning/],
  ['color:red shop', 'color:red', /^there is no color:/],
  ['vmid:abc', 'vmid:abc', /whole number/],
  ['ip:shop', 'ip:shop', /^an address/],
  ['node: pve1', 'node:', /right after it/],
  ['plan:""', 'plan:""', /right after it/],
  ['plan:"Small', 'plan:"Small', /quotation mark/],
  ['1 2 3 4 5 6 7 8 9 10 11', '1 2 3 4 5 6 7 8 9 10 11', /at most 10/],
])('names what it does not understand in %j', (text, term, message) => {
  expect(faults(text)).toMatchObject([{ term, message: expect.stringMatching(message) }]);
});

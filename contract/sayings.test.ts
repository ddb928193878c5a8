import { expect, it } from 'vitest';
import { CONNECTION_TEXTS, tellFinding } from './connection-texts.ts';
import { FAILURE_SAYINGS } from './failure-sayings.ts';
import { FIELD_TEXTS } from './field-texts.ts';
import { LEDGER_SAYINGS } from './ledger-sayings.ts';
import { OBSTACLE_SAYINGS } from './obstacle-sayings.ts';
import { OPERATION_NAMES } from './operation-names.ts';
import { PROBLEM_SAYINGS } from './problem-sayings.ts';
import { REFUSAL_SAYINGS } from './refusal-sayings.ts';
import { SEARCH_SAYINGS } from './search-sayings.ts';
import { inEnglish, say, SAYINGS, tell } from './sayings.ts';
import { STEP_SAYINGS } from './step-sayings.ts';

it('no two tables have the same code', () => {
  const tables = [
    STEP_SAYINGS,
    FAILURE_SAYINGS,
    LEDGER_SAYINGS,
    OBSTACLE_SAYINGS,
    REFUSAL_SAYINGS,
    PROBLEM_SAYINGS,
    SEARCH_SAYINGS,
    FIELD_TEXTS,
  ];
  const names = Object.keys(OPERATION_NAMES).map((type) => `name_${type}`);
  const codes = [...tables.flatMap((table) => Object.keys(table)), ...names];
  expect(codes.toSorted()).toEqual(Object.keys(SAYINGS).toSorted());
});

it('says in English what stands in a text, in a text within it and in a list of those', () => {
  const reasons = [say('node_gone'), say('storage_not_there', { storage: 'local' })];
  expect(inEnglish(say('cannot_move', { node: 'pve2', reasons }))).toBe(
    'It cannot move to pve2: that node is not a node of the cluster any more; the storage local is not usable there',
  );
  expect(tell('trying_again', { attempt: 2, reason: say('broke_inside') })).toEqual({
    summary: 'Trying again (attempt 2): something broke inside Berth',
    said: { code: 'trying_again', params: { attempt: 2, reason: { code: 'broke_inside', params: {} } } },
  });
});

it.each([
  [1, '1st'],
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [22, '22nd'],
])('place %i in a line is the %s', (position, nth) => {
  expect(inEnglish(say('in_line', { position }))).toBe(`${nth} in line`);
});

it('leaves what stands in a text as it is, also when it looks like a gap', () => {
  expect(inEnglish(say('waiting', { what: '{what}' }))).toBe('Waiting: {what}');
});

it('says of a code it does not know no more than the code', () => {
  expect(inEnglish({ code: 'from_a_newer_version', params: {} })).toBe('from_a_newer_version');
});

it('a finding says the same in both of its sentences as its code does', () => {
  const { message, remedy, said } = tellFinding('privilege_missing', {
    privilege: 'VM.Clone',
    path: '/vms',
    user: 'berth@pve',
    token: 'berth@pve!berth',
  });
  expect(message).toBe('The token lacks VM.Clone on /vms.');
  expect(remedy).toContain("pveum acl modify /vms --users berth@pve --tokens 'berth@pve!berth'");
  expect(CONNECTION_TEXTS).toHaveProperty(said.code);
});

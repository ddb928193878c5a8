import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { AGENT_SNIPPET_TEXT } from './bootstrap/check.ts';
import { CHECK_CODES } from './bootstrap/codes.ts';
import { NEEDED_PRIVILEGES, privilegesOf } from './privileges.ts';
import { CONNECTION_CODES } from '../contract/clusters.ts';

let text: string;
beforeAll(async () => {
  text = await readFile(join(import.meta.dirname, '../docs/proxmox.md'), 'utf8');
});

/** Cells of each row of the table below a heading. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  return [...body.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
}

const PLACES = {
  vms: '`/vms`',
  nodes: '`/nodes`',
  storage: '`/storage/<storage>`',
  network: '`/sdn/zones/localnetwork/<bridge>`',
};

it('lists the privileges that the role has, with their paths and reasons', () => {
  const [, ...rows] = rowsBelow('Privileges');
  expect(rows).toEqual(
    NEEDED_PRIVILEGES.map(({ privilege, place, reason, releases }) => [
      releases ? `${privilege} (${releases})` : privilege,
      PLACES[place],
      reason,
    ]),
  );
});

it('makes the same role by hand', () => {
  const [, privileges] = /--privs "([^"]+)"/.exec(text) ?? [];
  expect(privileges?.split(' ')).toEqual(privilegesOf('9.2').map(({ privilege }) => privilege));
});

it('explains every code, and no other', () => {
  const rows = rowsBelow('When the test finds something');
  const explained = rows.flatMap(([codes = '']) =>
    [...codes.matchAll(/`(\w+)`/g)].map(([, code = '']) => code),
  );
  expect(explained.toSorted()).toEqual([...CONNECTION_CODES, ...CHECK_CODES].toSorted());
});

it('shows the snippet that the bootstrap looks for', () => {
  const [, snippet = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  expect(snippet.replaceAll(/^ {2}/gm, '').trimEnd()).toBe(AGENT_SNIPPET_TEXT.trimEnd());
});

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MappingError, mappingHash, parseMapping } from './mapping.ts';

const HEAD = 'source: { id: eu, timezone: Europe/Berlin }\nproducts:\n  12: {}\n';

/** The places and messages of a file that cannot be used. */
function problemsOf(text: string): string[] {
  try {
    parseMapping(text, 'm.yaml');
  } catch (err) {
    if (err instanceof MappingError) return err.message.split('\n');
    throw err;
  }
  return [];
}

it('names every problem with its line, its column and a remedy', () => {
  const text = `source: { id: EU, timezone: Berlin }
products:
  12: { base: { vcpus: 2 } }
  vps: {}
rules:
  - { option: ram, feild: memoryMib }
  - option: ram
    field: memoryMib
    unit: GB
`;
  expect(problemsOf(text)).toEqual([
    expect.stringMatching(/^m\.yaml:1:15: source\.id: a short name of the source/),
    expect.stringMatching(/^m\.yaml:1:29: source\.timezone: a time zone such as Europe\/Berlin/),
    expect.stringMatching(/^m\.yaml:3:17: unknown key products\.12\.base\.vcpus: did you mean vcpu\?/),
    expect.stringMatching(/^m\.yaml:4:3: products\.vps: expected the id of the row in WHMCS, not "vps"/),
    expect.stringMatching(/^m\.yaml:6:20: unknown key rules\.0\.feild: did you mean field\?/),
    expect.stringMatching(/^m\.yaml:9:11: rules\.1\.unit: a unit is one of MiB, GiB, TiB/),
  ]);
});

it.each([
  [
    'two rules for one name',
    '- { option: [ram, memory], field: memoryMib }\n- { option: RAM, field: memoryMib }',
    5,
    'option "ram" already has a rule at line 5',
  ],
  ['a rule for nothing', '- { field: vcpu }', 5, 'exactly one of option, customField and addon'],
  ['a rule without a target', '- { option: ram }', 5, 'exactly one of field, composite and ignore'],
  [
    'a unit that does not fit',
    '- { option: ram, field: memoryMib, unit: Mbps }',
    5,
    'Mbps does not measure memoryMib: use MiB, GiB or TiB',
  ],
  ['a unit for pieces', '- { option: cpu, field: vcpu, unit: GiB }', 5, 'remove unit'],
  ['adding to a name', '- { option: os, field: os, op: add }', 5, 'op: add needs a field that is a number'],
  [
    'an addon that does nothing',
    '- { addon: ip, field: ipv4Count }',
    5,
    'needs step (what it adds) or value',
  ],
  [
    'a product that is not listed',
    '- { option: ram, field: memoryMib, products: [99] }',
    5,
    'product 99 is not under products',
  ],
])('refuses %s', (_name, rules, line, message) => {
  const lines = rules.split('\n').map((rule) => `  ${rule}`);
  const problems = problemsOf(`${HEAD}rules:\n${lines.join('\n')}\n`);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(message);
  expect(problems[0]).toMatch(new RegExp(`^m\\.yaml:${line + lines.length - 1}:`));
});

it.each([
  [
    'servers:\n  3: { clustr: fra1 }',
    5,
    6,
    'servers.3: either { cluster: its name in Berth } or { ignore: why }',
  ],
  ['servers:\n  3: fra1', 5, 6, 'servers.3: either { cluster: its name in Berth } or { ignore: why }'],
  [
    'statuses:\n  Active: on',
    5,
    11,
    'statuses.Active: either active, suspended, completed or { skip: a_code_of_your_own }',
  ],
  ['rules:\n  - { option: { ram: 1 }, field: vcpu }', 5, 15, 'rules.0.option: a name, or a list of names'],
  ['fields:\n  vcpu: { default: [1] }', 5, 20, 'fields.vcpu.default: a number, a text, true or false'],
])('says what may stand where several things may: %j', (section, line, column, message) => {
  expect(problemsOf(`${HEAD}${section}\n`)).toEqual([`m.yaml:${line}:${column}: ${message}`]);
});

it('says that a file is empty', () => {
  const problems = ['m.yaml:1:1: the file: is empty; inspect --write-mapping FILE drafts one'];
  expect([problemsOf(''), problemsOf('# nothing yet\n')]).toEqual([problems, problems]);
});

it('says where YAML ends to be YAML', () => {
  expect(problemsOf('source: { id: eu\nproducts: {}\n')[0]).toMatch(/^m\.yaml:\d+:\d+: not YAML: /);
  expect(problemsOf(`${HEAD}source: {}\n`)[0]).toMatch(/^m\.yaml:4:\d+: not YAML: Map keys must be unique/);
});

it('takes a section of which every line is a comment for empty', () => {
  const mapping = parseMapping(
    `${HEAD}rules:\n  # - nothing yet\nos:\n  missing: warn\n  values:\n    # '1': debian\n`,
  );
  expect(mapping.rules).toEqual([]);
  expect(mapping.os.values).toEqual({});
});

describe('the hash of a mapping', () => {
  const rule = (text: string) => parseMapping(`${HEAD}rules:\n  - ${text}\n`);

  it('does not depend on comments, lines, order of keys or spelling of names', () => {
    const plain = rule('{ option: ram, field: memoryMib, unit: GiB }');
    const other = parseMapping(
      `# reviewed\nproducts:\n  12: {}\n\nsource:\n  timezone: Europe/Berlin\n  id: eu\nrules:\n  - { unit: GiB, field: memoryMib, option: [" RAM|Memory"] }\n`,
    );
    expect(mappingHash(other)).toBe(mappingHash(plain));
    expect(mappingHash(plain)).toMatch(/^[\da-f]{64}$/);
  });

  it('changes with what a rule says', () => {
    const hashes = ['GiB', 'MiB'].map((unit) =>
      mappingHash(rule(`{ option: ram, field: memoryMib, unit: ${unit} }`)),
    );
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});

it('reads the mapping of the testbed', async () => {
  const text = await readFile(new URL('../testbed/whmcs/mapping.yaml', import.meta.url), 'utf8');
  expect(parseMapping(text).rules.length).toBeGreaterThan(10);
});

it('takes the examples of the manual, put together, for a mapping', async () => {
  const manual = await readFile(new URL('../docs/migration.md', import.meta.url), 'utf8');
  const examples = [...manual.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  expect(examples.length).toBeGreaterThan(6);
  expect(problemsOf(examples.join(''))).toEqual([]);
});

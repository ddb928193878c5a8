import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMariadb, type MariadbServer } from '../testbed/mariadb-server.ts';
import { generate } from '../testbed/whmcs/generate.ts';
import type { ServiceTarget, ServiceTruth, Truth } from '../testbed/whmcs/truth.ts';
import type { Explanation } from './explain-service.ts';
import type { Inspection } from './inspect-source.ts';
import { connectSource, findWriteGrants, type Source } from './legacy/connect-source.ts';
import { readCatalogue, type Catalogue } from './legacy/read-catalogue.ts';
import { readClientPage, readUserPage } from './legacy/read-people.ts';
import { readServicePage, type ServiceBundle } from './legacy/read-services.ts';
import { SourceError, toSourceError } from './legacy/source-error.ts';
import { parseMapping } from './mapping.ts';
import { createContext, type TransformContext } from './transforms/context.ts';
import type { Outcome } from './transforms/outcome.ts';
import { transformClient } from './transforms/transform-client.ts';
import { transformService, type ServiceFields } from './transforms/transform-service.ts';
import { passwordKind, transformUser } from './transforms/transform-user.ts';

const SIZE = 200;
/** Enough of each defect for a small provider to have most of them. */
const MESS = 4;

let dir: string;
let server: MariadbServer;
let source: Source;
let catalogue: Catalogue;
let context: TransformContext;
let truths: Truth[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-source-'));
  server = await startMariadb({ dataDir: join(dir, 'data'), durable: false });
  await generate({ url: server.url, seed: 'source', size: SIZE, mess: MESS, truthDir: dir });
  source = await connectSource(server.readerUrl);
  const text = await readFile(new URL('../testbed/whmcs/mapping.yaml', import.meta.url), 'utf8');
  const mapping = parseMapping(text, 'mapping.yaml');
  catalogue = await readCatalogue(source, mapping.modules);
  context = createContext(mapping, catalogue);
  const lines = (await readFile(join(dir, 'truth.jsonl'), 'utf8')).trim().split('\n');
  truths = lines.map((line) => JSON.parse(line) as Truth);
});
afterAll(async () => {
  await source.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function readAll(limit: number): Promise<ServiceBundle[]> {
  const all: ServiceBundle[] = [];
  let after = 0;
  for (;;) {
    const page = await readServicePage(source, catalogue, { after, limit });
    all.push(...page);
    after = page.at(-1)?.service.id ?? 0;
    if (page.length < limit) return all;
  }
}

/** What only the clusters, or a look at all services together, can tell; no row says it. */
const BEYOND_ONE_ROW = new Set([
  'vmMissing',
  'vmClaimedTwice',
  'vmAmbiguous',
  'vmKindMismatch',
  'vmIsContainer',
]);
const BEYOND_ONE_ROW_WARNINGS = new Set(['vm_stopped', 'spec_drift']);

/** The outcome in the words of the truth. */
function toTruth({ sourceId }: ServiceTruth, outcome: Outcome<ServiceFields>) {
  if (outcome.outcome !== 'migrated')
    return { sourceId, outcome: outcome.outcome, code: outcome.reason.code };
  const {
    memoryMib,
    trafficGib,
    networkMbps,
    binding,
    suspendReason: _,
    registered: __,
    ...same
  } = outcome.fields;
  return {
    sourceId,
    outcome: 'migrated',
    warnings: outcome.warnings.map(({ code }) => code),
    target: {
      ...same,
      ramMib: memoryMib,
      trafficGb: trafficGib,
      portMbps: networkMbps,
      binding: { cluster: binding.cluster, vmid: binding.vmid },
    },
  };
}

function expected(truth: ServiceTruth) {
  const { sourceId, outcome, code } = truth;
  if (!truth.target) return { sourceId, outcome, code };
  return {
    sourceId,
    outcome,
    warnings: truth.warnings.filter((warning) => !BEYOND_ONE_ROW_WARNINGS.has(warning)),
    target: { ...truth.target, binding: expectedBinding(truth, truth.target) },
  };
}

/** Services bound by hand name no server, and where only name and address tell, no VMID either. */
function expectedBinding(truth: ServiceTruth, target: ServiceTarget) {
  const isByHand = [131, 132].includes(target.productId);
  return {
    cluster: isByHand ? null : target.binding.cluster,
    vmid: truth.link === 'corroboration' ? null : target.binding.vmid,
  };
}

it('makes of every service what the truth says', async () => {
  const outcomes = new Map(
    (await readAll(64)).map((bundle) => [bundle.service.id, transformService(bundle, context)]),
  );
  const services = truths.filter((truth) => truth.entity === 'service');
  expect(outcomes.size).toBe(services.length);
  const decided = services.filter(({ defects }) => !defects.some((defect) => BEYOND_ONE_ROW.has(defect)));
  expect(decided.length).toBeGreaterThan(SIZE * 0.8);
  const actual = decided.map((truth) => {
    const outcome = outcomes.get(truth.sourceId);
    return outcome ? toTruth(truth, outcome) : truth.sourceId;
  });
  expect(actual).toEqual(decided.map(expected));
});

it('makes of every client and user what the truth says', async () => {
  const clients = await readClientPage(source, { after: 0, limit: 10_000 });
  const users = await readUserPage(source, { after: 0, limit: 10_000 });
  const clientOutcomes = new Map(
    clients.map((bundle) => [bundle.client.id, transformClient(bundle, context)]),
  );
  const userOutcomes = new Map(users.map((bundle) => [bundle.user.id, transformUser(bundle, context)]));
  const people = truths.filter((truth) => truth.entity === 'client' || truth.entity === 'user');
  expect(clientOutcomes.size + userOutcomes.size).toBe(people.length);
  for (const truth of people) {
    const { entity, sourceId, outcome, code, warnings, target } = truth;
    const actual = (entity === 'client' ? clientOutcomes : userOutcomes).get(sourceId);
    if (actual?.outcome !== 'migrated') {
      expect([actual?.outcome, actual?.reason.code], `${entity} ${sourceId}`).toEqual([outcome, code]);
      continue;
    }
    expect([actual.outcome, actual.warnings.map((warning) => warning.code)], `${entity} ${sourceId}`).toEqual(
      [outcome, warnings],
    );
    const members = 'members' in actual.fields ? actual.fields.members : undefined;
    const plain = members?.map(({ userId, owner }) => ({ userId, owner }));
    expect({ ...actual.fields, ...(plain ? { members: plain } : {}) }, `${entity} ${sourceId}`).toMatchObject(
      target ?? {},
    );
  }
});

it('knows the kind of every password', async () => {
  const users = await readUserPage(source, { after: 0, limit: 10_000 });
  const kinds = new Map(users.map(({ user }) => [user.id, passwordKind(user.password)]));
  for (const truth of truths) {
    if (truth.entity !== 'user') continue;
    const { kind } = truth.password;
    const expectedKind = kind === 'encrypted' || kind === 'none' ? 'unusable' : kind;
    expect(kinds.get(truth.sourceId)).toBe(expectedKind);
  }
});

it('gives the same services whatever the size of a page, with as many queries for a large one', async () => {
  const small = await readAll(7);
  const large = await readAll(1000);
  expect(small).toEqual(large);
  let queries = 0;
  const counting: Source = {
    ...source,
    select: (sql, values) => {
      queries += 1;
      return source.select(sql, values);
    },
  };
  // The owners of clients are read with the first page.
  await readServicePage(counting, catalogue, { after: 0, limit: 1 });
  queries = 0;
  await readServicePage(counting, catalogue, { after: 0, limit: 10 });
  const forTen = queries;
  await readServicePage(counting, catalogue, { after: 0, limit: 200 });
  expect(queries - forTen).toBe(forTen);
});

it('refuses to write, even for a login that could', async () => {
  const writer = await connectSource(server.url);
  const admin = await mysql.createConnection({ uri: server.url });
  try {
    expect(await findWriteGrants(writer)).toEqual(['ALL PRIVILEGES']);
    expect(await findWriteGrants(source)).toEqual([]);
    await expect(writer.select('DELETE FROM tblhosting')).rejects.toThrow('only reads the source');
    for (const table of ['tblproductgroups', 'mod_pvewhmcs']) {
      await admin.query(`DROP FUNCTION IF EXISTS bump`);
      await admin.query(`CREATE FUNCTION bump() RETURNS INT BEGIN DELETE FROM ${table}; RETURN 1; END`);
      // It looks like reading; the session stops it, whatever the engine of the table.
      await expect(writer.select('SELECT bump()')).rejects.toThrow('READ ONLY transaction');
    }
    await expect(writer.select('SELECT 1; DROP TABLE tblhosting')).rejects.toThrow(SourceError);
  } finally {
    await admin.query('DROP FUNCTION IF EXISTS bump');
    await admin.end();
    await writer.close();
  }
});

it('reads text of any charset and dates that are none', async () => {
  const admin = await mysql.createConnection({ uri: server.url, charset: 'utf8mb4' });
  try {
    await admin.query('DROP TABLE IF EXISTS odd');
    await admin.query(
      'CREATE TABLE odd (a TEXT CHARACTER SET latin1, b TEXT CHARACTER SET utf8mb4, c DATE, d DATETIME) ENGINE=MyISAM',
    );
    await admin.query("SET SESSION sql_mode=''");
    await admin.query("INSERT INTO odd VALUES ('Jürgen', '李雷 😀', '0000-00-00', '2024-00-31 25:00:00')");
    const [row] = await source.select('SELECT * FROM odd');
    expect(row).toMatchObject({ a: 'Jürgen', b: '李雷 😀', c: '0000-00-00' });
  } finally {
    await admin.query('DROP TABLE IF EXISTS odd');
    await admin.end();
  }
});

it('says which column is missing', async () => {
  const admin = await mysql.createConnection({ uri: server.url });
  try {
    await admin.query('ALTER TABLE tblhosting RENAME COLUMN assignedips TO moved');
    await expect(readServicePage(source, catalogue, { after: 0, limit: 1 })).rejects.toThrow(
      /lacks a column Berth reads: Unknown column 'assignedips'/,
    );
  } finally {
    await admin.query('ALTER TABLE tblhosting RENAME COLUMN moved TO assignedips');
    await admin.end();
  }
});

it('says which table a login may not read, and what it lacks', async () => {
  await expect(source.select('SELECT 1 FROM mysql.global_priv')).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/global_priv.*: grant the login SELECT on the whole database$/),
  });
});

it('says that a login is refused, also one that MariaDB says less of', () => {
  const driver = {
    code: 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
    errno: 1698,
    message: 'Access denied',
    fatal: true,
  };
  expect(toSourceError(driver)).toMatchObject({
    code: 'refused',
    message: 'the source refused the login: Access denied',
  });
});

it.each([
  ['not-a-url-hunter2', 'is no URL'],
  ['postgres://u:hunter2@127.0.0.1/whmcs', 'no MySQL URL'],
  ['mysql://u:hunter2@127.0.0.1/', 'needs a host and a database'],
  ['mysql://u:hunter2%@127.0.0.1/whmcs', 'not encoded'],
  ['mysql://u:hunter2@127.0.0.1:1/whmcs', 'cannot reach the source'],
])('explains why %s cannot be used, without its password', async (url, message) => {
  const err = await connectSource(url).catch((failure: unknown) => failure);
  expect(err).toBeInstanceOf(SourceError);
  expect(String(err)).toContain(message);
  expect(String(err)).not.toContain('hunter2');
});

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
const MAPPING = fileURLToPath(new URL('../testbed/whmcs/mapping.yaml', import.meta.url));

/** Runs the command as a person does; the URL comes from the environment unless an argument says otherwise. */
function runCli(args: string[], env: Record<string, string> = { WHMCS_DATABASE_URL: server.readerUrl }) {
  return execa(process.execPath, [CLI, ...args], { env, reject: false });
}

describe('inspect', () => {
  it('shows what there is and no secret, and drafts a mapping that can be used', async () => {
    const file = join(dir, 'draft.yaml');
    const { stdout, stderr, exitCode } = await runCli(['inspect', '--write-mapping', file]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('mod_pvewhmcs_vms');
    expect(stdout).toMatch(/pvepassword +all products +\d+ +\(secret, not read\)/);
    const draft = await readFile(file, 'utf8');
    for (const text of [stdout, stderr, draft]) {
      expect(text).not.toMatch(/root-[\da-f]{8}/);
      expect(text).not.toContain(new URL(server.readerUrl).password);
    }
    expect(draft).toContain('# "9003": "almalinux-9" # AlmaLinux 9');
    const drafted = createContext(parseMapping(draft, file), catalogue);
    const codes = new Set<string>();
    for (const bundle of await readAll(1000)) {
      const result = transformService(bundle, drafted);
      codes.add(result.outcome === 'migrated' ? 'migrated' : result.reason.code);
    }
    // Nothing is guessed: what nobody has decided yet is kept back.
    expect([...codes]).toEqual(expect.arrayContaining(['unit_undeclared', 'unmapped_option']));
    const again = await runCli(['inspect', '--write-mapping', file]);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('exists already');
  });

  it('prints JSON, and warns when the login could write', async () => {
    const { stdout, stderr } = await runCli(['inspect', '--json', '--source', server.url]);
    const report = JSON.parse(stdout) as Inspection;
    expect(report.counts['tblhosting']).toBe(truths.filter(({ entity }) => entity === 'service').length);
    expect(report.tablesWithoutTransactions).toContain('mod_pvewhmcs_vms');
    expect(report.options.find(({ suggestion }) => suggestion?.unit === 'GiB')?.suggestion?.why).toContain(
      'is shown as',
    );
    expect(stderr).toContain('could change the source (ALL PRIVILEGES)');
  });
});

describe('explain', () => {
  const services = () => truths.filter((truth) => truth.entity === 'service');
  const serviceWith = (code: string) => String(services().find((truth) => truth.code === code)?.sourceId);

  it('shows every input, the rule that used it and the reason', async () => {
    const { stdout, exitCode } = await runCli([
      'explain',
      serviceWith('unmapped_option'),
      '--mapping',
      MAPPING,
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('would be quarantined: unmapped_option');
    expect(stdout).toContain('no rule for option "Turbo Booster": map it or ignore it');
    expect(stdout).toMatch(/CPU|ram/i);
  });

  it('gives the same as JSON', async () => {
    const migrated = services().find(({ outcome }) => outcome === 'migrated');
    const { stdout } = await runCli(['explain', String(migrated?.sourceId), '--mapping', MAPPING, '--json']);
    const { result, mappingHash: hash } = JSON.parse(stdout) as Explanation;
    expect(result.outcome).toBe('migrated');
    expect(hash).toMatch(/^[\da-f]{64}$/);
    expect(result.trace.length).toBeGreaterThan(3);
  });

  it('reads the URL from a file', async () => {
    const file = join(dir, 'url');
    await writeFile(file, `${server.readerUrl}\n`);
    const args = ['explain', serviceWith('not_vps'), '--mapping', MAPPING, '--source-file', file];
    expect((await runCli(args, {})).stdout).toContain('would be skipped: not_vps');
  });

  it.each([
    [['explain', '1', '--mapping', MAPPING], 5, 'there is no service 1'],
    [['explain', 'one', '--mapping', MAPPING], 2, 'a whole number is needed'],
    [['explain', '1', '--mapping', '/nowhere.yaml'], 4, 'cannot be read (ENOENT)'],
    [['inspect', '--source', 'mysql://nobody:wrong@127.0.0.1:1/whmcs'], 3, 'cannot reach the source'],
    [['inspect', '--sauce', 'x'], 2, 'unknown option'],
  ])('%j ends with %i', async (args, code, message) => {
    const { exitCode, stderr } = await runCli(args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
  });
});

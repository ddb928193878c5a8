import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/database.ts';
import { buildCluster, buildItem, buildRun, buildVm } from '../../tests/migration-builders.ts';
import { reportCommand } from './command.ts';
import { findRun, RunNotFound } from './find-run.ts';
import { moneyTotals } from './money.ts';
import { SCRIPT } from './page-style.ts';
import { reportCsv, toLine } from './report-csv.ts';
import { reportHtml } from './report-html.ts';
import { reportJson } from './report-json.ts';
import { findProblems } from './report-text.ts';
import type { Source } from '../legacy/connect-source.ts';
import { summarise, type RunSummary } from '../run/verify-run.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

const SECRETS = ['$2y$10$hash-of-a-password', 'hunter2', 'mapping-of-the-run'];

let test: TestDatabase;
let runId: string;
let fra: string;
let ams: string;

const service = (sourceId: number, item: object) =>
  buildItem(test.database, runId, {
    sourceId,
    status: 'Active',
    currency: 'EUR',
    cycle: 'Monthly',
    ...item,
  });
const migrated = (sourceId: number, amount: string, item: object = {}, fields: object = {}) =>
  service(sourceId, {
    amount,
    change: 'added',
    targetId: `00000000-0000-4000-8000-${String(sourceId).padStart(12, '0')}`,
    fields: {
      hostname: `web${sourceId}.example.net`,
      amount,
      vcpu: 2,
      memoryMib: 4096,
      diskGib: 40,
      ...fields,
    },
    ...item,
  });
const bound = (clusterId: string, cluster: string, vmid: number) => ({
  binding: {
    clusterId,
    cluster,
    vmid,
    node: 'pve1',
    kind: 'qemu',
    name: null,
    way: 'module',
    score: 95,
    reasons: [],
  },
});

async function fillServices(): Promise<void> {
  // Sums that a float would get wrong.
  await migrated(1, '0.10', bound(fra, 'fra1', 4001), { claim: { vmid: 1 } });
  await migrated(2, '0.20', { ...bound(ams, 'ams1', 4001), warnings: ['spec_drift', 'bad_ip'] });
  await migrated(3, '90071992547409.93', { cycle: 'Annually' });
  await migrated(4, '-5.00', { currency: 'USD', warnings: ['negative_amount'] });
  const quarantine = { outcome: 'quarantined', amount: '7.00' };
  const message = '=HYPERLINK("http://evil.example","<script>alert(1)</script>")';
  const claims = (...vmids: number[]) => ({
    binding: { claims: vmids.map((vmid) => ({ cluster: 'fra1', vmid })) },
  });
  await service(5, { ...quarantine, code: 'unmapped_option', message, ...claims(4003) });
  await service(6, {
    ...quarantine,
    code: 'vm_claimed_twice',
    message: 'two "want" it',
    ...claims(4002, 4008),
  });
  await service(7, { ...quarantine, code: 'orphan_client', message: 'no client', currency: null });
  await service(8, {
    outcome: 'skipped',
    code: 'terminated',
    message: 'it is over',
    amount: '9.00',
    status: 'Terminated',
    ...claims(4004, 4008),
  });
  await service(9, {
    outcome: 'skipped',
    code: 'on_holiday',
    message: 'x',
    amount: '1.00',
    status: 'Holiday',
    ...claims(4005),
  });
}

async function fillVms(): Promise<void> {
  const vm = (clusterId: string, cluster: string, vmid: number, rest: object = {}) =>
    buildVm(test.database, runId, {
      clusterId,
      cluster,
      vmid,
      vcpu: 4,
      memoryMib: 4096,
      diskGib: 40,
      ...rest,
    });
  await vm(fra, 'fra1', 4001, { name: 'vps1-cus7' });
  await vm(ams, 'ams1', 4001, { name: 'web2.example.net' });
  await vm(fra, 'fra1', 4002, { name: 'vps6-cus9' });
  await vm(fra, 'fra1', 4003, { name: 'VPS5-cus9' });
  await vm(fra, 'fra1', 4004, { name: 'vm-8' });
  await vm(fra, 'fra1', 4005, { name: '9-1700000000' });
  await vm(fra, 'fra1', 4006, { name: '<b>monitoring</b>' });
  await vm(fra, 'fra1', 4007, { name: 'vps777' });
  // Two services point at it, one quarantined and one that is over.
  await vm(fra, 'fra1', 4008, { name: 'vps1' });
  await vm(ams, 'ams1', 9000, { name: 'debian-12', template: true });
}

/** Of each currency, cycle and status of the source: how many services, and what they are billed. */
const SOURCE_MONEY = [
  ['EUR', 'Annually', 'Active', 1, '90071992547409.93'],
  ['EUR', 'Monthly', 'Active', 4, '14.30'],
  ['EUR', 'Monthly', 'Holiday', 1, '1.00'],
  ['EUR', 'Monthly', 'Terminated', 1, '9.00'],
  ['USD', 'Monthly', 'Active', 1, '-5.00'],
  ['no currency', 'Monthly', 'Active', 1, '7.00'],
] as const;

/** Answers as WHMCS would; `users` is how many it has. */
const sourceWith = ({ users = 2 } = {}): Source => ({
  label: 'reader@db:3306/whmcs',
  close: () => Promise.resolve(),
  select(sql) {
    if (sql.includes('AS currency')) {
      return Promise.resolve(
        SOURCE_MONEY.map(([currency, cycle, status, services, amount]) => ({
          currency,
          cycle,
          status,
          services,
          amount,
        })),
      );
    }
    if (sql.includes('AS status')) {
      return Promise.resolve([
        { status: 'Active', total: 7 },
        { status: 'Holiday', total: 1 },
        { status: 'Terminated', total: 1 },
      ]);
    }
    const total = sql.includes('tblusers') ? users : sql.includes('tblclients') ? 1 : 9;
    return Promise.resolve([{ total }]);
  },
});

/** What the run finds at its end, kept with it. */
async function verify(source = sourceWith()): Promise<RunSummary> {
  const summary = await summarise(test.database, source, runId);
  await MigrationRun.query(test.database).findById(runId).patch({ summary });
  return summary;
}

beforeAll(async () => {
  test = await createTestDatabase();
  const { database } = test;
  [fra, ams] = [await buildCluster(database, 'fra1'), await buildCluster(database, 'ams1')];
  runId = await buildRun(database, {
    mapping: 'mapping-of-the-run',
    totals: JSON.stringify({ user: 2, client: 1, service: 9 }),
  });
  await fillServices();
  await fillVms();
  await buildItem(database, runId, {
    entity: 'user',
    sourceId: 1,
    change: 'changed',
    // None of it should be in the fields. If it is all the same, no report shows it.
    fields: {
      email: 'ann@example.net',
      passwordKind: 'bcrypt',
      password: { kind: 'bcrypt', hash: SECRETS[0] },
      more: [{ rootPassword: 'hunter2', note: 'kept' }],
    },
  });
  await buildItem(database, runId, {
    entity: 'user',
    sourceId: 2,
    outcome: 'skipped',
    code: 'no_account',
    message: 'no account',
  });
  await buildItem(database, runId, { entity: 'client', sourceId: 1, warnings: ['bad_email'], fields: {} });
  await database('provenance').insert({
    source: 'whmcs',
    entity: 'service',
    sourceId: 99,
    targetId: fra,
    contentHash: 'c',
    fieldsHash: 'f',
    fields: '{}',
    addedBy: runId,
    // An earlier run's: what this one has written it has read.
    changedBy: randomUUID(),
  });
  await verify();
});
afterAll(() => test.drop());

async function collect(write: (out: Writable) => Promise<void>): Promise<string> {
  let text = '';
  await write(
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        text += chunk.toString();
        done();
      },
    }),
  );
  return text;
}

const json = () => collect((out) => reportJson(test.database, runId, out));
const html = () => collect((out) => reportHtml(test.database, runId, out));
const csv = () => collect((out) => reportCsv(test.database, runId, out));

async function runCommand(...args: string[]): Promise<string> {
  return collect(async (out) => {
    const program = new Command('berth-migrate')
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    reportCommand(program, { withDatabase: (work) => work(test.database), stdout: out });
    await program.parseAsync(['node', 'cli', 'report', ...args]);
  });
}

/** Where each element is, such as `html body main`; throws when one is closed that is not the last opened. */
function placesOf(text: string): string[] {
  const open: string[] = [];
  const places: string[] = [];
  for (const [, slash, name = '', self] of text
    .replace(/<script>[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>/g, '')
    .matchAll(/<(\/?)([a-z][a-z\d]*)[^>]*?(\/?)>/g)) {
    if (slash) {
      if (open.pop() !== name) throw new Error(`</${name}> within ${open.join(' ')}`);
      continue;
    }
    places.push([...open, name].join(' '));
    if (!self) open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
  return places;
}

interface JsonReport {
  run: Record<string, unknown>;
  summary: object;
  items: { entity: string; sourceId: number; target: Record<string, unknown> | null }[];
  vms: { cluster: string; vmid: number; state: string; services: number[] }[];
}

describe('a run', () => {
  it('is found by id, by its beginning, and as the latest', async () => {
    for (const wanted of [runId, runId.slice(0, 8), runId.toUpperCase(), 'latest']) {
      expect((await findRun(test.database, wanted)).id).toBe(runId);
    }
  });

  it.each(['%', 'nonsense', '', '0_'])('is not found by %j', async (wanted) => {
    await expect(findRun(test.database, wanted)).rejects.toThrow(RunNotFound);
  });

  it('is not guessed between two', async () => {
    const [first, second] = ['aaaa0000', 'aaaa1111'].map((head) => `${head}-0000-4000-8000-000000000000`);
    for (const id of [first, second]) {
      await buildRun(test.database, { id, source: `other-${id}`, createdAt: '2020-01-01T00:00:00Z' });
    }
    await expect(findRun(test.database, 'aaaa')).rejects.toThrow(`several runs begin with aaaa: ${first}`);
    expect((await findRun(test.database, 'aaaa1')).id).toBe(second);
    expect((await findRun(test.database, 'latest')).id).toBe(runId);
  });
});

describe('the sums', () => {
  it('are exact, and those of the source are what the source says', async () => {
    const { money } = await verify();
    expect(money.find(({ what }) => what === 'EUR Monthly Active')).toEqual({
      what: 'EUR Monthly Active',
      currency: 'EUR',
      cycle: 'Monthly',
      status: 'Active',
      services: 4,
      source: '14.30',
      berth: '14.30',
      isEqual: true,
      migrated: '0.30',
      quarantined: '14.00',
      skipped: '0.00',
    });
    const totals = moneyTotals(money);
    const total = (name: string) => totals.find(({ currency }) => currency === name);
    expect(total('EUR')).toMatchObject({
      services: 7,
      source: '90071992547434.23',
      skipped: '10.00',
      isEqual: true,
    });
    expect(total('no currency')).toMatchObject({ quarantined: '7.00', services: 1 });
    expect(total('USD')).toMatchObject({ migrated: '-5.00' });
  });

  it('name what does not add up', async () => {
    const { database } = test;
    const setAmount = (amount: string) =>
      database.raw(
        `update migration_items set fields = jsonb_set(fields, '{amount}', to_jsonb(?::text))
         where run_id = ? and entity = 'service' and source_id = 1`,
        [amount, runId],
      );
    expect(findProblems(await verify())).toEqual([]);
    await setAmount('0.11');
    try {
      expect(findProblems(await verify(sourceWith({ users: 3 })))).toEqual([
        'users: 3 in the source, 2 accounted for',
        'money of EUR Monthly Active: 14.30 in the source, 14.31 accounted for',
      ]);
      const text = await html();
      expect(text).toContain('<details open>');
      expect(text).toContain('Does not add up: users: 3 in the source, 2 accounted for; money of EUR');
    } finally {
      await setAmount('0.10');
      await verify();
    }
    expect(await html()).not.toContain('<details open>');
  });
});

describe('as JSON', () => {
  it('has every row of the source once, and every VM with its state', async () => {
    const { run, items, vms } = JSON.parse(await json()) as JsonReport;
    expect(run).toMatchObject({ id: runId, status: 'succeeded', totals: { service: 9 } });
    expect(items.map(({ entity, sourceId }) => `${entity} ${sourceId}`)).toEqual([
      'client 1',
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `service ${n}`),
      'user 1',
      'user 2',
    ]);
    expect(items.find(({ entity, sourceId }) => entity === 'service' && sourceId === 1)).toEqual({
      entity: 'service',
      sourceId: 1,
      outcome: 'migrated',
      code: null,
      message: null,
      warnings: [],
      change: 'added',
      target: {
        hostname: 'web1.example.net',
        amount: '0.10',
        vcpu: 2,
        memoryMib: 4096,
        diskGib: 40,
        binding: { cluster: 'fra1', vmid: 4001 },
        targetId: '00000000-0000-4000-8000-000000000001',
      },
    });
    expect(items.find(({ entity, sourceId }) => entity === 'service' && sourceId === 6)?.target).toBeNull();
    expect(vms.map(({ cluster, vmid, state, services }) => [cluster, vmid, state, services])).toEqual([
      ['ams1', 4001, 'bound', [2]],
      ['fra1', 4001, 'bound', [1]],
      ['fra1', 4002, 'contested', [6]],
      ['fra1', 4003, 'contested', [5]],
      ['fra1', 4004, 'zombie', [8]],
      ['fra1', 4005, 'zombie', [9]],
      ['fra1', 4006, 'unclaimed', []],
      ['fra1', 4007, 'unclaimed', []],
      ['fra1', 4008, 'contested', [6, 8]],
    ]);
  });

  it('keeps what kind of password a user has', async () => {
    const { items } = JSON.parse(await json()) as JsonReport;
    expect(items.find(({ entity, sourceId }) => entity === 'user' && sourceId === 1)?.target).toEqual({
      email: 'ann@example.net',
      passwordKind: 'bcrypt',
      more: [{ note: 'kept' }],
      targetId: null,
    });
  });
});

it('shows no secret in any form', async () => {
  for (const text of [await json(), await html(), await csv(), await runCommand(runId)]) {
    expect(text.length).toBeGreaterThan(300);
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  }
});

describe('as CSV', () => {
  it('has the rows to look at, and no formula', async () => {
    expect((await csv()).split('\r\n')).toEqual([
      'entity,sourceId,outcome,code,message,warnings',
      'client,1,migrated,,,bad_email',
      'service,2,migrated,,,spec_drift bad_ip',
      'service,4,migrated,,,negative_amount',
      `service,5,quarantined,unmapped_option,"'=HYPERLINK(""http://evil.example"",""<script>alert(1)</script>"")",`,
      'service,6,quarantined,vm_claimed_twice,"two ""want"" it",',
      'service,7,quarantined,orphan_client,no client,',
      '',
    ]);
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+49 89', "'+49 89"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\t=1', '"\'\t=1"'],
    ['\rx', '"\'\rx"'],
    ['＝1', "'＝1"],
    ['a=1', 'a=1'],
    ['a,b', '"a,b"'],
    ['a;b', '"a;b"'],
    ['line\nline', '"line\nline"'],
    [' padded', '" padded"'],
    ['', ''],
  ])('writes %j as %j', (text, cell) => {
    expect(toLine([text])).toBe(`${cell}\r\n`);
  });
});

describe('as a page', () => {
  it('is whole, asks for nothing from elsewhere, and escapes what is in the source', async () => {
    const text = await html();
    expect(text).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(text).not.toMatch(/<(?:link|img|iframe|script src|object|embed)|@import|url\(/);
    expect(text).not.toContain('<script>alert');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toContain('&lt;b&gt;monitoring&lt;/b&gt;');
    expect(text).toContain('90,071,992,547,434.23');
    expect(text).toContain('all money agrees to the cent');
  });

  it('is well formed: everything is in the main part, and every row in its table', async () => {
    const text = await html();
    const places = placesOf(text);
    expect(places.filter((place) => place.endsWith(' section'))).toEqual(
      Array.from({ length: text.split('<section').length - 1 }, () => 'html body main section'),
    );
    const rows = places.filter((place) => place.endsWith(' tr'));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((place) => !/ table (?:thead|tbody) tr$/.test(place))).toEqual([]);
    const list = /id="exceptions"[\s\S]*?<\/table>/.exec(text)?.[0] ?? '';
    expect([...list.matchAll(/<td class="row">(.*?)<\/td>/g)].map(([, cell]) => cell)).toEqual([
      'service 5',
      'service 6',
      'service 7',
      'client 1',
      'service 2',
      'service 4',
    ]);
    // As its hash in the policy has it.
    expect(text).toContain(`<script>${SCRIPT}</script>`);
  });
});

describe('the command', () => {
  it('prints counts, codes with what to do, money and VMs', async () => {
    const text = await runCommand('latest');
    expect(text).toContain(`Run ${runId} of whmcs (reader@db:3306/whmcs): succeeded`);
    expect(text).toMatch(/services +9 +4 +3 +2/);
    expect(text).toMatch(
      /unmapped_option +1 service +No rule for a configurable option\. Map it or ignore it/,
    );
    expect(text).toMatch(/on_holiday +1 service +The mapping leaves rows of this status out\./);
    expect(text).toMatch(/EUR +Monthly +Active +4 +14\.30 +0\.30 +14\.00 +0\.00 +agrees/);
    expect(text).toMatch(/cores +8 +8\n/);
    expect(text).toMatch(/cluster +bound +contested +zombie +unclaimed\n +ams1 +1 +0 +0 +0\n/);
    expect(text).toMatch(/No longer in the source.*\n.*\n +services +1 +99/);
    expect(text).toContain('Every row of the source is migrated, quarantined or skipped');
  });

  it('says when a run is not over, and why it stands still', async () => {
    const id = await buildRun(test.database, {
      source: 'paused',
      status: 'paused',
      phase: 'people',
      finishedAt: null,
      causeCode: 'source_unreachable',
      causeMessage: 'cannot reach the source',
      createdAt: '2020-01-01T00:00:00Z',
      totals: JSON.stringify({ user: 3 }),
    });
    const text = await runCommand(id);
    expect(text).toContain('paused, phase people: these numbers are not final');
    expect(text).toContain('source_unreachable: cannot reach the source');
    expect(text).toContain('The run has not been compared with the source yet.');
    expect(await runCommand(id, '--format', 'json')).toContain('"items":[]');
    const page = await collect((out) => reportHtml(test.database, id, out));
    expect(page).toContain('Stands still');
  });

  it('writes a file that only its owner may read, and never over another', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'berth-report-'));
    try {
      const file = join(dir, 'report.html');
      await runCommand(runId, '--format', 'html', '--out', file);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const text = await readFile(file, 'utf8');
      expect(text).toContain('</html>');
      await expect(runCommand(runId, '--out', file)).rejects.toThrow('exists already');
      expect(await readFile(file, 'utf8')).toBe(text);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('waits for a slow reader, and ends quietly when the reader has gone', async () => {
    let chunks = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        chunks += 1;
        setTimeout(() => done(chunks === 3 ? Object.assign(new Error('gone'), { code: 'EPIPE' }) : null), 1);
      },
    });
    const program = new Command('berth-migrate').exitOverride();
    reportCommand(program, { withDatabase: (work) => work(test.database), stdout: slow });
    await program.parseAsync(['node', 'cli', 'report', runId, '--format', 'csv']);
    expect(chunks).toBe(3);
  });

  it('refuses formats and runs that are none', async () => {
    await expect(runCommand(runId, '--format', 'pdf')).rejects.toThrow(
      'Allowed choices are text, json, csv, html',
    );
    await expect(runCommand('ffffffff')).rejects.toThrow(RunNotFound);
  });
});

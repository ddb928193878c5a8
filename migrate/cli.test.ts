import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectTemporal, startWorkers, type TestTemporal } from '../tests/stack.ts';
import { createWhmcsEstate, type WhmcsEstate } from '../tests/whmcs-estate.ts';
import { queryRows } from '../db/query-rows.ts';

const ROOT = join(import.meta.dirname, '..');

let estate: WhmcsEstate;
let temporal: TestTemporal;
let workers: { stop(): Promise<void> };
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-cli-'));
  [estate, temporal] = await Promise.all([
    createWhmcsEstate({ seed: 'cli', size: 60, mess: 2 }),
    connectTemporal(),
  ]);
  workers = await startWorkers(estate.deps, temporal.queuePrefix);
});
afterAll(async () => {
  await workers?.stop();
  await temporal?.close();
  await estate?.close();
  await rm(dir, { recursive: true, force: true });
});

const environment = () => ({
  // No `npm start` of this machine is meant.
  BERTH_DATA_DIR: join(dir, 'none'),
  DATABASE_URL: estate.databaseUrl,
  BERTH_SECRETS_KEY: estate.secretsKey.toString('base64'),
  BERTH_QUEUE_PREFIX: temporal.queuePrefix,
  BERTH_PUBLIC_URL: 'https://berth.example.net',
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  WHMCS_DATABASE_URL: estate.mariadb.readerUrl,
});

/** Runs the command line as a person does; without a terminal, since nobody gave it one. */
function start(args: string[], env: Record<string, string> = {}) {
  return execa(process.execPath, ['migrate/cli.ts', ...args], {
    cwd: ROOT,
    env: { ...environment(), ...env },
    reject: false,
  });
}

async function migrate(...args: string[]) {
  const { exitCode, stdout, stderr } = await start(args);
  return { exitCode, stdout, stderr };
}

async function json<T>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await migrate(...args);
  if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${exitCode}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

const withMapping = (...args: string[]) => [...args, '--mapping', estate.mappingFile];
const runsInAll = async () =>
  (
    await queryRows<{ count: number }>(estate.database, 'select count(*)::int as count from migration_runs')
  )[0]?.count;

describe('what is wrong', () => {
  it.concurrent.each<[number, string, string[]]>([
    [2, 'unknown option', ['inspect', '--sorce', 'x']],
    [2, 'unknown command', ['migrate']],
    [2, 'a whole number is needed', ['explain', 'web-1', '--mapping', 'x']],
    [2, '--mapping', ['run']],
    [2, 'Allowed choices are', ['report', '--format', 'xml']],
    [2, 'cannot be read (ENOENT)', ['verify', '--logins', '/does/not/exist']],
    [2, 'starts with https://', ['password-links', '--out', 'x', '--url', 'cloud.example.net']],
    [2, 'from 1 to 365', ['password-links', '--out', 'x', '--days', '0']],
    [3, 'no MySQL URL', ['inspect', '--source', 'postgres://reader:sesame@127.0.0.1/whmcs']],
    [3, 'cannot reach the source', ['inspect', '--source', 'mysql://reader:sesame@127.0.0.1:1/whmcs']],
    [4, 'nope.yaml:1:1: cannot be read', ['plan', '--mapping', 'nope.yaml']],
    [5, 'there has been no run yet', ['status']],
    [5, 'there is no code nonsense', ['codes', 'nonsense']],
    [5, 'there is no run 00000000', ['report', '00000000']],
  ])('ends with %i and says %j', async (code, text, args) => {
    const { exitCode, stdout, stderr } = await migrate(...args);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/sesame|\n {4}at /);
  });

  it('is a login the source refuses, named without its password', async () => {
    const url = estate.mariadb.readerUrl.replace(/:[^:@/]+@/, ':sesame@');
    const { exitCode, stderr } = await migrate('inspect', '--source', url);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('refused the login')]);
    expect(stderr).not.toContain('sesame');
  });

  it('is PostgreSQL or Temporal that does not answer; no run is left behind', async () => {
    const database = await start(['status'], { DATABASE_URL: 'postgres://berth:sesame@127.0.0.1:1/berth' });
    expect([database.exitCode, database.stderr]).toEqual([
      9,
      'Berth’s PostgreSQL at 127.0.0.1:1/berth does not answer: connect ECONNREFUSED 127.0.0.1:1',
    ]);
    const server = await start(withMapping('plan'), { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect([server.exitCode, server.stderr]).toEqual([9, 'Temporal at 127.0.0.1:1 does not answer']);
    const unset = await start(withMapping('plan'), { BERTH_SECRETS_KEY: '' });
    expect([unset.exitCode, unset.stderr]).toEqual([2, expect.stringContaining('BERTH_SECRETS_KEY')]);
    expect(await runsInAll()).toBe(0);
  });

  it('is told in --help, every exit code', async () => {
    const { exitCode, stdout } = await migrate('--help');
    expect(exitCode).toBe(0);
    const codes = [...stdout.matchAll(/^ +(\d+) {2}\S/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
    const { code, remedy } =
      (await json<{ code: string; remedy: string }[]>('codes', 'unit_undeclared', '--json'))[0] ?? {};
    expect([code, remedy]).toEqual(['unit_undeclared', 'Add unit to the rule.']);
  });
});

interface Row {
  entity: string;
  sourceId: number;
  outcome: string;
  code?: string | null;
}

interface Progress {
  runId: string;
  status: string;
  phase: string;
  done: number;
  total: number;
  cause: { code: string } | null;
}

describe('from the first look to the way back', () => {
  it('drafts a mapping, once', async () => {
    const file = join(dir, 'draft.yaml');
    const { counts } = await json<{ counts: Record<string, number> }>(
      'inspect',
      '--json',
      '--write-mapping',
      file,
    );
    expect(counts['tblhosting']).toBe(60);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await migrate('inspect', '--write-mapping', file);
    expect([again.exitCode, again.stderr]).toEqual([2, `${file} exists already and is left as it is`]);
  });

  it('refuses to migrate before a dry run', async () => {
    const { exitCode, stderr } = await migrate(...withMapping('run'));
    expect([exitCode, stderr]).toEqual([
      6,
      expect.stringContaining('there is no dry run of testbed yet: run with --dry-run first'),
    ]);
  });

  it('pauses at a limit, keeps others out, and goes on when told', async () => {
    const paused = await migrate(...withMapping('plan', '--json', '--max-quarantined', '0'));
    const progress = JSON.parse(paused.stdout) as Progress;
    expect(paused.exitCode).toBe(7);
    expect(progress).toMatchObject({ status: 'paused', cause: { code: 'too_many_quarantined' } });
    const second = await migrate(...withMapping('plan'));
    expect([second.exitCode, second.stderr]).toEqual([6, expect.stringContaining('is paused: attach to it')]);
    expect((await migrate('report')).stdout).toContain('has not been compared with the source yet');
    const resumed = await migrate('resume', '--max-quarantined', '500');
    expect([resumed.exitCode, resumed.stdout]).toEqual([
      0,
      expect.stringContaining('Done. Nothing was changed.'),
    ]);
    // A line per phase, with the rate, since this is no terminal.
    expect(resumed.stderr).toMatch(/^\d+\/\d+ rows, \d+ rows\/s.*: succeeded$/m);
    expect(resumed.stderr).not.toContain('\u001b');
    for (const command of ['pause', 'resume', 'cancel']) {
      const { exitCode, stderr } = await migrate(command);
      expect([exitCode, stderr]).toEqual([6, `run ${progress.runId} is over: succeeded`]);
    }
  });

  it('lets go at Ctrl-C, also when npm passes it on twice, and the run goes on', async () => {
    const following = start(withMapping('plan'));
    // Only at the first line: while a process ends its handlers are gone already.
    following.stderr.once('data', () => {
      following.kill('SIGINT');
      following.kill('SIGINT');
    });
    const { exitCode, stdout } = await following;
    expect([exitCode, stdout]).toEqual([130, expect.stringContaining('The run goes on without you')]);
    const [command] = /attach [\da-f]{8}$/.exec(stdout) ?? [''];
    expect((await migrate(...command.split(' '))).exitCode).toBe(0);
  });

  it('can be cancelled', async () => {
    // It would be over before a second command has begun.
    const runId = await estate.database.transaction(async (held) => {
      await held.raw('lock table migration_vms in exclusive mode');
      const started = await json<{ runId: string }>(...withMapping('plan', '--detach', '--json'));
      expect(await json('pause', '--json')).toEqual(started);
      return started.runId;
    });
    expect((await migrate('attach')).exitCode).toBe(7);
    expect(await json('cancel', runId.slice(0, 8), '--json')).toEqual({ runId });
    const { exitCode, stdout } = await migrate('attach');
    expect([exitCode, stdout]).toEqual([1, 'Cancelled. Nothing was changed.']);
  });

  let runId: string;
  it('migrates', async () => {
    const progress = await json<Progress>(...withMapping('run', '--json'));
    ({ runId } = progress);
    expect(progress).toMatchObject({ status: 'succeeded', phase: 'done', dryRun: false, cause: null });
    expect(progress.done).toBe(progress.total);
    expect(await json('status', '--json')).toEqual(progress);
    expect((await migrate('status')).stdout).toContain(`Run ${runId} of testbed\nsucceeded`);
  });

  it('reports every row of the source once, and whose VM is whose', async () => {
    const report = await json<{
      items: (Row & { target: object | null })[];
      summary: { money: { isEqual: boolean }[]; counts: { isEqual: boolean }[] };
      vms: { state: string }[];
    }>('report', runId, '--format', 'json');
    const key = ({ entity, sourceId, outcome, code }: Row) =>
      `${entity} ${sourceId} ${outcome} ${code ?? ''}`;
    expect(report.items.map(key).toSorted()).toEqual(estate.truths.map(key).toSorted());
    for (const item of report.items) {
      expect(Object.keys(item)).toEqual(
        expect.arrayContaining(['entity', 'sourceId', 'outcome', 'code', 'warnings', 'target']),
      );
      expect(item.target === null).toBe(item.outcome !== 'migrated');
    }
    expect([...report.summary.money, ...report.summary.counts].every(({ isEqual }) => isEqual)).toBe(true);
    expect(report.vms.length).toBe(estate.vmTruths.length);
    expect((await migrate('report')).stdout).toContain('all money agrees to the cent');
    const file = join(dir, 'report.html');
    await migrate('report', '--format', 'html', '--out', file);
    expect(await readFile(file, 'utf8')).toContain('</html>');
    expect((await migrate('report', '--format', 'csv')).stdout).toMatch(/^entity,sourceId,outcome,code/);
  });

  it('explains a service: its VM and what says so, or why there is none', async () => {
    const of = (outcome: string) => {
      const found = estate.truths.find((truth) => truth.entity === 'service' && truth.outcome === outcome);
      if (!found) throw new Error(`no service is ${outcome}`);
      return String(found.sourceId);
    };
    const migrated = await migrate(...withMapping('explain', of('migrated')));
    expect(migrated.stdout).toContain('would be migrated\n');
    expect(migrated.stdout).toContain(`run ${runId.slice(0, 8)}: migrated, server `);
    expect(migrated.stdout).toMatch(
      /\nVM\n +is +VM \d+ on (?:fra1|ams1), qemu.*\n +score +\d+ of 100\n +because /,
    );
    for (const outcome of ['quarantined', 'skipped']) {
      const told = await json<{ lastRun: object; result: object }>(
        ...withMapping('explain', of(outcome), '--json'),
      );
      expect(told.lastRun).toMatchObject({ runId, outcome, code: expect.any(String) });
    }
    const nobody = await migrate(...withMapping('explain', '999999'));
    expect([nobody.exitCode, nobody.stderr]).toEqual([
      5,
      expect.stringContaining('there is no service 999999'),
    ]);
  });

  it('verifies, and says of a difference what it is', async () => {
    const file = join(dir, 'logins');
    await writeFile(file, 'nobody@example.net:open:sesame\n');
    expect((await migrate('verify')).stdout).toContain('Berth and the source agree.');
    const { exitCode, stdout } = await migrate('verify', '--json', '--logins', file);
    expect(exitCode).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({
      runId,
      isEqual: false,
      checks: expect.arrayContaining([
        { name: 'logins', compared: 1, problems: ['nobody@example.net is not there'] },
      ]),
    });
    expect(stdout).not.toContain('sesame');
  });

  it('says which line of the logins is none, and not what is in it', async () => {
    const file = join(dir, 'no-logins');
    await writeFile(file, 'nobody@example.net:open\n\nsesame\n');
    const { exitCode, stderr } = await migrate('verify', '--logins', file);
    expect([exitCode, stderr]).toEqual([2, `${file}:3: is not e-mail:password`]);
  });

  it('says which file a report cannot be written to', async () => {
    const file = join(dir, 'no', 'report.csv');
    const { exitCode, stderr } = await migrate('report', '--format', 'csv', '--out', file);
    expect([exitCode, stderr]).toEqual([2, `${file} cannot be written (ENOENT)`]);
  });

  it('writes links for those without a password into a file of their own', async () => {
    const file = join(dir, 'links.csv');
    const { links } = await json<{ links: number }>('password-links', '--out', file, '--json');
    const [head, ...lines] = (await readFile(file, 'utf8')).trim().split('\n');
    expect(head).toBe('email,link');
    expect(lines).toHaveLength(links);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(lines.every((line) => line.includes(',https://berth.example.net/app/set-password#'))).toBe(true);
  });

  it('tells what a rollback would remove, removes that, and forgets its secrets', async () => {
    const planned = await json('rollback', runId, '--dry-run', '--json');
    expect(await json('rollback', runId, '--json')).toEqual(planned);
    const again = await migrate('rollback', runId);
    expect([again.exitCode, again.stderr]).toEqual([6, `run ${runId} has been rolled back already`]);
    expect(await json('drop-secrets', '--json')).toEqual({ sources: 4, hashes: 0 });
  });
});

it('is what npx calls berth-migrate in a clone, with the Node of the clone', async () => {
  const { exitCode, stdout, stderr } = await execa(
    'npx',
    ['--offline', 'berth-migrate', 'status', '--json'],
    {
      cwd: join(ROOT, 'docs'),
      env: environment(),
      reject: false,
    },
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ status: 'rolled_back' });
});

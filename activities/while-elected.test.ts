import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whileElected, type Tenure } from './while-elected.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { startDetour } from '../tests/detour.ts';
import { until } from '../tests/until.ts';

const LEASE_MS = 600;

let test: TestDatabase;
let name: string;
let stopping: AbortController;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());
beforeEach(() => {
  name = randomUUID();
  stopping = new AbortController();
});
afterEach(() => stopping.abort());

/** Stands for election again and again, as watchers do, and does its work until it is told to stop or loses the lock. */
function startCandidate(databaseUrl = test.url) {
  const { signal } = stopping;
  const candidate = { tenures: [] as Tenure[], isAtWork: false, ended: undefined as unknown };
  const work = async (tenure: Tenure) => {
    candidate.tenures.push(tenure);
    candidate.isAtWork = true;
    await new Promise((resolve) => tenure.signal.addEventListener('abort', resolve, { once: true }));
    candidate.isAtWork = false;
  };
  const election = { databaseUrl, name, applicationName: 'test', signal, leaseMs: LEASE_MS };
  const run = async () => {
    while (!signal.aborted) {
      await whileElected(election, work).catch(() => undefined);
      await delay(20, undefined, { signal }).catch(() => undefined);
    }
  };
  candidate.ended = run();
  return candidate;
}

describe('whoever is elected', () => {
  it('is the only one, until it has done', async () => {
    const { signal } = stopping;
    const election = { databaseUrl: test.url, name, applicationName: 'test', signal };
    const first = Promise.withResolvers<void>();
    let isBegun = false;
    const tenure = whileElected(election, async () => {
      isBegun = true;
      await first.promise;
    });
    await until(() => isBegun);
    expect(await whileElected(election, () => Promise.reject(new Error('two at once')))).toBe(false);
    first.resolve();
    expect(await tenure).toBe(true);
    expect(await whileElected(election, async () => {})).toBe(true);
  });

  it('keeps the lock while it is silent for longer than a lease, and writes over the session that holds it', async () => {
    const candidate = startCandidate();
    await until(() => candidate.isAtWork);
    await delay(2 * LEASE_MS);
    const rows = await candidate.tenures[0]?.query<{ locks: number }>(
      `select count(*)::int as locks from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()`,
    );
    expect(rows).toEqual([{ locks: 1 }]);
    expect(candidate.tenures).toHaveLength(1);
  });

  it('is told at once when its session is ended, cannot write any more, and another one follows', async () => {
    const detour = await startDetour(test.url);
    const first = startCandidate(detour.url);
    await until(() => first.isAtWork);
    const second = startCandidate();
    detour.cut();
    await until(() => second.isAtWork);
    expect(first.isAtWork).toBe(false);
    await expect(first.tenures[0]?.query('select 1')).rejects.toThrow(/terminated|ended/);
    detour.close();
  });

  it('loses the lock when its network swallows everything, and stops by itself', async () => {
    const detour = await startDetour(test.url);
    const first = startCandidate(detour.url);
    await until(() => first.isAtWork);
    const second = startCandidate();
    detour.swallow();
    await until(() => second.isAtWork);
    await until(() => !first.isAtWork);
    expect(second.isAtWork).toBe(true);
    detour.close();
  });

  it('comes back after PostgreSQL was away, one of them', async () => {
    const detour = await startDetour(test.url);
    const candidates = [startCandidate(detour.url), startCandidate(detour.url)];
    const atWork = () => candidates.filter(({ isAtWork }) => isAtWork).length;
    await until(() => atWork() === 1);
    detour.cut();
    await until(() => atWork() === 0);
    await delay(2 * LEASE_MS);
    expect(atWork()).toBe(0);
    detour.mend();
    await until(() => atWork() === 1);
    await delay(LEASE_MS);
    expect(atWork()).toBe(1);
    detour.close();
  });
});

describe('a process that is elected', () => {
  let child: ChildProcess;
  const said: string[] = [];
  beforeEach(async () => {
    said.length = 0;
    const program = `
      import { whileElected } from ${JSON.stringify(new URL('while-elected.ts', import.meta.url).href)};
      const [databaseUrl, name] = process.argv.slice(1);
      const { signal } = new AbortController();
      const election = { databaseUrl, name, applicationName: 'test', signal, leaseMs: ${LEASE_MS} };
      await whileElected(election, async ({ query, signal }) => {
        console.log('elected');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await query('select 1').catch(() => console.log('cannot write'));
      }).catch(() => undefined);`;
    child = spawn(process.execPath, ['--input-type=module', '-e', program, test.url, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout) createInterface(child.stdout).on('line', (line) => said.push(line));
    await until(() => said.includes('elected'));
  });
  afterEach(() => child.kill('SIGKILL'));

  it('is followed by another when it is killed', async () => {
    const next = startCandidate();
    child.kill('SIGKILL');
    await until(() => next.isAtWork);
  });

  it('is followed by another when it stands still, and finds on waking that it cannot write', async () => {
    const next = startCandidate();
    child.kill('SIGSTOP');
    await until(() => next.isAtWork);
    expect(said).toEqual(['elected']);
    child.kill('SIGCONT');
    await until(() => said.includes('cannot write'));
    expect(next.isAtWork).toBe(true);
  });
});

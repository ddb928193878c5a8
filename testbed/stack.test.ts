import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { endOrphans } from './orphans.ts';
import { choosePorts } from './ports.ts';
import { identifyProcess } from './process-identity.ts';
import type { ServiceSpec } from './service.ts';
import { runStack, type StackOptions } from './stack.ts';
import { waitUntil } from './wait-until.ts';

let dir: string;
let files: { run: string; processes: string };
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-stack-'));
  files = { run: join(dir, 'run.json'), processes: join(dir, 'processes.json') };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

interface Run {
  pids: Record<string, number>;
}

/** A service that does nothing, well. */
function sleeper(name: string): ServiceSpec {
  return {
    name,
    command: 'sleep',
    args: ['600'],
    ready: () => Promise.resolve(),
    readyTimeoutMs: 5_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
  };
}

const noProgress = () => undefined;

function options(over: Partial<StackOptions> & { signal: AbortSignal }): StackOptions {
  return { dataDir: dir, onProgress: noProgress, firstBackoffMs: 1, ...over };
}

async function readRun(): Promise<Run> {
  await waitUntil(async () => (await readJsonFile<Run>(files.run)) !== undefined, { timeoutMs: 10_000 });
  return (await readJsonFile<Run>(files.run)) ?? { pids: {} };
}

async function runsOf(pids: Record<string, number>): Promise<string[]> {
  const states = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => ((await identifyProcess(pid)) ? [name] : [])),
  );
  return states.flat();
}

describe('a running stack', () => {
  let end: AbortController;
  let ended: Promise<void>;
  beforeEach(() => {
    end = new AbortController();
    ended = runStack(options({ signal: end.signal }), async (stack) => {
      await stack.start([sleeper('first')]);
      await stack.start([sleeper('second')]);
      return { dashboardUrl: 'http://127.0.0.1:1/app/' };
    });
  });
  afterEach(async () => {
    end.abort();
    await ended;
  });

  it('starts a killed service again and tells its new pid', async () => {
    const before = (await readRun()).pids;
    process.kill(before['first'] ?? 0, 'SIGKILL');
    await waitUntil(async () => (await readRun()).pids['first'] !== before['first'], { timeoutMs: 10_000 });
    const after = (await readRun()).pids;
    expect(after['second']).toBe(before['second']);
    expect(await runsOf(after)).toEqual(['first', 'second']);
  });

  it('leaves no process, lock or run file when it is ended', async () => {
    const { pids } = await readRun();
    end.abort();
    await ended;
    expect(await runsOf(pids)).toEqual([]);
    expect(await readdir(dir)).toEqual(['logs']);
  });

  it('refuses a second run and says where the first is', async () => {
    await readRun();
    const second = runStack(options({ signal: end.signal }), () => Promise.reject(new Error('never')));
    await expect(second).rejects.toThrow(`process ${process.pid}) at http://127.0.0.1:1/app/`);
    expect((await stat(files.run)).mode & 0o777).toBe(0o600);
  });
});

it('stops what it started when a service does not come up, and shows its last words', async () => {
  const broken = { ...sleeper('broken'), command: 'sh', args: ['-c', 'echo no such database; exit 3'] };
  const pids: Record<string, number> = {};
  const run = runStack(options({ signal: new AbortController().signal }), async (stack) => {
    await stack.start([sleeper('good')]);
    for (const { name, pid } of (await readJsonFile<{ name: string; pid: number }[]>(files.processes)) ??
      []) {
      pids[name] = pid;
    }
    await stack.start([{ ...broken, ready: () => new Promise(() => undefined) }]);
    return { dashboardUrl: '' };
  });
  await expect(run).rejects.toThrow(/broken ended with exit code 3[^]*no such database/);
  expect(Object.keys(pids)).toEqual(['good']);
  expect(await runsOf(pids)).toEqual([]);
});

describe('a supervisor in a process of its own', () => {
  let program: ChildProcess;
  beforeEach(() => {
    const source = `
      import { runStack } from ${JSON.stringify(import.meta.resolve('./stack.ts'))};
      const end = new AbortController();
      process.on('SIGINT', () => end.abort());
      await runStack({ dataDir: ${JSON.stringify(dir)}, signal: end.signal, onProgress: () => undefined }, async (stack) => {
        await stack.start([{ name: 'sleeper', command: 'sleep', args: ['600'], ready: async () => undefined,
          readyTimeoutMs: 5000, stopSignal: 'SIGTERM', stopTimeoutMs: 5000 }]);
        return { dashboardUrl: '' };
      });`;
    program = execFile(process.execPath, ['--input-type=module', '-e', source]);
  });
  afterEach(() => {
    program.kill('SIGKILL');
  });

  it('leaves nothing after SIGINT', async () => {
    const { pids } = await readRun();
    program.kill('SIGINT');
    expect(await once(program, 'exit')).toEqual([0, null]);
    expect(await runsOf(pids)).toEqual([]);
    expect(await readdir(dir)).toEqual(['logs']);
  });

  it('takes its services with it when killed, and the next run starts as if nothing had happened', async () => {
    const { pids } = await readRun();
    program.kill('SIGKILL');
    await waitUntil(async () => (await runsOf(pids)).length === 0, { timeoutMs: 10_000 });
    const end = new AbortController();
    await runStack(options({ signal: end.signal, onUp: () => end.abort() }), () =>
      Promise.resolve({ dashboardUrl: '' }),
    );
    expect(await readdir(dir)).toEqual(['logs']);
  });
});

it('ends the orphans of a killed run but never a process that only has the same number', async () => {
  const orphan = spawn('sleep', ['600']);
  const innocent = spawn('sleep', ['600']);
  const identity = (await identifyProcess(orphan.pid ?? 0)) ?? '';
  await writeJsonFile(files.processes, [
    { name: 'orphan', pid: orphan.pid, identity },
    { name: 'gone', pid: innocent.pid, identity: `${identity}0` },
  ]);
  const exited = once(orphan, 'exit');
  await endOrphans(files.processes, noProgress);
  expect(await exited).toEqual([null, 'SIGTERM']);
  expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
  innocent.kill();
});

describe('ports', () => {
  it('picks a free one when the usual is taken, and names the setting', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const said: string[] = [];
    const wish = { name: 'api', setting: 'BERTH_API_PORT', usual: port };
    const chosen = await choosePorts([wish], { env: {}, former: {}, onProgress: (text) => said.push(text) });
    expect(chosen['api']).not.toBe(port);
    expect(said).toEqual([`port ${port} is taken: api uses ${chosen['api']} (BERTH_API_PORT fixes it)`]);

    const env = { BERTH_API_PORT: String(port) };
    await expect(choosePorts([wish], { env, former: {}, onProgress: noProgress })).rejects.toThrow(
      `BERTH_API_PORT=${port}: the port is taken`,
    );
    taken.close();
  });
});

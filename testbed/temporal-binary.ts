import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { waitForFileLock } from './file-lock.ts';
import { findOnPath } from './find-on-path.ts';
import { buildTemporal, type ObtainOptions } from './temporal-build.ts';

/** The CLI of testbed/temporal/go.mod; it carries server 1.31.2 and Web UI 2.50.1. */
const CLI_VERSION = '1.8.2';
/** Older servers lack what Berth uses: priorities, eager activities and user metadata in the UI. */
const OLDEST_SERVER = [1, 29];
const DOWNLOAD_TIMEOUT_MS = 180_000;

export interface FindOptions {
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

/**
 * The path of a Temporal CLI that really runs: from the user's cache, from PATH, downloaded by the SDK, or built with
 * Go (5 to 7 minutes, once for all clones). Callers ask this only when TEMPORAL_ADDRESS is not set.
 */
export async function findTemporal(options: FindOptions = {}): Promise<string> {
  const { onProgress = () => undefined, signal } = options;
  const cached = join(cacheDir(), `temporal-${CLI_VERSION}`);
  if (await serverVersion(cached)) return cached;
  const onPath = await findOnPath('temporal');
  const found = onPath && (await serverVersion(onPath));
  if (onPath && found && isNewEnough(found)) return onPath;
  if (found) onProgress(`${onPath} carries Temporal server ${found}; 1.29 or newer is needed`);

  await mkdir(dirname(cached), { recursive: true });
  const lock = await waitForFileLock(`${cached}.lock`, 'temporal', {
    onWait: ({ pid }) => onProgress(`process ${pid} is already getting a Temporal server; waiting for it`),
    ...(signal ? { signal } : {}),
  });
  try {
    if (await serverVersion(cached)) return cached; // another process made it meanwhile
    const draft = `${cached}.${process.pid}`;
    const problems: string[] = [];
    for (const obtain of [downloadTemporal, buildTemporal]) {
      signal?.throwIfAborted();
      try {
        await obtain({ target: draft, version: CLI_VERSION, onProgress, ...(signal ? { signal } : {}) });
        if (!(await serverVersion(draft))) throw new Error('what was made does not run');
        await rename(draft, cached);
        return cached;
      } catch (err) {
        signal?.throwIfAborted();
        problems.push(err instanceof Error ? err.message : String(err));
        onProgress(problems.at(-1) ?? '');
      } finally {
        await rm(draft, { force: true });
      }
    }
    throw new Error(missingTemporal(problems));
  } finally {
    await lock.release();
  }
}

/** The version of the Temporal server inside the CLI at `path`, such as "1.31.2"; undefined when it does not run. */
export async function serverVersion(path: string): Promise<string | undefined> {
  const result = await execa(path, ['--version'], { reject: false, timeout: 20_000 });
  return result.failed ? undefined : /Server (\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
}

function cacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berth');
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_SERVER;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** Lets the SDK fetch the CLI from temporal.download, as its test environment does; fails at once when offline. */
async function downloadTemporal({ target, version, onProgress }: ObtainOptions): Promise<void> {
  await fetch('https://temporal.download/', { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).catch(
    (err: Error) => {
      throw new Error(
        `no download: temporal.download cannot be reached (${err.cause instanceof Error ? err.cause.message : err.message})`,
      );
    },
  );
  onProgress(`downloading the Temporal CLI ${version}`);
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const downloadDir = `${target}.download`;
  await mkdir(downloadDir, { recursive: true });
  try {
    const started = TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'cached-download', downloadDir, version: `v${version}` } },
    });
    const tooLong = delay(DOWNLOAD_TIMEOUT_MS, undefined, { ref: false }).then(() => {
      throw new Error('no download: it took too long');
    });
    await Promise.race([started.then((environment) => environment.teardown()), tooLong]);
    const [file] = await readdir(downloadDir);
    if (!file) throw new Error('no download: the SDK left no file');
    await rename(join(downloadDir, file), target);
  } finally {
    await rm(downloadDir, { recursive: true, force: true });
  }
}

function missingTemporal(problems: string[]): string {
  return [
    'Berth needs a Temporal server and could not get one:',
    ...problems.map((problem) => `  - ${problem}`),
    'Any one of these will do:',
    '  - a running server: set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_* as it needs)',
    '  - the Temporal CLI on PATH (https://docs.temporal.io/cli), with server 1.29 or newer',
    '  - a network that reaches temporal.download',
    '  - Go 1.21 or newer on PATH and a Go module proxy it can reach (it is built then, once)',
  ].join('\n');
}

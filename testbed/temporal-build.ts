import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { findOnPath } from './find-on-path.ts';
import { guardProcess } from './guard-process.ts';

export interface ObtainOptions {
  /** Where the program is to be put. */
  target: string;
  version: string;
  onProgress: (message: string) => void;
  signal?: AbortSignal;
}

/** Older ones can neither fetch the toolchain go.mod asks for nor read its `tool` line. */
const OLDEST_GO_MINOR = 21;
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
const MODULE_DIR = join(import.meta.dirname, 'temporal');
const PROGRESS_EVERY_MS = 15_000;

/** Builds the CLI from the module in testbed/temporal, which pins every dependency; needs Go and its module proxy. */
export async function buildTemporal({ target, version, onProgress, signal }: ObtainOptions): Promise<void> {
  const go = await findOnPath('go');
  if (!go) throw new Error('no build: Go is not on PATH');
  const { stdout } = await execa(go, ['env', 'GOVERSION'], { cwd: '/', reject: false });
  const minor = Number(/go1\.(\d+)/.exec(String(stdout))?.[1] ?? Number.NaN);
  if (!(minor >= OLDEST_GO_MINOR)) throw new Error(`no build: ${String(stdout)} is too old, 1.21 is needed`);

  onProgress(
    `building the Temporal server ${version} with Go, because it was found nowhere ready-made; ` +
      'this takes 5 to 7 minutes (1.6 GB of sources), once for all clones of this project',
  );
  const started = Date.now();
  const elapsed = () => formatElapsed(Date.now() - started);
  let compiled = 0;
  const timer = setInterval(() => {
    const doing = compiled > 0 ? `${compiled} packages compiled` : 'fetching the sources';
    onProgress(`building the Temporal server: ${doing}, ${elapsed()} so far`);
  }, PROGRESS_EVERY_MS);
  try {
    await runGoBuild(go, {
      target,
      version,
      onPackage: () => (compiled += 1),
      ...(signal ? { signal } : {}),
    });
    onProgress(`built the Temporal server in ${elapsed()}`);
  } finally {
    clearInterval(timer);
  }
}

interface GoBuildOptions {
  target: string;
  version: string;
  onPackage: () => void;
  signal?: AbortSignal;
}

async function runGoBuild(go: string, { target, version, onPackage, signal }: GoBuildOptions): Promise<void> {
  const ldflags = `-s -w -X github.com/temporalio/cli/temporalcli.Version=${version}`;
  // Go leaves its temporary files behind when it is interrupted.
  const temporaryDir = `${target}.tmp`;
  await mkdir(temporaryDir, { recursive: true });
  // A process group of its own, so that the compilers it starts can be ended with it.
  const subprocess = execa(go, ['build', '-v', '-trimpath', '-ldflags', ldflags, '-o', target, PACKAGE], {
    cwd: MODULE_DIR,
    env: { CGO_ENABLED: '0', GOTMPDIR: temporaryDir },
    stdin: 'ignore',
    detached: true,
  });
  createInterface({ input: subprocess.stderr }).on('line', (line) => {
    if (!line.startsWith('go: ')) onPackage();
  });
  const { pid } = subprocess;
  const release = pid ? guardProcess(pid, 'SIGINT', temporaryDir) : undefined;
  const interrupt = () => pid && process.kill(-pid, 'SIGINT');
  signal?.addEventListener('abort', interrupt);
  try {
    await subprocess;
  } catch (err) {
    const lines = String((err as { stderr?: string }).stderr ?? err)
      .trim()
      .split('\n');
    throw new Error(`no build: go build failed: ${lines.slice(-5).join(' / ')}`, { cause: err });
  } finally {
    signal?.removeEventListener('abort', interrupt);
    release?.();
    await rm(temporaryDir, { recursive: true, force: true });
  }
}

/** "48 s" or "6 min 12 s". */
export function formatElapsed(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

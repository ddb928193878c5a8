import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { ClusterState } from './cluster-state.ts';

export interface StateStore {
  /** Notes that the state changed; it is written soon. */
  touch(): void;
  /** Resolves once everything changed so far is on disk. */
  save(): Promise<void>;
}

/** Reads a saved state; undefined when there is none. */
export async function loadState(file: string): Promise<ClusterState | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined;
    throw err;
  }
  const state = JSON.parse(text) as ClusterState;
  if (state.version !== 1) throw new Error(`unknown state version in ${file}`);
  return state;
}

/**
 * Keeps the state in a file by write and rename, so that a kill at any moment leaves a whole one.
 * Changes made while a write runs share the next write.
 */
export function createStateStore(state: ClusterState, file: string | undefined): StateStore {
  if (!file) return { touch: () => {}, save: () => Promise.resolve() };
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function write(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.tmp`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  }

  function save(): Promise<void> {
    if (next) return next;
    const after = running ?? Promise.resolve();
    const mine = after
      .catch(() => {})
      .then(() => {
        running = mine;
        next = undefined;
        return write(file as string);
      })
      .finally(() => {
        if (running === mine) running = undefined;
      });
    next = mine;
    return mine;
  }

  let dirty = false;
  function touch(): void {
    if (dirty) return;
    dirty = true;
    setImmediate(() => {
      dirty = false;
      save().catch((err: unknown) => {
        process.stderr.write(`simulator state not saved: ${String(err)}\n`);
      });
    });
  }
  return { touch, save };
}

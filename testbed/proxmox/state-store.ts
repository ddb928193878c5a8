import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ClusterState } from './cluster-state.ts';
import type { TrackedState } from './tracked-state.ts';

/**
 * The file is a journal: a first line that says so, then one line of JSON per step, each a list of the parts that changed
 * together. A line counts once its end is there.
 */
const HEAD = '{"journal":1}';
/** A part and what it is now; without a value it is gone. */
type Change = [property: string, key: string | null, value?: unknown];

const PARTS_PER_LINE = 100;
const LEAST_COMPACTED_BYTES = 4 * 1024 ** 2;

export interface StateStore {
  /** Returns once everything changed so far survives the death of this process. */
  save(): void;
  close(): Promise<void>;
}

/** Reads a saved state; undefined when there is none. A last line that was not written to its end never happened. */
export async function loadState(file: string): Promise<ClusterState | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined;
    throw err;
  }
  const [head, ...lines] = text.split('\n');
  // Before there were journals the whole state was one object.
  const state = head === HEAD ? readJournal(file, lines.slice(0, -1)) : parse(file, 1, text);
  if ((state as Partial<ClusterState>).version !== 1) {
    throw new Error(`unknown state version in ${file}; move it away to begin with a new cluster`);
  }
  return state as ClusterState;
}

function parse(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const what = `${file} is damaged in line ${line}`;
    throw new Error(`${what}; restore it, or move it away to begin with a new cluster`, { cause });
  }
}

function readJournal(file: string, lines: string[]): unknown {
  const state: Record<string, unknown> = {};
  const tasks = new Map<string, unknown>();
  for (const [index, line] of lines.entries()) {
    for (const [property, key, ...value] of parse(file, index + 2, line) as Change[]) {
      const isGone = value.length === 0;
      if (property === 'tasks' && key !== null) {
        if (isGone) tasks.delete(key);
        else tasks.set(key, value[0]);
        continue;
      }
      const holder = key === null ? state : ((state[property] ??= {}) as Record<string, unknown>);
      if (isGone) delete holder[key ?? property];
      else holder[key ?? property] = value[0];
    }
  }
  return { ...state, tasks: [...tasks.values()] };
}

/**
 * Keeps a state in a file. What changed is appended before `save` returns, and a little later otherwise; now and then the
 * file is written anew and renamed. There is no fsync: it outlives the process, not the computer.
 */
export function createStateStore(tracked: TrackedState, file: string | undefined): StateStore {
  if (!file) return { save: () => {}, close: () => Promise.resolve() };
  const path = file;
  mkdirSync(dirname(path), { recursive: true });
  let changed = new Map<string, [string, string | null]>();
  let written = 0;
  let compactAt = 0;
  let isScheduled = false;
  let compacting: Promise<void> | undefined;
  let journal = startNew(allParts(tracked));
  let copies: string[] = [];

  tracked.onChange((property, key) => {
    changed.set(`${property}\n${key ?? ''}`, [property, key]);
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      try {
        save();
      } catch (err) {
        process.stderr.write(`simulator state not saved: ${String(err)}\n`);
      }
    });
  });

  function linesOf(parts: [string, string | null][]): string {
    const changes = parts.map(([property, key]): Change => {
      const value = tracked.partOf(property, key);
      return value === undefined ? [property, key] : [property, key, value];
    });
    return `${JSON.stringify(changes)}\n`;
  }

  /** Writes a whole file at once and takes it into use. */
  function startNew(parts: [string, string | null][]): number {
    const temporary = openSync(`${path}.tmp`, 'w', 0o600);
    const text = [headOf(tracked), ...inLines(parts).map(linesOf)].join('');
    writeFileSync(temporary, text);
    takeIntoUse(Buffer.byteLength(text), Buffer.byteLength(text));
    return temporary;
  }

  function takeIntoUse(bytes: number, neededBytes: number): void {
    renameSync(`${path}.tmp`, path);
    written = bytes;
    compactAt = Math.max(LEAST_COMPACTED_BYTES, 3 * neededBytes);
  }

  function save(): void {
    if (changed.size === 0) return;
    const line = linesOf([...changed.values()]);
    try {
      writeFileSync(journal, line);
    } catch (err) {
      // Half a line must not be in the way of the next one.
      ftruncateSync(journal, written);
      throw err;
    }
    written += Buffer.byteLength(line);
    changed = new Map();
    if (compacting) copies.push(line);
    else if (written > compactAt) compacting = compact().finally(() => (compacting = undefined));
  }

  /** Writes a new file bit by bit, then what changed meanwhile, and puts it in the old one's place. */
  async function compact(): Promise<void> {
    copies = [];
    const temporary = openSync(`${path}.tmp`, 'w', 0o600);
    let bytes = 0;
    const append = (text: string): void => {
      writeFileSync(temporary, text);
      bytes += Buffer.byteLength(text);
    };
    try {
      append(headOf(tracked));
      for (const parts of inLines(allParts(tracked))) {
        append(linesOf(parts));
        await nextTurn();
      }
      const neededBytes = bytes;
      for (const line of copies) append(line);
      takeIntoUse(bytes, neededBytes);
      closeSync(journal);
      journal = temporary;
    } catch (err) {
      closeSync(temporary);
      rmSync(`${path}.tmp`, { force: true });
      compactAt = 2 * written;
      process.stderr.write(`simulator state not compacted: ${String(err)}\n`);
    }
  }

  return {
    save,
    async close() {
      save();
      await compacting;
      closeSync(journal);
    },
  };
}

/** How each file begins: that it is a journal, and the records that parts go into. */
function headOf({ plain }: TrackedState): string {
  const records = Object.entries(plain)
    .filter(([, value]) => isRecord(value))
    .map(([property]): Change => [property, null, {}]);
  return `${HEAD}\n${JSON.stringify(records)}\n`;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All parts there are, in their order. */
function allParts({ plain }: TrackedState): [string, string | null][] {
  return Object.entries(plain).flatMap(([property, value]): [string, string | null][] => {
    if (property === 'tasks') return plain.tasks.map(({ upid }) => [property, upid]);
    return isRecord(value) ? Object.keys(value).map((key) => [property, key]) : [[property, null]];
  });
}

function inLines<T>(parts: T[]): T[][] {
  return Array.from({ length: Math.ceil(parts.length / PARTS_PER_LINE) }, (_, n) =>
    parts.slice(n * PARTS_PER_LINE, (n + 1) * PARTS_PER_LINE),
  );
}

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { emitCatalogueRows } from './catalogue-rows.ts';
import { clientTruth, emitClientRows, emitUserRow, userTruth } from './people-rows.ts';
import { planClient, planUser } from './people.ts';
import { planService } from './plan-service.ts';
import { clientRow, serviceRow, userRow, vmRows } from './provider.ts';
import { emitServiceRows } from './service-rows.ts';
import { serviceTruth } from './service-truth.ts';
import { emitStrayRows } from './stray-rows.ts';
import { openTableWriter, type TableWriter } from './table-writer.ts';
import { compareTruth, type Truth, type RowTruth } from './truth.ts';
import { createWorld, firstEdition, type World, type WorldOptions } from './world.ts';

export interface GenerateOptions extends WorldOptions {
  /** mysql://user:password@host:port/database; tables of that name in it are replaced. */
  url: string;
  /** Where truth.jsonl, summary.json and, for edition 2, changes.jsonl go. Left out: nothing is written. */
  truthDir?: string;
  onProgress?: (done: number, total: number) => void;
}

export interface Summary {
  seed: string;
  size: number;
  edition: 1 | 2;
  rows: number;
  /** Counts by `entity outcome code`, VMs by `vm state`. */
  counts: Record<string, number>;
  /** How often each defect was put in. */
  defects: Record<string, number>;
  /** Sum of amounts of migrated services by `currency cycle status`, two decimals. */
  money: Record<string, string>;
  /** Number of rows that differ from the first edition, by `entity change`. */
  changes: Record<string, number>;
}

const SETTING = 'BerthTestbed';

/** Fills a database with a WHMCS provider and says what a careful migration must make of it. */
export async function generate(options: GenerateOptions): Promise<Summary> {
  const world = createWorld(options);
  await loadSchema(options.url);
  const writer = await openTableWriter(options.url);
  const files = options.truthDir ? await openTruthFiles(options.truthDir, world.edition) : undefined;
  const summary: Summary = {
    seed: options.seed,
    size: options.size,
    edition: world.edition,
    rows: 0,
    counts: {},
    defects: {},
    money: {},
    changes: {},
  };
  const cents: Record<string, number> = {};
  const before = world.edition === 2 ? firstEdition(world, options.size) : undefined;

  async function record(truth: Truth): Promise<void> {
    noteTruth(summary, cents, truth);
    await files?.truth.write(truth);
  }
  async function recordChange(old: RowTruth | undefined, now: RowTruth | undefined): Promise<void> {
    const change = compareTruth(old, now);
    if (!change) return;
    increment(summary.changes, `${change.entity} ${change.change}`);
    await files?.changes?.write(change);
  }

  emitCatalogueRows(world, writer.emit);
  emitStrayRows(world, writer.emit);
  await writePeople(world, before, writer, record, recordChange);
  for (let index = 0; index < world.services; index += 1) {
    const plan = planService(world, index);
    if (plan) emitServiceRows(world, plan, writer.emit);
    const truth = plan && serviceTruth(world, plan);
    if (truth) await record(truth);
    if (before) await recordChange(serviceRow(before, index), truth);
    await writer.drain();
    if (index % 1000 === 0) options.onProgress?.(index, world.services);
  }
  for (const vm of vmRows(world)) await record(vm.truth);
  summary.rows = writer.rows() + 1;
  for (const [key, sum] of Object.entries(cents)) summary.money[key] = (sum / 100).toFixed(2);
  await files?.close(summary);
  // Written last: without it a database is not complete.
  const value = JSON.stringify({ seed: options.seed, size: options.size, edition: world.edition });
  writer.emit('tblconfiguration', { id: 1000, setting: SETTING, value });
  await writer.end();
  options.onProgress?.(world.services, world.services);
  return summary;
}

type RecordTruth = (truth: Truth) => Promise<void>;
type RecordChange = (old: RowTruth | undefined, now: RowTruth | undefined) => Promise<void>;

async function writePeople(
  world: World,
  before: World | undefined,
  writer: TableWriter,
  record: RecordTruth,
  recordChange: RecordChange,
): Promise<void> {
  for (let index = 0; index < world.clients; index += 1) {
    const client = planClient(world, index);
    if (client) emitClientRows(world, client, writer.emit);
    const user = planUser(world, index);
    if (user) emitUserRow(world, user, writer.emit);
    const clientNow = client && clientTruth(world, client);
    const userNow = user && userTruth(world, user);
    if (clientNow) await record(clientNow);
    if (userNow) await record(userNow);
    if (before) {
      await recordChange(clientRow(before, index), clientNow);
      await recordChange(userRow(before, index), userNow);
    }
    await writer.drain();
  }
}

function noteTruth(summary: Summary, cents: Record<string, number>, truth: Truth): void {
  if (truth.entity === 'vm') {
    increment(summary.counts, `vm ${truth.state}`);
    return;
  }
  const { entity, outcome, code } = truth;
  increment(summary.counts, [entity, outcome, code].filter(Boolean).join(' '));
  for (const defect of truth.defects) increment(summary.defects, defect);
  if (truth.entity !== 'service' || !truth.target) return;
  const { currency, cycle, status, amount } = truth.target;
  const key = `${currency} ${cycle} ${status}`;
  cents[key] = (cents[key] ?? 0) + Math.round(Number(amount) * 100);
}

function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** What a database was generated with; undefined when it is empty, not complete, or not one of ours. */
export async function readGenerated(
  url: string,
): Promise<{ seed: string; size: number; edition: 1 | 2 } | undefined> {
  const connection = await mysql.createConnection({ uri: url });
  try {
    const [rows] = await connection.query<mysql.RowDataPacket[]>(
      'SELECT value FROM tblconfiguration WHERE setting = ?',
      [SETTING],
    );
    const value: unknown = rows[0]?.['value'];
    // This program wrote it.
    return typeof value === 'string'
      ? (JSON.parse(value) as { seed: string; size: number; edition: 1 | 2 })
      : undefined;
  } catch (err) {
    if ((err as { code?: string }).code === 'ER_NO_SUCH_TABLE') return undefined;
    throw err;
  } finally {
    await connection.end();
  }
}

/** Makes all tables anew, empty. */
export async function loadSchema(url: string): Promise<void> {
  const schema = await readFile(new URL('schema.sql', import.meta.url), 'utf8');
  const names = [...schema.matchAll(/^CREATE TABLE (`\w+`)/gm)].map(([, name]) => name);
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
  try {
    await connection.query("SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION'");
    await connection.query(`DROP TABLE IF EXISTS ${names.join(',')}`);
    await connection.query(schema);
  } finally {
    await connection.end();
  }
}

interface LineFile {
  write(record: object): Promise<void>;
  close(): Promise<void>;
}

async function openTruthFiles(dir: string, edition: 1 | 2) {
  await mkdir(dir, { recursive: true });
  const truth = openLines(join(dir, 'truth.jsonl'));
  const changes = edition === 2 ? openLines(join(dir, 'changes.jsonl')) : undefined;
  return {
    truth,
    changes,
    close: async (summary: Summary) => {
      await Promise.all([truth.close(), changes?.close()]);
      await writeFile(join(dir, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 });
    },
  };
}

/** One JSON text per line; waits whenever the disk is slower. */
function openLines(path: string): LineFile {
  // It holds passwords in clear, made up as they are.
  const stream: WriteStream = createWriteStream(path, { mode: 0o600 });
  let pending = '';
  const flush = async () => {
    const text = pending;
    pending = '';
    if (!stream.write(text)) await once(stream, 'drain');
  };
  return {
    write: async (record) => {
      pending += `${JSON.stringify(record)}\n`;
      if (pending.length > 64 * 1024) await flush();
    },
    close: async () => {
      await flush();
      stream.end();
      await once(stream, 'finish');
    },
  };
}

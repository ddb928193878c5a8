import mysql from 'mysql2/promise';
import type { Emit, Row } from './row.ts';

const STATEMENT_CHARS = 512 * 1024;
const CONNECTIONS = 2;

export interface TableWriter {
  /** Takes a row into memory. */
  emit: Emit;
  /** Waits while more is in memory than is being sent; call it between records. */
  drain(): Promise<void>;
  /** Sends the rest and closes. */
  end(): Promise<void>;
  /** Rows taken so far. */
  rows(): number;
}

interface Buffer {
  head: string;
  columns: number;
  values: string[];
  chars: number;
}

/** Writes rows with INSERT statements of many rows over a few connections, and holds only a few statements in memory. */
export async function openTableWriter(url: string): Promise<TableWriter> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(url)));
  const buffers = new Map<string, Buffer>();
  const full: string[] = [];
  const sending = connections.map(() => Promise.resolve());
  let count = 0;
  let turn = 0;

  function emit(table: string, row: Row): void {
    let buffer = buffers.get(table);
    if (!buffer) {
      const names = Object.keys(row);
      const head = `INSERT INTO \`${table}\` (${names.map((name) => `\`${name}\``).join(',')}) VALUES\n`;
      buffer = { head, columns: names.length, values: [], chars: 0 };
      buffers.set(table, buffer);
    }
    const values = Object.values(row);
    if (values.length !== buffer.columns) throw new Error(`rows of ${table} differ in their columns`);
    const text = `(${values.map(toSql).join(',')})`;
    buffer.values.push(text);
    buffer.chars += text.length;
    count += 1;
    if (buffer.chars > STATEMENT_CHARS) close(buffer);
  }

  function close(buffer: Buffer): void {
    if (buffer.values.length === 0) return;
    full.push(buffer.head + buffer.values.join(',\n'));
    buffer.values = [];
    buffer.chars = 0;
  }

  async function drain(): Promise<void> {
    for (let statement = full.shift(); statement !== undefined; statement = full.shift()) {
      const n = turn;
      turn = (turn + 1) % connections.length;
      await sending[n];
      const sent = connections[n]?.query(statement).then(() => undefined);
      if (!sent) throw new Error('no connection');
      sending[n] = sent;
      // Looked at by the next turn or by end(); until then a failure must not count as unhandled.
      sent.catch(() => undefined);
    }
  }

  return {
    emit,
    drain,
    rows: () => count,
    end: async () => {
      try {
        for (const buffer of buffers.values()) close(buffer);
        await drain();
        await Promise.all(sending);
      } finally {
        for (const connection of connections) connection.destroy();
      }
    },
  };
}

async function connect(url: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4_unicode_ci' });
  await connection.query("SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION', time_zone='+00:00'");
  await connection.query('SET SESSION unique_checks=0, foreign_key_checks=0');
  return connection;
}

function toSql(value: string | number | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  if (value === '') return "''";
  return `'${/['\\]/.test(value) ? value.replaceAll(/['\\]/g, (char) => `\\${char}`) : value}'`;
}

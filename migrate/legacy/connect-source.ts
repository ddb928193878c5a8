import mysql from 'mysql2/promise';
import { z } from 'zod';
import { PLAIN } from './rows.ts';
import { SourceError, toSourceError } from './source-error.ts';

export type Value = string | number | null | number[];

/** The database of WHMCS, for reading only. */
export interface Source {
  /** `user@host:port/database`, for people. */
  label: string;
  /** Rows of one SELECT or SHOW; anything else is refused here, and by the server. Throws SourceError. */
  select(sql: string, values?: Value[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/**
 * Connects to `mysql://user:password@host:port/database`. The session may only read, takes zero dates as they are, and
 * gets text as Unicode whatever charset a column is declared in. Throws SourceError; no message holds the password.
 */
export async function connectSource(url: string, connections = 2): Promise<Source> {
  const { user, host, port, database, options } = parseUrl(url);
  const pool = mysql.createPool({
    ...options,
    connectionLimit: connections,
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    connectTimeout: 10_000,
    enableKeepAlive: true,
    // A network that swallows packets is noticed within minutes, not hours.
    keepAliveInitialDelay: 10_000,
  });
  // Each connection of the pool is set up before its first use.
  const ready = new WeakSet<object>();

  async function select(sql: string, values: Value[] = []): Promise<Record<string, unknown>[]> {
    if (!/^\s*(?:SELECT|SHOW)\b/i.test(sql)) {
      throw new SourceError('query', 'Berth only reads the source: one SELECT or SHOW at a time');
    }
    try {
      const connection = await pool.getConnection();
      try {
        if (!ready.has(connection.connection)) {
          await prepareSession(connection);
          ready.add(connection.connection);
        }
        const [rows] = await connection.query<mysql.RowDataPacket[]>(sql, values);
        return rows;
      } finally {
        connection.release();
      }
    } catch (err) {
      throw toSourceError(err);
    }
  }

  // Of a server that is gone nobody can take leave, and that it is gone has been said.
  const close = () => pool.end().catch(() => undefined);
  const source: Source = { label: `${user}@${host}:${port}/${database}`, select, close };
  try {
    await source.select('SELECT 1 AS one');
  } catch (err) {
    await source.close();
    throw err;
  }
  return source;
}

async function prepareSession(connection: mysql.PoolConnection): Promise<void> {
  await connection.query("SET SESSION sql_mode='', SESSION time_zone='+00:00'");
  await connection.query('SET SESSION TRANSACTION READ ONLY');
}

const HINT =
  'write mysql://user:password@host:3306/database, with / # ? @ and % of the password as %2F %23 %3F %40 and %25';

function parseUrl(text: string) {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    // The cause would hold the text.
    throw new SourceError('bad_url', `the source is no URL: ${HINT}`);
  }
  const database = decode(url.pathname.replace(/^\//, ''));
  if (!['mysql:', 'mariadb:'].includes(url.protocol))
    throw new SourceError('bad_url', `the source is no MySQL URL: ${HINT}`);
  if (!database || !url.hostname)
    throw new SourceError('bad_url', `the source needs a host and a database: ${HINT}`);
  const user = decode(url.username) || 'root';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 3306);
  const password = decode(url.password);
  const tls = url.searchParams.has('ssl')
    ? { ssl: { rejectUnauthorized: url.searchParams.get('ssl') !== 'unverified' } }
    : {};
  return { user, host, port, database, options: { user, host, port, database, password, ...tls } };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SourceError('bad_url', `a % in the source's URL is not encoded: write it as %25`);
  }
}

const WRITES =
  /\b(?:ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|INDEX|TRIGGER|SUPER|FILE|GRANT OPTION|EVENT|EXECUTE)\b/gi;

/** What the login could change, which a login for Berth should not; empty when it may only read. */
export async function findWriteGrants(source: Source): Promise<string[]> {
  const rows = await source.select('SHOW GRANTS');
  const privileges = rows
    .flatMap((row) => Object.values(row).map(String))
    // Between GRANT and ON: beyond are names, and a hash of the password.
    .flatMap((grant) => /^GRANT (.*?) ON /i.exec(grant)?.[1]?.match(WRITES) ?? []);
  return [...new Set(privileges.map((name) => name.toUpperCase()))].toSorted();
}

/** Rows of a statement as a schema wants them. Throws SourceError when the columns are of another kind. */
export async function selectRows<Shape extends z.ZodRawShape>(
  source: Source,
  schema: z.ZodObject<Shape>,
  rest: { from: string; where?: string; order?: string; limit?: number; values?: Value[] },
): Promise<z.output<z.ZodObject<Shape>>[]> {
  const columns = Object.keys(schema.shape).map((name) => `\`${name}\``);
  const parts = [
    `SELECT ${columns.join(', ')} FROM \`${rest.from}\``,
    rest.where ? `WHERE ${rest.where}` : '',
    rest.order ? `ORDER BY ${rest.order}` : '',
    rest.limit === undefined ? '' : `LIMIT ${rest.limit}`,
  ];
  const rows = await source.select(parts.join(' '), rest.values);
  return parseRows(schema, rest.from, rows);
}

/** Rows of a table as a schema wants them. Throws SourceError when the columns are of another kind. */
export function parseRows<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  table: string,
  rows: Record<string, unknown>[],
): z.output<z.ZodObject<Shape>>[] {
  if (rows.every(convertPlain(schema))) return rows as z.output<z.ZodObject<Shape>>[];
  const parsed = z.array(schema).safeParse(rows);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const column = String(issue?.path[1] ?? '');
  throw new SourceError(
    'row',
    `column ${table}.${column} is of a kind Berth does not know: ${issue?.message ?? ''}`,
  );
}

/** Makes a row what the schema would make of it, in its place; false where the schema has to be asked. */
function convertPlain({ shape }: z.ZodObject): (row: Record<string, unknown>) => boolean {
  const columns = Object.entries(shape).map(([name, column]) => ({ name, convert: PLAIN.get(column) }));
  return (row) =>
    columns.every(({ name, convert }) => {
      const value = convert?.(row[name]);
      if (value === undefined) return false;
      if (value !== row[name]) row[name] = value;
      return true;
    });
}

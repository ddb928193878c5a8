import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import Knex from 'knex';
import { Model } from 'objection';
import { databaseConfig, type Database } from '../../db/connect.ts';
import { createSecretBox, type SecretBox } from '../../db/secrets.ts';
import { isTargetAway } from '../run/target-away.ts';

/** What the commands are told by the environment. */
export interface Settings {
  BERTH_SECRETS_KEY: Buffer;
  BERTH_QUEUE_PREFIX: string;
  BERTH_PUBLIC_URL?: string | undefined;
}

export interface CommandContext {
  /** The commands that only read the source do without one. */
  hasDatabase: boolean;
  /** Throws an error that names what is missing in the environment. */
  settings(): Settings;
  withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T>;
  withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T>;
  secretBox(): SecretBox;
}

/** The environment lacks something a command needs. */
export class SettingMissing extends Error {
  override name = 'SettingMissing';
}

/** Berth's PostgreSQL cannot be reached, or does not let anybody in. */
export class DatabaseAway extends Error {
  override name = 'DatabaseAway';
}

/** Temporal cannot be reached; what was written in PostgreSQL stays. */
export class TemporalAway extends Error {
  override name = 'TemporalAway';
}

export function createContext(given: {
  databaseUrl: () => string;
  hasDatabase: boolean;
  settings: () => Settings;
}): CommandContext {
  const { hasDatabase } = given;
  const settings = () => readSetting(given.settings);
  return {
    hasDatabase,
    settings,
    secretBox: () => createSecretBox(settings().BERTH_SECRETS_KEY),
    async withDatabase(work) {
      const url = readSetting(given.databaseUrl);
      const database = Knex(databaseConfig(url, { poolSize: 3 }));
      Model.knex(database);
      try {
        return await work(database);
      } catch (err) {
        throw toDatabaseAway(err, url);
      } finally {
        await database.destroy();
      }
    },
    async withTemporal(work) {
      const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
      const connection = await Connection.connect({ connectTimeout: 5_000, ...connectionOptions }).catch(
        (err: unknown) => {
          const where = connectionOptions.address ?? '127.0.0.1:7233';
          throw new TemporalAway(`Temporal at ${where} does not answer`, { cause: err });
        },
      );
      try {
        return await work(new Client({ connection, namespace }));
      } finally {
        await connection.close();
      }
    },
  };
}

function readSetting<T>(read: () => T): T {
  try {
    return read();
  } catch (err) {
    throw new SettingMissing(err instanceof Error ? err.message : String(err), { cause: err });
  }
}

/** The login is refused, or the database is not there or empty. */
const NOT_OURS = new Set(['28000', '28P01', '3D000', '42P01']);

/** Errors of PostgreSQL itself in words for an admin; others as they are. */
function toDatabaseAway(err: unknown, url: string): unknown {
  // Errors of pg and of sockets have these.
  const { code = '', message = '' } = err as { code?: string; message?: string };
  const { host, pathname } = new URL(url);
  const where = `Berth’s PostgreSQL at ${host}${pathname}`;
  if (code === '42P01') {
    return new DatabaseAway(`${where} has not Berth’s tables: npm run db:migrate`, { cause: err });
  }
  if (NOT_OURS.has(code)) return new DatabaseAway(`${where} refuses: ${message}`, { cause: err });
  if (!isTargetAway(err)) return err;
  // Of several addresses tried the first one tells enough.
  const reason = err instanceof AggregateError ? String((err.errors[0] as Error).message) : message;
  return new DatabaseAway(`${where} does not answer: ${reason}`, { cause: err });
}

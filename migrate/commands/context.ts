import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import Knex from 'knex';
import { Model } from 'objection';
import { databaseConfig, type Database } from '../../db/connect.ts';
import { createSecretBox, type SecretBox } from '../../db/secrets.ts';

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

/** Temporal cannot be reached; what was written in PostgreSQL stays. */
export class TemporalAway extends Error {
  override name = 'TemporalAway';
}

export function createContext(given: {
  databaseUrl: () => string;
  hasDatabase: boolean;
  settings: () => Settings;
}): CommandContext {
  const { databaseUrl, hasDatabase, settings } = given;
  return {
    hasDatabase,
    settings,
    secretBox: () => createSecretBox(settings().BERTH_SECRETS_KEY),
    async withDatabase(work) {
      const database = Knex(databaseConfig(databaseUrl(), { poolSize: 3 }));
      Model.knex(database);
      try {
        return await work(database);
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

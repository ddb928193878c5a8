import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import Knex from 'knex';
import { Model } from 'objection';
import { databaseConfig, type Database } from '../../db/connect.ts';
import { createSecretBox, type SecretBox } from '../../db/secrets.ts';

/** What the commands are told by the environment. */
export interface Settings {
  DATABASE_URL: string;
  BERTH_SECRETS_KEY: Buffer;
  BERTH_QUEUE_PREFIX: string;
  BERTH_PUBLIC_URL?: string | undefined;
}

export interface CommandContext {
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

export function createContext(settings: () => Settings): CommandContext {
  return {
    settings,
    secretBox: () => createSecretBox(settings().BERTH_SECRETS_KEY),
    async withDatabase(work) {
      const database = Knex(databaseConfig(settings().DATABASE_URL, { poolSize: 3 }));
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

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const RunFile = z.object({
  apiUrl: z.string().optional(),
  databaseUrl: z.string(),
  temporalAddress: z.string().optional(),
  whmcsDatabaseUrl: z.string().optional(),
});
const SecretsFile = z.object({ secretsKey: z.string() });

/**
 * What the environment leaves out is taken from a running `npm start`: its database, the key of that database, its
 * Temporal, its address and its WHMCS. The key goes with the database only: it opens no other.
 */
export function withRunningBerth(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dataDir = env['BERTH_DATA_DIR'] || join(import.meta.dirname, '../.berth');
  const run = readFile(join(dataDir, 'run.json'), RunFile);
  if (!run) return env;
  const found: NodeJS.ProcessEnv = {};
  if (!env['DATABASE_URL']) {
    found['DATABASE_URL'] = run.databaseUrl;
    const kept = env['BERTH_SECRETS_KEY'] ? undefined : readFile(join(dataDir, 'secrets.json'), SecretsFile);
    if (kept) found['BERTH_SECRETS_KEY'] = kept.secretsKey;
  }
  if (!env['TEMPORAL_ADDRESS'] && !env['TEMPORAL_PROFILE'] && run.temporalAddress) {
    found['TEMPORAL_ADDRESS'] = run.temporalAddress;
  }
  if (!env['BERTH_PUBLIC_URL'] && run.apiUrl) found['BERTH_PUBLIC_URL'] = run.apiUrl;
  if (!env['WHMCS_DATABASE_URL'] && !env['WHMCS_DATABASE_URL_FILE'] && run.whmcsDatabaseUrl) {
    found['WHMCS_DATABASE_URL'] = run.whmcsDatabaseUrl;
  }
  return { ...env, ...found };
}

function readFile<T>(file: string, schema: z.ZodType<T>): T | undefined {
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Database } from './connect.ts';
import { ensureCluster, type ClusterSettings } from './ensure-cluster.ts';
import { Cluster } from './models/cluster.ts';
import { Secret } from './models/secret.ts';
import { createSecretBox } from './secrets.ts';
import { RescueIso } from '../contract/clusters.ts';

/** What the options of `add-cluster` say; secrets are in files or in the environment, where no other user sees them. */
export interface NewCluster {
  name: string;
  location: string;
  url: string[];
  tokenId: string;
  tokenSecretFile?: string;
  fingerprint?: string;
  caFile?: string;
  snippetsStorage?: string;
  snippetsDir?: string;
  rescueIso?: string;
}

interface AddClusterOptions {
  secretsKey: Buffer;
  /** Used when no file is named. */
  tokenSecret: string | undefined;
  /** Throws when Berth cannot work with the cluster; then nothing is saved. */
  test: (settings: ClusterSettings) => Promise<void>;
}

const Options = z.object({
  name: z.string().regex(/^[\w.-]{1,63}$/, '--name: letters, digits, dots, - and _, at most 63'),
  location: z.string().trim().min(1, '--location: it is empty'),
  url: z.array(
    z
      .url({
        protocol: /^https$/,
        error: '--url: an address such as https://pve1.example.net:8006 is needed',
      })
      .refine((text) => !text.includes('@'), '--url: it may hold no user or password'),
  ),
  // Without "=", which would be the secret after it.
  tokenId: z.string().regex(/^[^@!=\s]+@[^@!=\s]+![^@!=\s]+$/, '--token-id: of the form user@realm!name'),
  fingerprint: z
    .string()
    .regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/i, '--fingerprint: the SHA-256 fingerprint, as in AB:CD:…')
    .optional(),
  rescueIso: RescueIso.optional(),
});

/** Tests the connection and adds the cluster, or makes the one of that name be as said; true when it is new. No message holds a secret. */
export async function addCluster(
  database: Database,
  input: NewCluster,
  { secretsKey, tokenSecret, test }: AddClusterOptions,
): Promise<boolean> {
  const checked = Options.safeParse(input);
  if (!checked.success) throw new Error(checked.error.issues.map(({ message }) => message).join('\n'));
  const { name, location, url: endpoints, tokenId, fingerprint, rescueIso } = checked.data;
  const { caFile, tokenSecretFile, snippetsStorage = null, snippetsDir = null } = input;
  if ((snippetsStorage === null) !== (snippetsDir === null)) {
    throw new Error('--snippets-storage and --snippets-dir go together');
  }
  const tlsCa = caFile ? await readOptionFile('--ca-file', caFile) : null;
  if (tlsCa && !tlsCa.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Error(`--ca-file: ${caFile} holds no certificate in PEM`);
  }
  const secret = tokenSecretFile ? await readOptionFile('--token-secret-file', tokenSecretFile) : tokenSecret;
  if (!secret) throw new Error('give --token-secret-file FILE, or PROXMOX_TOKEN_SECRET in the environment');
  const box = createSecretBox(secretsKey);
  await checkKey(database, box.seal('', 'key').keyId);
  const present = await Cluster.query(database).findOne({ name });
  const settings = {
    name,
    location,
    endpoints,
    tlsFingerprint: fingerprint ?? null,
    tlsCa,
    tokenId,
    tokenSecret: secret,
    snippetsStorage,
    snippetsDir,
    rescueIso,
  };
  await test(settings);
  await ensureCluster(database, box, settings);
  return !present;
}

async function readOptionFile(option: string, file: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (err) {
    throw new Error(`${option}: cannot read ${file} (${(err as NodeJS.ErrnoException).code})`, {
      cause: err,
    });
  }
  if (!text) throw new Error(`${option}: ${file} is empty`);
  return text;
}

/** What is sealed with another key than the workers' is of no use to them. */
async function checkKey(database: Database, keyId: string): Promise<void> {
  const other = await Secret.query(database).whereNot({ keyId }).first();
  const same = await Secret.query(database).where({ keyId }).first();
  if (other && !same)
    throw new Error('BERTH_SECRETS_KEY is not the key that the secrets in this database are sealed with');
}

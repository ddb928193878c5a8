import { randomBytes, randomUUID } from 'node:crypto';
import { readJsonFile, writeJsonFile } from './json-file.ts';

export interface Secrets {
  jwtSecret: string;
  /** 32 bytes in base64; seals the secrets in the database. */
  secretsKey: string;
  postgresPassword: string;
  proxmoxTokenSecret: string;
  whmcsPassword: string;
  fra1TokenSecret: string;
  ams1TokenSecret: string;
  customerPassword: string;
  adminPassword: string;
}

/** The secrets of this working copy, made on first use and kept in `file` (owner only). */
export async function loadSecrets(file: string): Promise<Secrets> {
  const kept = await readJsonFile<Partial<Secrets>>(file);
  const secrets: Secrets = {
    jwtSecret: randomBytes(32).toString('base64url'),
    secretsKey: randomBytes(32).toString('base64'),
    postgresPassword: randomBytes(18).toString('base64url'),
    proxmoxTokenSecret: randomUUID(),
    whmcsPassword: randomBytes(18).toString('base64url'),
    fra1TokenSecret: randomUUID(),
    ams1TokenSecret: randomUUID(),
    customerPassword: randomBytes(8).toString('hex'),
    adminPassword: randomBytes(8).toString('hex'),
    ...kept,
  };
  await writeJsonFile(file, secrets);
  return secrets;
}

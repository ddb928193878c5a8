import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ProxmoxAuth } from '../session.ts';

export interface CredentialOptions {
  username: string;
  passwordFile?: string;
  adminTokenId?: string;
  adminTokenSecretFile?: string;
}

interface Environment {
  PROXMOX_ADMIN_PASSWORD?: string | undefined;
  PROXMOX_ADMIN_TOKEN_SECRET?: string | undefined;
}

/** How the admin logs in. Secrets come from a file, the environment or a prompt, never from the command line, which others see. */
export async function findCredentials(options: CredentialOptions, env: Environment): Promise<ProxmoxAuth> {
  const { username, passwordFile, adminTokenId: id, adminTokenSecretFile } = options;
  if (id !== undefined) {
    const secret = await readSecret(adminTokenSecretFile, env.PROXMOX_ADMIN_TOKEN_SECRET);
    if (!secret)
      throw new Error(
        'give --admin-token-secret-file FILE, or PROXMOX_ADMIN_TOKEN_SECRET in the environment',
      );
    return { token: { id, secret } };
  }
  const password =
    (await readSecret(passwordFile, env.PROXMOX_ADMIN_PASSWORD)) ?? (await askPassword(username));
  if (!password) {
    throw new Error(
      'give --password-file FILE, or PROXMOX_ADMIN_PASSWORD in the environment, or call it from a terminal to be asked',
    );
  }
  return { ticket: { username, password } };
}

async function readSecret(file: string | undefined, given: string | undefined): Promise<string | undefined> {
  if (file === undefined) return given || undefined;
  // A password may begin or end with a blank, but not with the line's end.
  const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (!secret) throw new Error(`${file} is empty`);
  return secret;
}

async function askPassword(username: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  process.stderr.write(`Password of ${username}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { generate } from 'selfsigned';

/** SHA-256 of a certificate as Proxmox VE prints it, hex with colons. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}

/** Makes a self-signed certificate, or reads the one kept beside the state file. */
export async function loadCertificate(stateFile: string | undefined): Promise<{ key: string; cert: string }> {
  if (!stateFile) return makeCertificate();
  const file = `${stateFile}.pem.json`;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { key: string; cert: string };
  } catch {
    const made = await makeCertificate();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(made), { mode: 0o600 });
    return made;
  }
}

async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const notAfterDate = new Date(Date.now() + 730 * 86_400_000);
  const pems = await generate([{ name: 'commonName', value: 'pve1.testbed.internal' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'proxmox' },
          { type: 2, value: 'pve1.testbed.internal' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { key: pems.private, cert: pems.cert };
}

import { posix } from 'node:path';

export interface Image {
  /** What the template, and so the customer's choice, is called. */
  name: string;
  url: string;
  /** Where its publisher lists checksums, one `<hex>  <file>` per line. */
  checksums?: { url: string; algorithm: ChecksumAlgorithm };
  checksum?: Checksum;
}

type ChecksumAlgorithm = 'sha256' | 'sha512';

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  hex: string;
}

const DEBIAN = 'https://cloud.debian.org/images/cloud';
const UBUNTU = 'https://cloud-images.ubuntu.com/noble/current';

/** Debian's `generic` and not `genericcloud`, whose kernel has no driver for the IDE drive that cloud-init's data is on. */
const debian = (name: string, codename: string, release: number): Image => ({
  name,
  url: `${DEBIAN}/${codename}/latest/debian-${release}-generic-amd64.qcow2`,
  checksums: { url: `${DEBIAN}/${codename}/latest/SHA512SUMS`, algorithm: 'sha512' },
});

/** Cloud images that their publishers renew under the same address. */
export const IMAGES: Image[] = [
  debian('debian-13', 'trixie', 13),
  debian('debian-12', 'bookworm', 12),
  {
    name: 'ubuntu-24.04',
    url: `${UBUNTU}/noble-server-cloudimg-amd64.img`,
    checksums: { url: `${UBUNTU}/SHA256SUMS`, algorithm: 'sha256' },
  },
];

const LENGTHS: Record<number, ChecksumAlgorithm> = { 64: 'sha256', 128: 'sha512' };

/** Reads `sha256:<hex>`, `sha512:<hex>` or the bare hex. Throws on anything else. */
export function parseChecksum(text: string): Checksum {
  const [, named, hex = ''] = /^(?:(sha256|sha512):)?([0-9a-f]+)$/i.exec(text.trim()) ?? [];
  const algorithm = LENGTHS[hex.length];
  if (!algorithm || (named && named.toLowerCase() !== algorithm)) {
    throw new Error('a checksum is sha256:<64 hex digits> or sha512:<128 hex digits>');
  }
  return { algorithm, hex: hex.toLowerCase() };
}

/** The image's checksum: as given, or as its publisher lists it now; null when nobody says. */
export async function checksumOf({ url, checksum, checksums }: Image): Promise<Checksum | null> {
  if (checksum) return checksum;
  if (!checksums) return null;
  const file = posix.basename(new URL(url).pathname);
  const where = `the checksums of ${file} (${checksums.url})`;
  let list: string;
  try {
    const response = await fetch(checksums.url, { signal: AbortSignal.timeout(20_000) });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    list = await response.text();
  } catch (err) {
    const cause = err instanceof Error && err.cause instanceof Error ? err.cause : err;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot read ${where}: ${why}; give --image-checksum`, { cause: err });
  }
  for (const line of list.split('\n')) {
    const [, hex = '', listed] = /^([0-9a-f]+)\s+\*?(\S+)$/i.exec(line.trim()) ?? [];
    if (listed === file) return parseChecksum(`${checksums.algorithm}:${hex}`);
  }
  throw new Error(`${where} do not name it; give --image-checksum`);
}

/** What the image is called on a storage: of its checksum as well, so that a renewed one is another file. */
export function fileNameOf({ name }: Image, checksum: Checksum | null): string {
  return `berth-${name}${checksum ? `-${checksum.hex.slice(0, 12)}` : ''}.qcow2`;
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksumOf, fileNameOf, IMAGES, parseChecksum, type Image } from './images.ts';

const SHA256 = 'a1'.repeat(32);
const SHA512 = 'B2'.repeat(64);
const LISTS: Record<string, string> = {
  '/SHA256SUMS': `${'00'.repeat(32)} *other.img\n${SHA256} *noble.img\n`,
  '/SHA512SUMS': `${SHA512}  debian-13.qcow2\n${'00'.repeat(64)}  debian-13.raw\n`,
};

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((req, res) => {
    const list = LISTS[req.url ?? ''];
    res.writeHead(list === undefined ? 404 : 200).end(list);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const image = (file: string, list: string, algorithm: 'sha256' | 'sha512' = 'sha256'): Image => ({
  name: 'x',
  url: `${base}/${file}`,
  checksums: { url: `${base}/${list}`, algorithm },
});

describe('the checksum of an image', () => {
  it('is what its publisher lists for the file', async () => {
    expect(await checksumOf(image('noble.img', 'SHA256SUMS'))).toEqual({ algorithm: 'sha256', hex: SHA256 });
    expect(await checksumOf(image('debian-13.qcow2', 'SHA512SUMS', 'sha512'))).toEqual({
      algorithm: 'sha512',
      hex: SHA512.toLowerCase(),
    });
  });

  it('is the one given rather than the one listed, and none when nobody says', async () => {
    const checksum = parseChecksum(SHA256);
    expect(await checksumOf({ ...image('noble.img', 'nowhere'), checksum })).toEqual(checksum);
    expect(await checksumOf({ name: 'x', url: `${base}/noble.img` })).toBeNull();
  });

  it.each([
    ['a list that is not there', 'noble.img', 'nowhere', /404 Not Found; give --image-checksum/],
    ['a list without the file', 'jammy.img', 'SHA256SUMS', /do not name it; give --image-checksum/],
  ])('is not guessed from %s', async (_what, file, list, message) => {
    await expect(checksumOf(image(file, list))).rejects.toThrow(message);
  });

  it.each([SHA256, `sha256:${SHA256}`, `SHA512:${SHA512}`])('may be written %s', (text) => {
    expect(parseChecksum(text).hex).toBe(text.replace(/^.*:/, '').toLowerCase());
  });

  it.each(['', 'abc', `md5:${'a'.repeat(32)}`, `sha512:${SHA256}`])('may not be written %s', (text) => {
    expect(() => parseChecksum(text)).toThrow('a checksum is sha256:<64 hex digits>');
  });
});

it('offers Ubuntu 24.04 and Debian 12 and 13 from their publishers over HTTPS, each with a list of checksums', () => {
  expect(IMAGES.map(({ name }) => name).toSorted()).toEqual(['debian-12', 'debian-13', 'ubuntu-24.04']);
  for (const { url, checksums } of IMAGES) {
    expect(url).toMatch(/^https:\/\/(cloud\.debian\.org|cloud-images\.ubuntu\.com)\//);
    // Both must be of the same release, or the checksum would be another file's.
    expect(checksums?.url.replace(/[^/]*$/, '')).toBe(url.replace(/[^/]*$/, ''));
  }
});

it('names a file by its checksum too, so that a renewed image is another file', () => {
  const [debian] = IMAGES;
  if (!debian) throw new Error('no image is offered');
  expect(fileNameOf(debian, parseChecksum(SHA256))).toBe('berth-debian-13-a1a1a1a1a1a1.qcow2');
  expect(fileNameOf(debian, null)).toBe('berth-debian-13.qcow2');
});

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const GIB = 1024 ** 3;
const PATH = '/nodes/pve1/storage/dir1/download-url';

/** The header of a qcow2 file whose disk has 2 GiB, and a little more. */
function smallImage(): Buffer {
  const image = Buffer.alloc(4096);
  image.writeUInt32BE(0x514649fb, 0);
  image.writeBigUInt64BE(2n * BigInt(GIB), 24);
  return image;
}

const IMAGE = smallImage();
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

let simulator: Simulator;
let client: TestClient;
let files: Server;
let url: string;

beforeAll(async () => {
  files = createServer((req, res) => {
    const isThere = req.url === '/debian-12.qcow2';
    res.writeHead(isThere ? 200 : 404, { 'content-length': isThere ? IMAGE.length : 0 });
    res.end(isThere && req.method === 'GET' ? IMAGE : undefined);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  simulator = await startSimulator({ speed: 0, state: seedStandalone() });
  client = createTestClient(simulator);
});

afterAll(async () => {
  await client.close();
  await simulator.close();
  files.closeAllConnections();
  await new Promise((resolve) => files.close(resolve));
});

function image(filename: string, params: Record<string, unknown> = {}): Record<string, unknown> {
  return { content: 'import', filename, url: `${url}/debian-12.qcow2`, ...params };
}

test('an image is fetched, verified and imported with the size of the disk in it', async () => {
  const { data: upid } = await client.call(
    'POST',
    PATH,
    image('debian-12.qcow2', { checksum: SHA256, 'checksum-algorithm': 'sha256' }),
  );
  expect(upid).toMatch(/:download:debian-12\.qcow2:/);
  expect(await client.exitOf(upid)).toBe('OK');
  expect(await client.logOf(upid)).toEqual([
    `downloading ${url}/debian-12.qcow2 to /srv/dir1/import/debian-12.qcow2`,
    'calculating checksum...OK, checksum verified',
    `download of '${url}/debian-12.qcow2' to '/srv/dir1/import/debian-12.qcow2' finished`,
    'TASK OK',
  ]);
  const disk = 'dir1:0,import-from=dir1:import/debian-12.qcow2,format=qcow2';
  expect(await client.run('POST', '/nodes/pve1/qemu', { vmid: 100, scsi0: disk })).toBe('OK');
  expect((await client.read('/nodes/pve1/qemu/100/config')).scsi0).toMatch(/size=2G$/);
});

test('a file that is there is refused, unless its checksum is the one wanted', async () => {
  expect(await client.run('POST', PATH, image('twice.qcow2'))).toBe('OK');
  expect(await client.run('POST', PATH, image('twice.qcow2'))).toBe(
    "refusing to override existing file '/srv/dir1/import/twice.qcow2'",
  );
  const sum = { checksum: SHA256, 'checksum-algorithm': 'sha256' };
  expect(await client.run('POST', PATH, image('twice.qcow2', sum))).toBe('OK');
});

test('another checksum than was expected fails the task and leaves nothing', async () => {
  const sum = { checksum: '0'.repeat(64), 'checksum-algorithm': 'sha256' };
  expect(await client.run('POST', PATH, image('bad.qcow2', sum))).toBe(
    `checksum mismatch: got '${SHA256}' != expect '${'0'.repeat(64)}'`,
  );
  const { data } = await client.call('GET', '/nodes/pve1/storage/dir1/content', { content: 'import' });
  expect(data).not.toContainEqual(expect.objectContaining({ volid: 'dir1:import/bad.qcow2' }));
});

test.each([
  ['what is not found', '/nothing', 8],
  ['what nobody serves', 'http://127.0.0.1:1/x', 4],
  ['a name that leads nowhere', 'http://nowhere.invalid/x', 4],
])('%s fails as wget does', async (_, target, code) => {
  const from = target.startsWith('/') ? url + target : target;
  const exit = await client.run('POST', PATH, image('gone.qcow2', { url: from }));
  expect(exit).toMatch(new RegExp(`^download failed: command '/usr/bin/wget .*' failed: exit code ${code}$`));
});

test('a storage without room takes no file', async () => {
  const storage = simulator.state.storages.find((one) => one.storage === 'dir1');
  if (!storage) throw new Error('no storage dir1');
  const { baseUsed } = storage;
  storage.baseUsed = storage.total;
  expect(await client.run('POST', PATH, image('full.qcow2'))).toMatch(/exit code 3$/);
  storage.baseUsed = baseUsed;
});

test.each([
  [{ content: 'iso', filename: 'a.qcow2' }, 400, { filename: 'wrong file extension' }],
  [{ content: 'import', filename: 'a.img' }, 400, { filename: 'invalid filename or wrong extension' }],
  [
    { content: 'import', filename: 'a.raw', checksum: 'aa' },
    400,
    { 'checksum-algorithm': "missing property required by 'checksum'" },
  ],
])('%o is refused at once', async (params, status, errors) => {
  const answer = await client.call('POST', PATH, { url, ...params });
  expect(answer).toMatchObject({ status, errors });
});

test('a storage that does not hold such files refuses them', async () => {
  const params = { content: 'vztmpl', filename: 'a.tar.zst', url };
  const { reason } = await client.call('POST', PATH, params);
  expect(reason).toBe("storage 'dir1' is not configured for content-type 'vztmpl'");
});

test('tells name and size of what a URL leads to', async () => {
  const query = '/nodes/pve1/query-url-metadata';
  const { data } = await client.call('GET', query, { url: `${url}/debian-12.qcow2` });
  expect(data).toEqual({ filename: 'debian-12.qcow2', size: IMAGE.length });
  const { reason } = await client.call('GET', query, { url: `${url}/nothing` });
  expect(reason).toBe("invalid server response: '404 Not Found'");
});

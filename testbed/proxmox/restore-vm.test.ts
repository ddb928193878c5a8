import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const QEMU = '/nodes/pve1/qemu';
let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0, state: seedStandalone() });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

/** A VM with a backup of it, whose volume id is answered. */
async function backUp(vmid: number, params: Record<string, unknown> = {}): Promise<string> {
  if (!simulator.state.vms[vmid]) {
    const clone = { newid: vmid, name: `vm-${vmid}`, full: 1 };
    expect(await client.run('POST', `${QEMU}/9000/clone`, clone)).toBe('OK');
  }
  const job = { vmid, storage: 'dir1', compress: 'zstd', ...params };
  expect(await client.run('POST', '/nodes/pve1/vzdump', job)).toBe('OK');
  const newest = Object.values(simulator.state.volumes).findLast(
    (volume) => volume.vmid === vmid && volume.content === 'backup',
  );
  return newest?.volid ?? '';
}

async function configOf(vmid: number): Promise<Record<string, unknown>> {
  return client.read(`${QEMU}/${vmid}/config`);
}

test('a VM comes back from its backup under another id, with its disks', async () => {
  const archive = await backUp(100);
  const { data: upid } = await client.call('POST', QEMU, { vmid: 101, archive, storage: 'local' });
  expect(upid).toMatch(/:qmrestore:101:/);
  expect(await client.exitOf(upid)).toBe('OK');
  const [before, after] = [await configOf(100), await configOf(101)];
  expect(after).toMatchObject({
    name: 'vm-100',
    net0: before.net0,
    ide2: 'local:101/vm-101-cloudinit.qcow2,media=cdrom,size=4M',
    scsi0: 'local:101/vm-101-disk-0.qcow2,size=1900M',
  });
  expect(after).not.toHaveProperty('lock');
  expect(after.vmgenid).not.toBe(before.vmgenid);
  expect(await client.logOf(upid)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^restore vma archive: zstd -q -d -c \/srv\/dir1\/dump\/vzdump-qemu-100-\S+\.vma\.zst \| vma extract -v -r/,
      ),
      'DEV: dev_id=1 size: 1992294400 devname: drive-scsi0',
      "new volume ID is 'local:101/vm-101-disk-0.qcow2'",
      "map 'drive-scsi0' to '/var/lib/vz/images/101/vm-101-disk-0.qcow2' (write zeros = 0)",
      'rescan volumes...',
    ]),
  );
  expect(await client.run('POST', `${QEMU}/101/status/start`)).toBe('OK');
});

test('with unique the network cards get new addresses, and settings overrule the archive', async () => {
  const archive = await backUp(100);
  const params = { vmid: 102, archive, unique: 1, name: 'other', start: 1 };
  expect(await client.run('POST', QEMU, params)).toBe('OK');
  const [before, after] = [await configOf(100), await configOf(102)];
  expect(after.name).toBe('other');
  expect(after.net0).not.toBe(before.net0);
});

test('a VM that is there is replaced by force only, and not while it runs', async () => {
  const archive = await backUp(103);
  await client.call('PUT', `${QEMU}/103/config`, { cores: 2, scsi1: 'dir1:1', memory: 1024 });
  expect(await client.run('POST', QEMU, { vmid: 103, archive })).toBe(
    "500 unable to restore VM 103 - VM 103 already exists on node 'pve1'",
  );
  await client.run('POST', `${QEMU}/103/status/start`);
  const forced = { vmid: 103, archive, force: 1 };
  expect(await client.run('POST', QEMU, forced)).toBe('unable to restore VM 103 - vm is running');
  expect(await configOf(103)).not.toHaveProperty('lock');
  await client.run('POST', `${QEMU}/103/status/stop`);
  expect(await client.run('POST', QEMU, forced)).toBe('OK');
  const config = await configOf(103);
  expect(config).toMatchObject({ cores: 1, memory: '768', scsi0: 'dir1:103/vm-103-disk-2.qcow2,size=1900M' });
  expect(config.unused0).toMatch(/^dir1:103\/vm-103-disk-1\.raw$/);
  expect(simulator.state.volumes['pve1/dir1:103/vm-103-disk-0.qcow2']).toBeUndefined();
});

test('an archive that is not there, and one that is none, are refused', async () => {
  const missing = 'dir1:backup/vzdump-qemu-1-2026_01_01-00_00_00.vma.zst';
  expect(await client.run('POST', QEMU, { vmid: 104, archive: missing })).toBe(
    `500 volume '${missing}' does not exist`,
  );
  const { errors } = await client.call('POST', QEMU, { vmid: 104, unique: 1 });
  expect(errors).toEqual({ archive: "missing property required by 'unique'" });
});

test('without room on the storage the restore fails and takes its volumes away', async () => {
  const archive = await backUp(105);
  const storage = simulator.state.storages.find((one) => one.storage === 'local');
  if (!storage) throw new Error('no storage local');
  const { baseUsed } = storage;
  storage.baseUsed = storage.total - 400 * 1024 ** 2;
  const { data: upid } = await client.call('POST', QEMU, { vmid: 106, archive, storage: 'local' });
  expect(await client.exitOf(upid)).toMatch(/^command 'set -o pipefail && zstd .*' failed: exit code 1$/);
  expect(await client.logOf(upid)).toContain('vma: restore failed - vma blk_flush drive-scsi0 failed');
  storage.baseUsed = baseUsed;
  // Unlike a create that fails, the VM stays.
  expect(await configOf(106)).not.toHaveProperty('lock');
  expect(Object.values(simulator.state.volumes).filter(({ vmid }) => vmid === 106)).toEqual([]);
});

test('the archive tells its configuration', async () => {
  const archive = await backUp(107);
  const { data } = await client.call('GET', '/nodes/pve1/vzdump/extractconfig', { volume: archive });
  expect(data).toMatch(/^agent: enabled=1\n[^]*\n#qmdump#map:scsi0:drive-scsi0:dir1:qcow2:\n$/);
});

test('notes and protection are kept, and a protected backup is not removed', async () => {
  const archive = await backUp(108, { 'notes-template': '{{guestname}} on {{node}}', protected: 1 });
  const path = `/nodes/pve1/storage/dir1/content/${encodeURIComponent(archive)}`;
  expect(await client.read(path)).toMatchObject({ notes: 'vm-108 on pve1', protected: 1 });
  expect(await client.run('DELETE', path)).toBe(
    `cannot remove protected volume '${archive.slice('dir1:'.length)}' on 'dir1'`,
  );
  expect((await client.call('PUT', path, { protected: 0, notes: 'mine' })).status).toBe(200);
  const { data } = await client.call('GET', '/nodes/pve1/storage/dir1/content', { vmid: 108 });
  const backups = (data as { content: string }[]).filter(({ content }) => content === 'backup');
  expect(backups).toEqual([expect.objectContaining({ volid: archive, notes: 'mine', subtype: 'qemu' })]);
  expect(await client.run('DELETE', path)).toBe('OK');
});

/** Backups of a VM made by hand, so many days old. */
function addBackups(vmid: number, days: number[]): string[] {
  return days.map((day) => {
    const volid = `dir1:backup/vzdump-qemu-${vmid}-${day}.vma`;
    simulator.state.volumes[`pve1/${volid}`] = {
      volid,
      vmid,
      node: 'pve1',
      storage: 'dir1',
      size: 1,
      used: 1,
      parent: null,
      system: null,
      format: 'vma',
      content: 'backup',
      ctime: 1_790_000_000 - day * 86_400,
    };
    return volid;
  });
}

test('pruning keeps what the retention says', async () => {
  const [today, yesterday, before, old] = addBackups(109, [0, 1, 2, 40]);
  const path = '/nodes/pve1/storage/dir1/prunebackups';
  const params = { vmid: 109, 'prune-backups': 'keep-last=1,keep-daily=1,keep-monthly=1' };
  const { data } = await client.call('GET', path, params);
  const marks = new Map((data as { volid: string; mark: string }[]).map((one) => [one.volid, one.mark]));
  expect([today, yesterday, before, old].map((volid) => marks.get(volid ?? ''))).toEqual([
    'keep',
    'keep',
    'remove',
    'keep',
  ]);
  expect(await client.run('DELETE', path, params)).toBe('OK');
  expect(simulator.state.volumes[`pve1/${before}`]).toBeUndefined();
  expect(simulator.state.volumes[`pve1/${old}`]).toBeDefined();
});

test('a job prunes the backups of its VM', async () => {
  await backUp(110);
  const [old] = addBackups(110, [3]);
  const job = { vmid: 110, storage: 'dir1', 'prune-backups': 'keep-last=1' };
  const { data: upid } = await client.call('POST', '/nodes/pve1/vzdump', job);
  expect(await client.exitOf(upid)).toBe('OK');
  expect(await client.logOf(upid)).toContain(`INFO: removing backup '${old}'`);
});

test('who may not back a VM up may not restore it either', async () => {
  const archive = await backUp(111);
  await client.call('POST', '/access/users', { userid: 'ann@pve' });
  const { data } = await client.call('POST', '/access/users/ann@pve/token/look', { privsep: 0 });
  const { value } = data as { value: string };
  const headers = {
    authorization: `PVEAPIToken=ann@pve!look=${value}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const restore = async (params: Record<string, unknown>) =>
    client.call('POST', QEMU, { archive, ...params }, { headers });
  await client.call('PUT', '/access/acl', { path: '/vms/112', users: 'ann@pve', roles: 'PVEVMAdmin' });
  expect((await restore({ vmid: 112 })).reason).toBe(
    'Permission check failed (/storage/dir1, Datastore.AllocateSpace)',
  );
  await client.call('PUT', '/access/acl', {
    path: '/storage/dir1',
    users: 'ann@pve',
    roles: 'PVEDatastoreUser',
  });
  expect((await restore({ vmid: 112 })).reason).toBe('Permission check failed (/vms/111, VM.Backup)');
  expect((await restore({ vmid: 113 })).reason).toBe('Permission check failed');
});

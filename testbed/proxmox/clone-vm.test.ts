import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const CLONE = '/nodes/pve1/qemu/9000/clone';

function volumesOf(vmid: number): string[] {
  return Object.values(simulator.state.volumes)
    .filter((volume) => volume.vmid === vmid)
    .map(({ volid }) => volid);
}

/** Starts a full clone that takes its time. */
async function slowClone(newid: number): Promise<string> {
  simulator.faults.add({ action: 'slowTask', ms: 60_000, method: 'POST', path: '/clone$' });
  const { data } = await client.call('POST', CLONE, { newid, full: 1, name: `slow-${newid}` });
  await until(() => simulator.state.vms[newid]?.config.name !== undefined);
  return String(data);
}

describe('a clone', () => {
  test('runs as a task of the source, on its node, with a UPID of the exact grammar', async () => {
    const { data } = await client.call('POST', CLONE, { newid: 500, full: 1 });
    expect(data).toMatch(/^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:qmclone:9000:berth@pve!berth:$/);
    expect(await client.exitOf(data)).toBe('OK');
  });

  test('has its own name, description, MAC, uuid and disks, and is no template', async () => {
    const params = { newid: 501, full: 1, name: 'web-1', description: 'berth:abc' };
    expect(await client.run('POST', CLONE, params)).toBe('OK');
    const source = await client.read('/nodes/pve1/qemu/9000/config');
    const config = await client.read('/nodes/pve1/qemu/501/config');
    expect(config).toMatchObject({
      name: 'web-1',
      description: 'berth:abc',
      scsi0: 'local-lvm:vm-501-disk-0,discard=on,size=4G,ssd=1',
      ide2: 'local-lvm:vm-501-cloudinit,media=cdrom,size=4M',
      memory: '1024',
      cores: 1,
    });
    expect(config.template).toBeUndefined();
    expect(config.lock).toBeUndefined();
    expect(config.net0).toMatch(/^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0$/);
    expect(config.net0).not.toBe(source.net0);
    expect(config.smbios1).not.toBe(source.smbios1);
  });

  test('logs its progress and ends with TASK OK', async () => {
    const { data } = await client.call('POST', CLONE, { newid: 502, full: 1 });
    await client.exitOf(data);
    const log = await client.logOf(data);
    expect(log[0]).toBe('creating a clone of VM 9000 with ID 502');
    expect(log).toContain('create full clone of drive scsi0 (local-lvm:base-9000-disk-0)');
    expect(log).toContain('transferred 0.0 B of 4.0 GiB (0.00%)');
    expect(log.slice(-2)).toEqual(['transferred 4.0 GiB of 4.0 GiB (100.00%)', 'TASK OK']);
  });

  test('of a template is linked unless it says full, and keeps its base from being deleted', async () => {
    const path = '/nodes/pve2/qemu/9010/clone';
    expect(await client.run('POST', path, { newid: 510 })).toBe('OK');
    expect(simulator.state.volumes['pve2/local-lvm:vm-510-disk-0']?.parent).toBe(
      'local-lvm:base-9010-disk-0',
    );
    expect(await client.run('DELETE', '/nodes/pve2/qemu/9010')).toBe(
      "base volume 'local-lvm:base-9010-disk-0' is still in use by linked cloned",
    );
    expect(simulator.state.vms[9010]).toBeDefined();
  });

  test('takes a storage only when it is full', async () => {
    const linked = await client.call('POST', CLONE, { newid: 503, storage: 'local-lvm' });
    expect(linked.reason).toBe("parameter 'storage' not allowed for linked clones");
    const missing = await client.call('POST', CLONE, { newid: 503, full: 1, storage: 'nosuch' });
    expect(missing.reason).toBe("storage 'nosuch' does not exist");
    const noImages = await client.call('POST', CLONE, { newid: 503, full: 1, storage: 'local' });
    expect(noImages.errors).toEqual({ storage: "storage 'local' does not support vm images" });
  });

  test('cannot go to another node with local disks, nor to one that is none', async () => {
    const other = await client.call('POST', CLONE, { newid: 503, full: 1, target: 'pve2' });
    expect(other.reason).toBe("can't clone VM to node 'pve2' (VM uses local storage)");
    const none = await client.call('POST', CLONE, { newid: 503, full: 1, target: 'nosuch' });
    expect(none.reason).toBe("no such cluster node 'nosuch'");
  });

  test('is refused at once when the id is taken on this node, and in its task when on another', async () => {
    expect(await client.run('POST', CLONE, { newid: 504 })).toBe('OK');
    expect(await client.run('POST', CLONE, { newid: 504 })).toBe(
      '500 unable to create VM 504: config file already exists',
    );
    expect(await client.run('POST', '/nodes/pve3/qemu/9020/clone', { newid: 504 })).toBe(
      "close (rename) atomic file '/etc/pve/nodes/pve3/qemu-server/504.conf' failed: File exists",
    );
    expect(simulator.state.vms[504]?.node).toBe('pve1');
  });

  test('lets one of two clones to the same id win', async () => {
    const params = { newid: 505, full: 1 };
    const exits = await Promise.all([client.run('POST', CLONE, params), client.run('POST', CLONE, params)]);
    // The loser hears it at once or in its task, whichever comes first.
    expect(exits.map((exit) => exit.replace(/^500 /, '')).toSorted()).toEqual([
      'OK',
      'unable to create VM 505: config file already exists',
    ]);
    expect(volumesOf(505)).toHaveLength(2);
  });

  test('of a VM that is not there names it in its own words', async () => {
    const answer = await client.call('POST', '/nodes/pve1/qemu/999/clone', { newid: 506 });
    expect(answer.reason).toBe("unable to find configuration file for VM 999 on node 'pve1'");
  });

  test('checks the new id and name', async () => {
    const answer = await client.call('POST', CLONE, { newid: 50, name: 'bad name' });
    expect(answer.errors).toEqual({
      newid: 'invalid format - value does not look like a valid VM ID\n',
      name: 'invalid format - value does not look like a valid DNS name\n',
    });
    expect((await client.call('POST', CLONE)).errors).toEqual({
      newid: 'property is missing and it is not optional',
    });
  });
});

describe('while a clone runs', () => {
  test('its target is locked and calls on it fail, each in its own way', async () => {
    const upid = await slowClone(520);
    expect(await client.read('/nodes/pve1/qemu/520/config')).toMatchObject({ lock: 'clone' });
    expect((await client.call('PUT', '/nodes/pve1/qemu/520/config', { cores: 2 })).reason).toBe(
      'VM is locked (clone)',
    );
    expect(await client.run('POST', '/nodes/pve1/qemu/520/status/start')).toBe(
      "can't lock file '/var/lock/qemu-server/lock-520.conf' - got timeout",
    );
    expect(await client.run('POST', CLONE, { newid: 520 })).toBe(
      '500 unable to create VM 520: config file already exists',
    );
    const create = await client.call('POST', '/nodes/pve1/qemu', { vmid: 520 });
    expect(create.reason).toBe(
      "unable to create VM 520 - can't lock file '/var/lock/qemu-server/lock-520.conf' - got timeout",
    );
    await client.call('DELETE', `/nodes/pve1/tasks/${encodeURIComponent(upid)}`);
  });

  test('others can clone the same template, but nobody can delete it', async () => {
    const upid = await slowClone(521);
    expect(await client.run('POST', CLONE, { newid: 522 })).toBe('OK');
    expect(await client.run('DELETE', '/nodes/pve1/qemu/9000')).toBe(
      "can't lock file '/var/lock/qemu-server/lock-9000.conf' - got timeout",
    );
    await client.call('DELETE', `/nodes/pve1/tasks/${encodeURIComponent(upid)}`);
  });

  test('its target shows only a lock and a placeholder until the first disk is there', async () => {
    const slow = await startSimulator({ speed: 1 });
    const slowClient = createTestClient(slow);
    await slowClient.call('POST', CLONE, { newid: 523, full: 1, name: 'late' });
    await until(() => slow.state.vms[523] !== undefined);
    const { digest: _digest, ...config } = await slowClient.read('/nodes/pve1/qemu/523/config');
    expect(config).toEqual({ lock: 'clone', description: ' qmclone temporary file' });
    expect(await slowClient.read('/nodes/pve1/qemu/523/status/current')).toMatchObject({
      name: 'VM 523',
      lock: 'clone',
      status: 'stopped',
    });
    await slowClient.close();
    await slow.close();
  });

  test('cancelling its task leaves neither target nor volumes', async () => {
    const upid = await slowClone(524);
    await until(() => volumesOf(524).length === 2);
    const answer = await client.call('DELETE', `/nodes/pve1/tasks/${encodeURIComponent(upid)}`);
    expect([answer.status, answer.data]).toEqual([200, null]);
    expect(await client.exitOf(upid)).toMatch(
      /^clone failed: copy failed: command '.*' failed: interrupted by signal$/,
    );
    expect(simulator.state.vms[524]).toBeUndefined();
    expect(volumesOf(524)).toEqual([]);
    expect((await client.call('GET', '/cluster/nextid', { vmid: 524 })).data).toBe('524');
  });
});

test('a full clone uses storage as its base does and a deleted one gives it back', async () => {
  const used = async (): Promise<number> =>
    Number((await client.read('/nodes/pve3/storage/local-lvm/status')).used);
  const before = await used();
  expect(await client.run('POST', '/nodes/pve3/qemu/9021/clone', { newid: 530, full: 1 })).toBe('OK');
  const { used: base = 0 } = simulator.state.volumes['pve3/local-lvm:base-9021-disk-0'] ?? {};
  expect((await used()) - before).toBe(Math.floor(base) + 4 * 1024 ** 2);
  expect(await client.run('DELETE', '/nodes/pve3/qemu/530')).toBe('OK');
  expect(await used()).toBe(before);
});

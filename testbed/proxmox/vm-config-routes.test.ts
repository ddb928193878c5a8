import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

const VM = '/nodes/pve1/qemu/300';
const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4L3bWb0b0Y2m5Cw2fZz1o9q3Xb6m0h3y8C1Q5dZkXy ref one@example';

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
  await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 300, full: 1 });
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const put = (params: Record<string, unknown>) => client.call('PUT', `${VM}/config`, params);

async function outcome(params: Record<string, unknown>): Promise<string> {
  const { status, reason } = await put(params);
  return `${status} ${reason}`;
}

const config = () => client.read(`${VM}/config`);

test('keeps numbers as numbers and memory as a string', async () => {
  await put({ cores: 2, memory: 2048, onboot: 1 });
  expect(await config()).toMatchObject({ cores: 2, memory: '2048', onboot: 1 });
});

test('answers null to a good PUT', async () => {
  expect((await put({ cores: 2 })).data).toBeNull();
});

test('refuses a PUT without parameters', async () => {
  expect(await outcome({})).toBe('500 no options specified');
});

test('keeps the digest when the same values are written and changes it otherwise', async () => {
  const { digest, cores } = await config();
  expect(digest).toMatch(/^[0-9a-f]{40}$/);
  await put({ cores });
  expect((await config()).digest).toBe(digest);
  await put({ name: 'other' });
  expect((await config()).digest).not.toBe(digest);
  expect(await outcome({ cores: 1, digest })).toBe('500 checksum mismatch (file change by other user?)');
});

test('lower-cases, sorts and deduplicates tags', async () => {
  await put({ tags: 'Zeta,alpha beta;alpha' });
  expect((await config()).tags).toBe('alpha;beta;zeta');
  expect((await put({ tags: '-bad' })).errors).toEqual({
    tags: 'invalid format - invalid characters in tag\n',
  });
});

test('shows an emptied property as one blank', async () => {
  await put({ tags: '', ipconfig0: '' });
  expect(await config()).toMatchObject({ tags: ' ', ipconfig0: ' ' });
});

test('gives a description back as it was', async () => {
  const description = 'berth:0194-abc\nsecond line: äöü % # "quoted"';
  await put({ description });
  expect((await config()).description).toBe(description);
});

test('keeps a given SMBIOS uuid', async () => {
  await put({ smbios1: 'uuid=0194a1b2-0000-7000-8000-000000000001' });
  expect((await config()).smbios1).toBe('uuid=0194a1b2-0000-7000-8000-000000000001');
});

test('generates a MAC when a network card has none and upper-cases one that is given', async () => {
  await put({ net0: 'virtio,bridge=vmbr0,tag=7' });
  expect((await config()).net0).toMatch(/^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0,tag=7$/);
  await put({ net0: 'model=virtio,macaddr=bc:24:11:00:00:01,bridge=vmbr0' });
  expect((await config()).net0).toBe('virtio=BC:24:11:00:00:01,bridge=vmbr0');
});

test('hides the cloud-init password, and takes the mask for a password when it is sent back', async () => {
  await put({ cipassword: 'throwaway' });
  expect((await config()).cipassword).toBe('**********');
  const first = simulator.state.vms[300]?.config.cipassword;
  expect(first).toMatch(/^\$5\$/);
  await put({ cipassword: '**********' });
  expect(simulator.state.vms[300]?.config.cipassword).not.toBe(first);
});

test('wants ssh keys percent-encoded and gives them back so', async () => {
  expect((await put({ sshkeys: KEY })).errors).toEqual({
    sshkeys: `invalid format - invalid urlencoded string: ${KEY}\n`,
  });
  expect(await outcome({ sshkeys: encodeURIComponent('not a key') })).toBe(
    '500 SSH public key validation error',
  );
  expect(await outcome({ sshkeys: encodeURIComponent(`${KEY}\n${KEY}\n`) })).toBe('200 OK');
  expect((await config()).sshkeys).toBe(encodeURIComponent(`${KEY}\n${KEY}\n`));
});

test.each([
  ['ip=10.99.0.51', 'ip: invalid format - value does not look like a valid ipv4 network configuration\n'],
  ['ip=10.99.0.51/33', 'ip: invalid format - value does not look like a valid ipv4 network configuration\n'],
  ['gw=10.99.0.1', "ip: missing property required by 'ipconfig0.gw'"],
  ['bogus=1', 'bogus: property is not defined in schema and the schema does not allow additional properties'],
])('refuses ipconfig0 %s', async (value, text) => {
  expect((await put({ ipconfig0: value })).errors).toEqual({
    ipconfig0: `invalid format - format error\nipconfig0.${text}\n`,
  });
});

test.each(['ip=dhcp', 'ip=10.99.0.51/24,gw=10.98.0.1', 'ip6=auto', 'ip6=fd00::5/64,gw6=fd00::1'])(
  'takes ipconfig0 %s',
  async (value) => {
    expect(await outcome({ ipconfig0: value })).toBe('200 OK');
    expect((await config()).ipconfig0).toBe(value);
  },
);

test('refuses to set and delete the same key, and to delete what is no key', async () => {
  expect((await put({ cores: 2, delete: 'cores' })).errors).toEqual({
    delete: "you can't use '-cores' and -delete cores' at the same time",
  });
  expect((await put({ delete: 'bogus' })).errors).toEqual({ delete: "unknown option 'bogus'" });
});

test('writes the config in a task when it is posted', async () => {
  const { data } = await client.call('POST', `${VM}/config`, { memory: 192 });
  expect(data).toMatch(/:qmconfig:300:/);
  expect(await client.exitOf(data)).toBe('OK');
  expect(await client.logOf(data)).toEqual(['update VM 300: -memory 192', 'TASK OK']);
});

test('keeps what a running VM cannot take over as pending, shown as if it were set', async () => {
  await put({ memory: 512, cores: 1, name: 'before' });
  await client.run('POST', `${VM}/status/start`);
  await put({ memory: 1024, cores: 2, name: 'after' });
  expect(await config()).toMatchObject({ memory: '1024', cores: 2, name: 'after' });
  expect(await client.read(`${VM}/config`, { current: 1 })).toMatchObject({ memory: '512', name: 'after' });
  const pending = (await client.call('GET', `${VM}/pending`)).data;
  expect(pending).toContainEqual({ key: 'memory', value: '512', pending: '1024' });
  expect(await client.read(`${VM}/status/current`)).toMatchObject({ cpus: 1, maxmem: 512 * 1024 ** 2 });
  await put({ revert: 'cores' });
  await client.run('POST', `${VM}/status/stop`);
  expect(await client.read(`${VM}/config`, { current: 1 })).toMatchObject({ memory: '1024', cores: 1 });
});

test('grows a disk by an amount or to a size, both in a task', async () => {
  const resize = (size: string, disk = 'scsi0') => client.run('PUT', `${VM}/resize`, { disk, size });
  expect(await resize('+1G')).toBe('OK');
  expect((await config()).scsi0).toContain('size=5G');
  expect(await resize('20G')).toBe('OK');
  expect(await resize('20G')).toBe('OK');
  expect((await config()).scsi0).toContain('size=20G');
  expect(simulator.state.volumes['pve1/local-lvm:vm-300-disk-0']?.size).toBe(20 * 1024 ** 3);
  expect(await resize('10G')).toBe('shrinking disks is not supported');
  expect(await resize('+1G', 'scsi5')).toBe("disk 'scsi5' does not exist");
  expect(await resize('+1G', 'ide2')).toBe("you can't resize a cdrom");
});

test('answers bad disk names and sizes with 400, but a missing VM and an old digest in the task', async () => {
  const bad = await client.call('PUT', `${VM}/resize`, { disk: 'net0', size: 'lots' });
  expect(bad.errors?.size).toBe('value does not match the regex pattern');
  expect(bad.errors?.disk).toMatch(/^value 'net0' does not have a value in the enumeration 'ide0, ide1/);
  expect(await client.run('PUT', '/nodes/pve1/qemu/999/resize', { disk: 'scsi0', size: '+1G' })).toBe(
    "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
  );
  const digest = '0'.repeat(40);
  expect(await client.run('PUT', `${VM}/resize`, { disk: 'scsi0', size: '+1G', digest })).toBe(
    'checksum mismatch (file change by other user?)',
  );
});

test('creates a VM with new disks, defaults for boot, uuid and MAC, and refuses a taken id', async () => {
  const params = { vmid: 310, name: 'plain', net0: 'virtio,bridge=vmbr0', scsi0: 'local-lvm:1' };
  expect(await client.run('POST', '/nodes/pve1/qemu', { ...params, ide2: 'local-lvm:cloudinit' })).toBe('OK');
  const made = await client.read('/nodes/pve1/qemu/310/config');
  expect(made).toMatchObject({
    name: 'plain',
    boot: 'order=scsi0;ide2;net0',
    scsi0: 'local-lvm:vm-310-disk-0,size=1G',
    ide2: 'local-lvm:vm-310-cloudinit,media=cdrom',
    smbios1: expect.stringMatching(/^uuid=/) as string,
  });
  expect(made.lock).toBeUndefined();
  expect((await client.call('POST', '/nodes/pve2/qemu', { vmid: 310 })).reason).toBe(
    "unable to create VM 310 - VM 310 already exists on node 'pve1'",
  );
});

test('turns a VM into a template whose disks are then bases for linked clones', async () => {
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 320, full: 1 })).toBe('OK');
  expect(await client.run('POST', '/nodes/pve1/qemu/320/clone', { newid: 321, full: 0 })).toBe(
    "500 Linked clone feature is not supported for 'local-lvm:vm-320-disk-0' (scsi0)",
  );
  expect(await client.run('POST', '/nodes/pve1/qemu/320/template')).toBe('OK');
  expect(await client.read('/nodes/pve1/qemu/320/config')).toMatchObject({
    template: 1,
    scsi0: expect.stringMatching(/^local-lvm:base-320-disk-0,/) as string,
  });
  expect(await client.run('POST', '/nodes/pve1/qemu/320/template')).toBe(
    "500 you can't convert a template to a template",
  );
  expect(await client.run('POST', '/nodes/pve1/qemu/320/clone', { newid: 321 })).toBe('OK');
});

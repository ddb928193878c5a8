import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-cli-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

/** Runs the command until it has printed its last line, or ended. */
async function run(...args: string[]): Promise<{ child: ChildProcess; output: string }> {
  const main = join(import.meta.dirname, 'cli.ts');
  const child = spawn(process.execPath, [main, '--port', '0', '--speed', '0', ...args]);
  children.push(child);
  let output = '';
  await new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.endsWith('}\n') || output.endsWith('nodes.get())\n')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => resolve());
  });
  return { child, output };
}

async function runForPrograms(...args: string[]): Promise<Simulator & { child: ChildProcess }> {
  const { child, output } = await run('--json', ...args);
  return { ...(JSON.parse(output) as Simulator), child };
}

test('starts one node with two directory storages and two templates, and says how to reach it', async () => {
  const { output } = await run('--root-password', 'throwaway');
  expect(output).toContain('password throwaway');
  for (const part of ['curl --cacert', 'provider "proxmox"', 'ProxmoxAPI(']) expect(output).toContain(part);

  const simulator = await runForPrograms();
  const client = createTestClient(simulator);
  const nodes = await client.call('GET', '/nodes');
  expect(nodes.data).toMatchObject([{ node: 'pve1', maxcpu: 2, maxmem: 8 * 1024 ** 3 }]);
  const storages = await client.call('GET', '/nodes/pve1/storage');
  expect(storages.data).toMatchObject([
    { storage: 'local', type: 'dir' },
    { storage: 'dir1', type: 'dir' },
  ]);
  expect(await client.read('/nodes/pve1/qemu/9000/config')).toMatchObject({
    agent: 'enabled=1',
    boot: 'order=scsi0',
    ciupgrade: 0,
    cores: 1,
    ide2: 'dir1:9000/vm-9000-cloudinit.qcow2,media=cdrom',
    kvm: 0,
    memory: '768',
    ostype: 'l26',
    scsi0: 'dir1:9000/base-9000-disk-0.qcow2,size=1900M',
    scsihw: 'virtio-scsi-pci',
    serial0: 'socket',
    template: 1,
    vga: 'serial0',
  });
  expect(await client.read('/nodes/pve1/qemu/9001/config')).toMatchObject({ memory: '64', ostype: 'l26' });
  await client.close();
});

test('fills a new cluster by a list of calls, once, and keeps it in a folder', async () => {
  const seed = join(folder, 'seed.json');
  const calls = [
    { method: 'POST', path: '/access/users', params: { userid: 'ann@pve' } },
    { method: 'POST', path: '/nodes/pve1/qemu/9000/clone', params: { newid: 100, name: 'web' } },
  ];
  await writeFile(seed, JSON.stringify(calls));
  const args = ['--seed', seed, '--state', join(folder, 'state')];
  const first = await runForPrograms(...args);
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');

  const second = await runForPrograms(...args);
  expect(second.fingerprint).toBe(first.fingerprint);
  const client = createTestClient(second);
  expect(await client.read('/nodes/pve1/qemu/100/config')).toMatchObject({ name: 'web' });
  expect((await client.call('GET', '/access/users')).text).toContain('ann@pve');
  await client.close();
});

test('takes the number of nodes, the version and faults', async () => {
  const faults = join(folder, 'faults.json');
  await writeFile(faults, JSON.stringify([{ action: 'nodeDown', node: 'pve2' }]));
  const simulator = await runForPrograms('--nodes', '2', '--pve-version', '8.4', '--faults', faults);
  const client = createTestClient(simulator);
  expect(await client.read('/version')).toMatchObject({ release: '8.4' });
  expect((await client.call('GET', '/nodes/pve2/status')).status).toBe(595);
  await client.close();
});

test('names file, line and field of every fault it cannot use, and ends', async () => {
  const faults = join(folder, 'faults.json');
  await writeFile(
    faults,
    '[\n  {"action": "drop"},\n  {"action": "delay",\n   "ms": "long"},\n  {"action": "vanish"}\n]\n',
  );
  const { child, output } = await run('--faults', faults);
  expect(output).toMatch(/faults\.json:4: ms: .*expected number/);
  expect(output).toMatch(/faults\.json:5: action: must be one of/);
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(1);
});

test('says what is wrong with its arguments and ends', async () => {
  const { child, output } = await run('--seed', join(folder, 'nowhere.json'));
  expect(output).toContain('nowhere.json');
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(1);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../testbed/proxmox/simulator.ts';
import type { Simulator } from '../testbed/proxmox/simulator.ts';
import { createProxmox } from './client.ts';
import type { Proxmox } from './client.ts';
import { createTaskWatcher } from './tasks.ts';
import type { TaskWatcher } from './tasks.ts';
import { encodeSshKeys, formatIpconfig, formatNet0, parseDisk, parseNet0 } from './vm-config.ts';

const TEMPLATE = 9000;
const GIB = 1024 ** 3;

let simulator: Simulator;
let proxmox: Proxmox;
let watcher: TaskWatcher;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  const { url, fingerprint, token } = simulator;
  proxmox = createProxmox({ endpoints: [url], token, fingerprint });
  watcher = createTaskWatcher(proxmox, { intervalMs: 20, firstCheckMs: 5 });
});

afterAll(async () => {
  await proxmox.close();
  await simulator.close();
});

const run = async (upid: Promise<string>) => (await watcher.wait(await upid)).exitStatus;

function clone(newid: number) {
  return proxmox.cloneVm({
    node: 'pve1',
    vmid: TEMPLATE,
    newid,
    name: `vm-${newid}`,
    description: `berth:${newid}`,
    full: true,
    storage: 'local-lvm',
  });
}

describe('the cluster', () => {
  it('tells its version, nodes, status, storages, networks and our privileges', async () => {
    expect((await proxmox.version()).release).toMatch(/^\d+\.\d+$/);
    const nodes = await proxmox.nodes();
    expect(nodes.map(({ node, status }) => `${node} ${status}`).toSorted()).toEqual([
      'pve1 online',
      'pve2 online',
      'pve3 online',
    ]);
    expect((await proxmox.clusterStatus()).some(({ type, quorate }) => type === 'cluster' && quorate)).toBe(
      true,
    );
    const storage = (await proxmox.storages('pve1')).find((entry) => entry.storage === 'local-lvm');
    expect(storage).toMatchObject({ active: true, enabled: true, content: ['images', 'rootdir'] });
    expect(storage?.avail).toBeGreaterThan(GIB);
    expect((await proxmox.networks('pve1')).map(({ iface }) => iface)).toContain('vmbr0');
    expect(Object.values(await proxmox.permissions())[0]).toMatchObject({ 'VM.Allocate': true });
  });

  it('lists templates with their tags', async () => {
    const template = (await proxmox.listVms('pve1')).find(({ vmid }) => vmid === TEMPLATE);
    expect(template).toMatchObject({ template: true, status: 'stopped', name: 'debian-12' });
    expect(template?.tags).toContain('cloud-init');
    expect(await proxmox.findVm(TEMPLATE)).toMatchObject({ node: 'pve1', template: true, type: 'qemu' });
    expect(await proxmox.findVm(123_456)).toBeNull();
  });

  it('knows which ids are free', async () => {
    expect(await proxmox.nextIdFree(TEMPLATE)).toBe(false);
    expect(await proxmox.nextIdFree(123_456)).toBe(true);
  });
});

describe('the life of a VM', () => {
  it('is cloned, configured, grown, started, reached, shut down and destroyed', async () => {
    expect(await run(clone(101))).toBe('OK');
    expect(await proxmox.findVm(101)).toMatchObject({ node: 'pve1', vmid: 101 });

    const fresh = await proxmox.vmConfig('pve1', 101);
    const net = parseNet0(fresh.values['net0'] ?? '');
    await proxmox.updateConfig(
      'pve1',
      101,
      {
        cores: 2,
        memory: 2048,
        onboot: true,
        net0: formatNet0({ ...net, firewall: true }),
        ipconfig0: formatIpconfig({ ip: '10.0.0.5/24', gateway: '10.0.0.1' }),
        sshkeys: encodeSshKeys([
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4L3bWb0b0Y2m5Cw2fZz1o9q3Xb6m0h3y8C1Q5dZkXy me',
        ]),
        tags: 'berth',
      },
      { digest: fresh.digest },
    );
    const { values, digest } = await proxmox.vmConfig('pve1', 101);
    expect(values).toMatchObject({
      cores: '2',
      memory: '2048',
      ipconfig0: 'ip=10.0.0.5/24,gw=10.0.0.1',
      onboot: '1',
    });
    expect(parseNet0(values['net0'] ?? '')).toMatchObject({ mac: net.mac, firewall: true });
    expect(values['description']?.trim()).toBe('berth:101');
    expect(digest).not.toBe(fresh.digest);

    expect(await run(proxmox.resizeDisk('pve1', 101, 'scsi0', '10G'))).toBe('OK');
    const grown = await proxmox.vmConfig('pve1', 101, { current: true });
    expect(parseDisk(grown.values['scsi0'] ?? '').sizeBytes).toBe(10 * GIB);

    expect(await proxmox.agentPing('pve1', 101)).toBe('vm_not_running');
    expect(await run(proxmox.start('pve1', 101))).toBe('OK');
    expect(await proxmox.vmStatus('pve1', 101)).toMatchObject({
      status: 'running',
      template: false,
      tags: ['berth'],
    });
    await expect.poll(() => proxmox.agentPing('pve1', 101)).toBe('answering');
    const addresses = (await proxmox.agentInterfaces('pve1', 101)).flatMap((entry) => entry.addresses);
    expect(addresses).toContainEqual({ address: '10.0.0.5', prefix: 24, family: 4 });

    await expect(proxmox.deleteVm('pve1', 101)).rejects.toMatchObject({ kind: 'retry', code: 'vm_running' });
    expect(await run(proxmox.shutdown('pve1', 101, { timeout: 30, forceStop: true }))).toBe('OK');
    expect(await run(proxmox.deleteVm('pve1', 101, { purge: true, destroyUnreferencedDisks: true }))).toBe(
      'OK',
    );
    await expect(proxmox.vmStatus('pve1', 101)).rejects.toMatchObject({ kind: 'missing', code: 'vm_gone' });
    expect(await proxmox.nextIdFree(101)).toBe(true);
  });

  it('restarts and resets', async () => {
    await run(clone(102));
    await expect(proxmox.reset('pve1', 102)).rejects.toMatchObject({ code: 'vm_not_running' });
    await run(proxmox.start('pve1', 102));
    expect(await run(proxmox.start('pve1', 102))).toBe('VM 102 already running');
    expect(await run(proxmox.reset('pve1', 102))).toBe('OK');
    expect(await run(proxmox.reboot('pve1', 102, { timeout: 30 }))).toBe('OK');
    await expect.poll(async () => (await proxmox.vmStatus('pve1', 102)).status).toBe('running');
    expect(await run(proxmox.stop('pve1', 102, { overruleShutdown: true }))).toBe('OK');
  });
});

describe('refusals', () => {
  it('tells a missing template from a taken id', async () => {
    await expect(
      proxmox.cloneVm({ node: 'pve1', vmid: 9999, newid: 110, name: 'x', description: '', full: true }),
    ).rejects.toMatchObject({ kind: 'missing', code: 'template_missing', status: 500 });
    await expect(clone(TEMPLATE)).rejects.toMatchObject({ kind: 'exists', code: 'vmid_taken' });
  });

  it('detects a configuration that changed in between, and applies nothing', async () => {
    await run(clone(111));
    const { digest } = await proxmox.vmConfig('pve1', 111);
    await proxmox.updateConfig('pve1', 111, { cores: 2 }, { digest });
    await expect(proxmox.updateConfig('pve1', 111, { cores: 4 }, { digest })).rejects.toMatchObject({
      kind: 'retry',
      code: 'config_changed',
    });
    await proxmox.updateConfig('pve1', 111, {}, { remove: ['tags'] });
    const { values } = await proxmox.vmConfig('pve1', 111);
    expect(values['cores']).toBe('2');
    expect(values['tags']?.trim() ?? '').toBe('');
  });

  it('names the parameters that were refused', async () => {
    await expect(proxmox.updateConfig('pve1', TEMPLATE, { nosuch: 1 })).rejects.toMatchObject({
      kind: 'final',
      code: 'proxmox_rejected',
      status: 400,
      errors: { nosuch: expect.stringContaining('not defined in schema') },
    });
  });

  it('refuses to write a masked password or a relative size', async () => {
    await expect(proxmox.updateConfig('pve1', TEMPLATE, { cipassword: '**********' })).rejects.toThrow(
      TypeError,
    );
    await expect(proxmox.resizeDisk('pve1', TEMPLATE, 'scsi0', '+1G')).rejects.toThrow(TypeError);
  });

  it('says unreachable for a node that is down', async () => {
    const fault = simulator.faults.add({ action: 'nodeDown', node: 'pve3' });
    try {
      await expect(proxmox.vmStatus('pve3', 9020)).rejects.toMatchObject({
        kind: 'unreachable',
        status: 595,
      });
    } finally {
      simulator.faults.clear(fault);
    }
  });

  it('says auth for a token that is not known, and works with a ticket', async () => {
    const { url, fingerprint, token, rootPassword } = simulator;
    const stranger = createProxmox({ endpoints: [url], fingerprint, token: { ...token, secret: 'wrong' } });
    const root = createProxmox({
      endpoints: [url],
      fingerprint,
      ticket: { username: 'root@pam', password: rootPassword },
    });
    await expect(stranger.version()).rejects.toMatchObject({ kind: 'auth', status: 401 });
    await run(clone(112));
    await root.updateConfig('pve1', 112, { cores: 3 });
    expect((await root.vmConfig('pve1', 112)).values['cores']).toBe('3');
    await Promise.all([stranger.close(), root.close()]);
  });
});

describe('tasks', () => {
  it('are found again by type, template and time after a lost answer', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    simulator.faults.add({ action: 'drop', when: 'after', method: 'POST', path: '/clone$' });
    await expect(clone(120)).rejects.toMatchObject({ kind: 'unknown', sent: true });
    const [task] = await proxmox.findTasks('pve1', { typefilter: 'qmclone', vmid: TEMPLATE, since });
    expect(task).toMatchObject({ type: 'qmclone', id: String(TEMPLATE), node: 'pve1' });
    expect((await watcher.wait(task?.upid ?? '')).exitStatus).toBe('OK');
    expect(await proxmox.taskLog(task?.upid ?? '', { limit: 0 })).toContain('TASK OK');
    expect(await proxmox.taskStatus(task?.upid ?? '')).toMatchObject({ status: 'stopped', exitstatus: 'OK' });
    await expect(clone(120)).rejects.toMatchObject({ kind: 'exists' });
  });

  it('can be stopped', async () => {
    simulator.faults.add({ action: 'slowTask', ms: 60_000, method: 'POST', path: '/clone$' });
    const upid = await clone(121);
    await proxmox.stopTask(upid);
    expect((await watcher.wait(upid)).exitStatus).toMatch(/interrupt/);
  });

  it('that are unknown are missing', async () => {
    const upid = 'UPID:pve1:0000FFFF:00000001:6B000000:qmstart:100:root@pam:';
    await expect(proxmox.taskStatus(upid)).rejects.toMatchObject({ kind: 'missing', code: 'task_unknown' });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decide, paused, settled, untilTask } from '../tests/order.ts';
import { attempt } from '../tests/activity.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { createProxmoxActivities } from '../activities/index.ts';
import { buildMarkOf, markerOf } from '../activities/vm-context.ts';
import { cancelAt } from '../contract/operations.ts';
import { Operation, type OperationParams } from '../db/models/operation.ts';
import { Secret } from '../db/models/secret.ts';
import { Server } from '../db/models/server.ts';
import { SshKey } from '../db/models/ssh-key.ts';
import { Template } from '../db/models/template.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZvcnRlc3RzZm9ydGVzdHNmb3J0ZXN0c2ZvcnRlc3Rz';

describe('rebuildServer on a simulated cluster', () => {
  let estate: WorkingEstate;
  let ubuntu: Template;

  beforeAll(async () => {
    estate = await createWorkingEstate();
    ubuntu = await Template.query(estate.database).findOne({ name: 'ubuntu-24.04' }).throwIfNotFound();
  });
  afterAll(() => estate.close());
  afterEach(() => estate.simulator.faults.clear());

  const stored = async ({ id }: Server) =>
    Server.query(estate.database)
      .findById(id)
      .withGraphFetched('[sshKeys, ipAddresses, vmidLease]')
      .throwIfNotFound();
  const volumesOf = (vmid: number) =>
    Object.values(estate.simulator.state.volumes).filter((volume) => volume.vmid === vmid).length;
  const keyOf = async (server: Server, name: string) =>
    SshKey.query(estate.database).insertAndFetch({
      accountId: server.accountId,
      name,
      publicKey: KEY,
      fingerprint: `SHA256:${name}-${server.id}`,
    });

  async function someServer(name: string): Promise<{ server: Server; vmid: number }> {
    const { server, vmid } = await estate.runningServer(name);
    return { server: await stored(server), vmid };
  }

  const begin = (server: Server, params: OperationParams = {}) =>
    estate.begin(server, 'rebuild', { templateId: ubuntu.id, ...params });

  /** It runs, is a copy of the other template made by this operation, and nothing of the old one is left. */
  async function expectRebuilt(server: Server, vmid: number, operation: Operation) {
    const { config, guest } = estate.vmAt(vmid);
    expect(guest).not.toBeNull();
    expect(config).toMatchObject({
      name: server.name,
      description: `${markerOf(server.id)} ${buildMarkOf(operation.id)}`,
      smbios1: `uuid=${server.id}`,
      cores: 2,
      memory: '2048',
      scsi0: expect.stringContaining('size=10G'),
    });
    const systems = Object.values(estate.simulator.state.volumes).flatMap((volume) =>
      volume.vmid === vmid && volume.system ? [volume.system] : [],
    );
    expect(systems).toEqual(['ubuntu-24.04']);
    expect(await stored(server)).toMatchObject({
      templateId: ubuntu.id,
      lifecycle: 'active',
      powerState: 'running',
      diskGib: 10,
    });
  }

  it('builds it anew under its id, addresses, MAC and name, with the keys that were given', async () => {
    const { server, vmid } = await someServer('anew');
    const before = { ...estate.vmAt(vmid).config };
    const volumes = volumesOf(vmid);
    const purpose = 'server-password';
    const sealed = { purpose, ...estate.deps.secretBox.seal('correct horse', purpose) };
    const secret = await Secret.query(estate.database).insertAndFetch(sealed);
    const [old, given] = [await keyOf(server, 'old'), await keyOf(server, 'given')];
    await estate.database('server_ssh_keys').insert({ serverId: server.id, sshKeyId: old.id });
    await Server.query(estate.database)
      .findById(server.id)
      .patch({ passwordSecretId: secret.id, restartNeeded: true });
    const { operation, handle } = await begin(server, { sshKeyIds: [given.id] });
    await handle.result();
    await recordHistory('rebuild', handle);
    const done = await settled(estate, operation);
    expect(done).toMatchObject({ status: 'succeeded', errorMessage: null });
    await expectRebuilt(server, vmid, operation);
    const { net0, ipconfig0 } = before;
    expect(estate.vmAt(vmid).config).toMatchObject({
      net0,
      ipconfig0,
      cipassword: expect.stringMatching(/^\$5\$/),
    });
    expect(decodeURIComponent(String(estate.vmAt(vmid).config['sshkeys']))).toBe(KEY);
    expect(volumesOf(vmid)).toBe(volumes);
    const after = await stored(server);
    expect(after).toMatchObject({ passwordSecretId: null, restartNeeded: false });
    expect(after.sshKeys?.map(({ name }) => name)).toEqual(['given']);
    expect(after.ipAddresses).toEqual(server.ipAddresses);
    expect(after.vmidLease).toEqual(server.vmidLease);
    expect(await Secret.query(estate.database).findById(secret.id)).toBeUndefined();
  });

  it.each([
    ['POST', '/status/stop$'],
    ['DELETE', '/qemu/'],
    ['POST', '/clone$'],
    ['PUT', '/config$'],
    ['PUT', '/resize$'],
    ['POST', '/status/start$'],
  ] as const)(
    'loses nothing when answers to %s %s are lost before and after their effect',
    async (method, path) => {
      const { server, vmid } = await someServer(`lost${path.replaceAll(/\W+/g, '-')}answers`);
      const clones = () =>
        estate.simulator.state.tasks.filter(
          ({ type, log }) => type === 'qmclone' && log.some((line) => line.endsWith(` with ID ${vmid}`)),
        ).length;
      const before = clones();
      estate.simulator.faults.add({ method, path, when: 'before', action: 'drop' });
      estate.simulator.faults.add({ method, path, when: 'after', action: 'drop' });
      const { operation } = await begin(server);
      expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
      await expectRebuilt(server, vmid, operation);
      expect(clones() - before).toBe(1);
    },
  );

  it('gives the server back as it was when it is cancelled before the disk is erased', async () => {
    const { server, vmid } = await someServer('changed-my-mind');
    const before = { ...estate.vmAt(vmid).config };
    estate.simulator.faults.add({ method: 'POST', path: '/status/stop$', action: 'slowTask', ms: 1_000 });
    const { operation, handle } = await begin(server);
    await untilTask(estate, operation, 'stop');
    await handle.cancel();
    expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
    expect(estate.vmAt(vmid).guest).not.toBeNull();
    expect(estate.vmAt(vmid).config).toEqual(before);
    expect(await stored(server)).toMatchObject({ templateId: server.templateId, lifecycle: 'active' });
  });

  it('waits where a copy failed after the old disk is gone, cannot be cancelled, and goes on when resumed', async () => {
    const { server, vmid } = await someServer('no-way-back');
    const message = 'clone failed: unable to create image: No space left on device';
    estate.simulator.faults.add({ method: 'POST', path: '/clone$', action: 'failTask', message });
    const { operation } = await begin(server);
    const waiting = await paused(estate, operation);
    expect(waiting).toMatchObject({ step: 'clone', errorCode: 'storage_full', errorCause: message });
    expect(cancelAt(waiting)).toMatchObject({ possible: false, effect: 'The old disk is being erased.' });
    expect(estate.simulator.state.vms[vmid]).toBeUndefined();
    expect((await stored(server)).vmidLease?.vmid).toBe(vmid);
    estate.simulator.faults.clear();
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    await expectRebuilt(server, vmid, operation);
  });

  it('counts as rebuilt when it is told not to wait for a system that does not answer', async () => {
    const { server, vmid } = await someServer('silent');
    estate.simulator.faults.add({ action: 'agentNever', vmid });
    const { readyTimeoutMs } = estate.deps.timing;
    estate.deps.timing.readyTimeoutMs = 200;
    const { operation } = await begin(server);
    expect(await paused(estate, operation)).toMatchObject({ step: 'ready', errorCode: 'guest_not_ready' });
    estate.deps.timing.readyTimeoutMs = readyTimeoutMs;
    await decide(estate, operation, 'skip');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    await expectRebuilt(server, vmid, operation);
  });

  it('waits for a locked VM before it erases it', async () => {
    const { server, vmid } = await someServer('locked');
    estate.vmAt(vmid).config.lock = 'backup';
    const { operation } = await begin(server);
    const now = async () => Operation.query(estate.database).findById(operation.id).throwIfNotFound();
    await until(async () => /attempt \d+\): .*is locked \(backup\)/.test((await now()).note ?? ''));
    delete estate.vmAt(vmid).config.lock;
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    await expectRebuilt(server, vmid, operation);
  });

  it('builds it even though its VM is gone', async () => {
    const { server, vmid } = await someServer('gone');
    delete estate.simulator.state.vms[vmid];
    for (const [key, volume] of Object.entries(estate.simulator.state.volumes))
      if (volume.vmid === vmid) delete estate.simulator.state.volumes[key];
    const { operation } = await begin(server);
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    await expectRebuilt(server, vmid, operation);
  });

  it('does not take a VM that somebody put back for the copy', async () => {
    const { server, vmid } = await someServer('put-back');
    estate.simulator.faults.add({
      method: 'POST',
      path: '/clone$',
      action: 'failTask',
      message: 'out of space',
    });
    const old = JSON.parse(JSON.stringify(estate.vmAt(vmid)));
    const { operation } = await begin(server);
    await paused(estate, operation);
    estate.simulator.faults.clear();
    estate.simulator.state.vms[vmid] = { ...old, guest: null };
    await decide(estate, operation, 'resume');
    await until(async () => (await paused(estate, operation)).errorCode === 'vm_changed');
    delete estate.simulator.state.vms[vmid];
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
  });

  describe('leaves the server alone and running', () => {
    let shared: ReturnType<typeof someServer> | undefined;

    async function refused(code: string, message: string) {
      const { server, vmid } = await (shared ??= someServer('untouched'));
      const before = { ...estate.vmAt(vmid).config };
      const pid = estate.vmAt(vmid).guest?.pid;
      const { operation, handle } = await begin(server);
      expect(await paused(estate, operation)).toMatchObject({
        step: 'check',
        errorCode: code,
        errorMessage: expect.stringContaining(message),
      });
      await handle.cancel();
      await handle.result().catch(() => undefined);
      expect(await settled(estate, operation)).toMatchObject({ status: 'cancelled' });
      expect(estate.vmAt(vmid).config).toEqual(before);
      expect(estate.vmAt(vmid).guest?.pid).toBe(pid);
    }
    const vmOfShared = async () => estate.vmAt((await (shared ??= someServer('untouched'))).vmid);

    it('when its node has not got the template', async () => {
      const { server } = await (shared ??= someServer('untouched'));
      const source = { templateId: ubuntu.id, nodeId: String(server.nodeId) };
      const [row] = await estate.database('template_vms').where(source).delete().returning('*');
      await refused('template_missing', 'has no template ubuntu-24.04');
      await estate.database('template_vms').insert({ ...row, vmid: server.vmidLease?.vmid });
      await refused('template_missing', 'has no template ubuntu-24.04');
      await estate.database('template_vms').where(source).update({ vmid: row.vmid });
    });

    it('when the storage will have no room', async () => {
      const vm = await vmOfShared();
      const scsi0 = String(vm.config.scsi0);
      vm.config.scsi0 = scsi0.replace('size=10G', 'size=1G');
      estate.simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm' });
      await refused('storage_full', 'will have 1 GiB free, and 10 GiB are needed');
      vm.config.scsi0 = scsi0;
    });

    it('when Proxmox protects the VM', async () => {
      const vm = await vmOfShared();
      vm.config.protection = 1;
      await refused('vm_protected', 'is protected against removal');
      delete vm.config.protection;
    });

    it('when HA would lose it', async () => {
      const { vmid } = await vmOfShared();
      const data = { vmid, status: 'running', ha: { managed: 1 } };
      estate.simulator.faults.add({
        method: 'GET',
        path: '/status/current$',
        action: 'status',
        status: 200,
        reason: 'OK',
        body: JSON.stringify({ data }),
      });
      await refused('ha_refused', 'take it out of HA');
    });
  });

  it('does not touch the new VM from an attempt that slept through the change', async () => {
    const { server, vmid } = await someServer('sleeper');
    const { operation } = await begin(server);
    estate.simulator.faults.add({ method: 'PUT', path: '/config$', action: 'delay', ms: 1_500 });
    await untilTask(estate, operation, 'clone');
    await until(
      () =>
        estate.simulator.state.vms[vmid]?.config['description']?.toString().includes(operation.id) ?? false,
    );
    const { fence } = await Operation.query(estate.database).findById(operation.id).throwIfNotFound();
    const claim = { operationId: operation.id, serverId: server.id, fence };
    const { destroyVm, stopForRemoval } = createProxmoxActivities(estate.deps);
    await expect(attempt(destroyVm, claim)).rejects.toMatchObject({ type: 'stale_claim' });
    await expect(attempt(stopForRemoval, claim)).rejects.toMatchObject({ type: 'stale_claim' });
    // Even if the step were still the same, the VM says which operation made it.
    const { step } = await Operation.query(estate.database).findById(operation.id).throwIfNotFound();
    await Operation.query(estate.database).findById(operation.id).patch({ step: 'destroy' });
    await attempt(destroyVm, claim);
    await Operation.query(estate.database).findById(operation.id).patch({ step });
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    await expectRebuilt(server, vmid, operation);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { orderServer } from '../tests/order.ts';
import { createReconcileEstate, type ReconcileEstate } from '../tests/reconcile-estate.ts';
import { until } from '../tests/until.ts';
import { AuditEntry } from '../db/models/audit-entry.ts';
import { Drift } from '../db/models/drift.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Operation } from '../db/models/operation.ts';
import { Orphan } from '../db/models/orphan.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { orphanWorkflowId } from '../contract/temporal.ts';
import { recordHistory } from '../tests/record-history.ts';
import { volumeKey } from '../testbed/proxmox/cluster-state.ts';

/** VMs that somebody else made, one of them with an id in Berth's range. */
const FOREIGN = [700, 100_500].map((vmid) => ({
  vmid,
  node: 'pve1',
  name: `foreign-${vmid}`,
  cores: 1,
  memoryMib: 512,
  diskGib: 4,
  mac: `BC:24:11:00:00:${vmid === 700 ? '01' : '02'}`,
  isRunning: true,
}));

let estate: ReconcileEstate;
beforeAll(async () => {
  estate = await createReconcileEstate(FOREIGN);
});
afterAll(async () => estate.close());
afterEach(async () => {
  estate.simulator.faults.clear();
  await Drift.query(estate.database).delete();
  await Orphan.query(estate.database).delete();
});

const endQuarantine = async (id: string) =>
  Orphan.query(estate.database).findById(id).patch({ quarantinedUntil: new Date() });

describe('what belongs to nobody', () => {
  const snapshot = () => FOREIGN.map(({ vmid }) => structuredClone({ ...estate.vmAt(vmid).config }));

  it('a VM with our marker is found, quarantined, kept until its time, and destroyed', async () => {
    const untouched = snapshot();
    const { server, vmid } = await estate.runningServer('forgotten');
    await estate.lose(server);
    await estate.reconcile();
    expect(
      await estate
        .orphans(`?kind=marked_vm_without_server`)
        .then((all) => all.map(({ identifier }) => identifier)),
    ).not.toContain(`${vmid} berth:${server.id}`);
    await estate.reconcile();
    const found = (await estate.orphans()).find(({ evidence }) => evidence.vmid === vmid);
    expect(found).toMatchObject({
      kind: 'marked_vm_without_server',
      state: 'found',
      evidence: { name: 'forgotten', serverId: server.id, server: 'deleted', status: 'running' },
    });
    const act = async (verb: string, body?: unknown) =>
      estate.call('POST', `/admin/orphans/${found?.id}/${verb}`, { body });
    const id = found?.id ?? '';

    expect((await act('destroy', { name: 'forgotten' })).body.code).toBe('invalid_state');
    await act('quarantine');
    expect(await estate.ended(id)).toMatchObject({ state: 'quarantined', note: null });
    const { config, guest } = estate.vmAt(vmid);
    expect([config['tags'], String(config['onboot']), guest !== null]).toEqual([
      'berth;berth-quarantine',
      '0',
      true,
    ]);
    const early = await act('destroy', { name: 'forgotten' });
    expect(early).toMatchObject({ status: 409, body: { title: 'Its quarantine is not over.' } });

    await act('release');
    expect(await estate.ended(id)).toMatchObject({ state: 'found', quarantinedUntil: null });
    expect([estate.vmAt(vmid).config['tags'], String(estate.vmAt(vmid).config['onboot'])]).toEqual([
      'berth',
      '1',
    ]);

    await act('quarantine');
    await estate.ended(id);
    await endQuarantine(id);
    expect(await act('destroy', { name: 'something-else' })).toMatchObject({
      status: 422,
      body: { issues: [{ field: 'name' }] },
    });
    expect((await act('destroy', { name: 'forgotten' })).status).toBe(202);
    expect(await estate.ended(id)).toMatchObject({ state: 'destroyed', note: null });
    const workflow = estate.temporal.client.workflow.getHandle(orphanWorkflowId(id));
    expect(await workflow.result()).toBe('destroy');
    await recordHistory('settle-orphan', workflow);
    expect(estate.simulator.state.vms[vmid]).toBeUndefined();
    const volumes = Object.values(estate.simulator.state.volumes).filter((volume) => volume.vmid === vmid);
    expect(volumes).toEqual([]);
    expect(snapshot()).toEqual(untouched);
    const deeds = await AuditEntry.query(estate.database).where({ subjectId: id }).orderBy('id');
    expect(deeds.map(({ action }) => action)).toEqual([
      'orphan.quarantine',
      'orphan.quarantined',
      'orphan.release',
      'orphan.released',
      'orphan.quarantine',
      'orphan.quarantined',
      'orphan.destroy',
      'orphan.destroyed',
    ]);
  });

  it('a VM is not destroyed when it has an owner again, lost its marker or its tag, or has another name', async () => {
    const { server, vmid } = await estate.runningServer('kept');
    await estate.lose(server);
    await estate.reconcile();
    await estate.reconcile();
    const { id } = (await estate.orphans()).find(({ evidence }) => evidence.vmid === vmid) ?? { id: '' };
    await estate.call('POST', `/admin/orphans/${id}/quarantine`);
    await estate.ended(id);
    await endQuarantine(id);
    const { config } = estate.vmAt(vmid);
    const kept = { ...config };
    const refusal = async () => {
      await estate.call('POST', `/admin/orphans/${id}/destroy`, { body: { name: 'kept' } });
      return (await estate.ended(id)).note;
    };
    config['tags'] = 'berth';
    expect(await refusal()).toContain('has lost the tag berth-quarantine');
    config['tags'] = kept['tags'] ?? '';
    config['name'] = 'production';
    expect(await refusal()).toContain('is called production now');
    config['name'] = kept['name'] ?? '';
    config['protection'] = 1;
    expect(await refusal()).toContain('is protected');
    delete config['protection'];
    config['description'] = 'adopted by hand';
    config['smbios1'] = 'uuid=11111111-2222-4333-8444-555555555555';
    expect(await refusal()).toContain('does not carry the marker');
    Object.assign(config, { description: kept['description'], smbios1: kept['smbios1'] });
    const { server: adopter } = await estate.runningServer('adopter');
    await VmidLease.query(estate.database).where({ serverId: adopter.id }).patch({ vmid });
    expect(await refusal()).toContain('is the server adopter');
    expect(estate.vmAt(vmid).guest).not.toBeNull();
    await estate.reconcile();
    expect(await estate.orphans('?state=adopted')).toMatchObject([{ id }]);
  });

  it('a VM is destroyed once although an answer is lost and the workers are replaced', async () => {
    const { server, vmid } = await estate.runningServer('lossy');
    await estate.lose(server);
    await estate.reconcile();
    await estate.reconcile();
    const { id } = (await estate.orphans()).find(({ evidence }) => evidence.vmid === vmid) ?? { id: '' };
    await estate.call('POST', `/admin/orphans/${id}/quarantine`);
    await estate.ended(id);
    await endQuarantine(id);
    const deletion = { method: 'DELETE', path: `/qemu/${vmid}$` } as const;
    estate.simulator.faults.add({ ...deletion, action: 'drop', when: 'after' });
    estate.simulator.faults.add({ ...deletion, action: 'slowTask', ms: 1_500 });
    await estate.call('POST', `/admin/orphans/${id}/destroy`, { body: { name: 'lossy' } });
    const deletions = () =>
      estate.simulator.state.tasks.filter(
        ({ type, id: subject }) => type === 'qmdestroy' && subject === String(vmid),
      );
    await until(() => deletions().length > 0);
    await estate.replaceWorkers();
    expect(await estate.ended(id)).toMatchObject({ state: 'destroyed', note: null });
    expect(estate.simulator.state.vms[vmid]).toBeUndefined();
    expect(deletions().filter(({ exitstatus }) => exitstatus === 'OK')).toHaveLength(1);
  });

  it('a disk without a VM is found, and deleted after its quarantine', async () => {
    const volid = 'local-lvm:vm-100777-disk-0';
    const key = volumeKey('pve2', volid);
    estate.simulator.state.volumes[key] = {
      volid,
      node: 'pve2',
      storage: 'local-lvm',
      vmid: 100_777,
      size: 4 * 1024 ** 3,
      used: 0,
      format: 'raw',
      content: 'images',
      ctime: 1_700_000_000,
      parent: null,
      system: null,
    };
    await estate.reconcile();
    await estate.reconcile();
    const [found, ...others] = await estate.orphans('?kind=disk');
    expect(others).toEqual([]);
    expect(found).toMatchObject({ identifier: `pve2/${volid}`, evidence: { vmid: 100_777, sizeGib: 4 } });
    const id = found?.id ?? '';
    await estate.call('POST', `/admin/orphans/${id}/quarantine`);
    await estate.ended(id);
    await endQuarantine(id);
    expect((await estate.call('POST', `/admin/orphans/${id}/destroy`, { body: {} })).status).toBe(422);
    await estate.call('POST', `/admin/orphans/${id}/destroy`, { body: { name: volid } });
    expect(await estate.ended(id)).toMatchObject({ state: 'destroyed' });
    expect(estate.simulator.state.volumes[key]).toBeUndefined();
  });

  it('leases of deleted servers are found, and given back after their quarantine', async () => {
    const { server, operation } = await orderServer(estate, 'leases');
    await Operation.query(estate.database)
      .findById(operation.id)
      .patch({ status: 'cancelled', finishedAt: new Date() });
    const { clusterId, id: serverId } = server;
    await VmidLease.query(estate.database).insert({ clusterId, vmid: 100_888, serverId });
    await Server.query(estate.database)
      .findById(serverId)
      .patch({ lifecycle: 'deleted', deletedAt: new Date() });
    await estate.reconcile();
    await estate.reconcile();
    const found = (await estate.orphans()).filter(({ evidence }) => evidence.serverId === serverId);
    expect(found.map(({ kind }) => kind).toSorted()).toEqual([
      'ip_lease_without_server',
      'vmid_lease_without_server',
    ]);
    for (const { id } of found) {
      await estate.call('POST', `/admin/orphans/${id}/quarantine`);
      await estate.ended(id);
      await endQuarantine(id);
      await estate.call('POST', `/admin/orphans/${id}/destroy`, { body: {} });
      expect(await estate.ended(id)).toMatchObject({ state: 'destroyed', note: null });
    }
    expect(await VmidLease.query(estate.database).where({ serverId })).toEqual([]);
    expect(await IpLease.query(estate.database).where({ serverId })).toEqual([]);
  });

  it('what is dismissed is listed no longer, and stays so', async () => {
    const { server } = await estate.runningServer('meant-so');
    await estate.lose(server);
    await estate.reconcile();
    await estate.reconcile();
    const { id } = (await estate.orphans()).find(({ evidence }) => evidence.serverId === server.id) ?? {
      id: '',
    };
    expect((await estate.call('POST', `/admin/orphans/${id}/dismiss`)).status).toBe(200);
    await estate.reconcile();
    expect((await estate.orphans()).map((one) => one.id)).not.toContain(id);
    expect(await estate.orphans('?state=dismissed')).toMatchObject([{ id }]);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requestOperation } from '../tests/order.ts';
import { createReconcileEstate, type ReconcileEstate } from '../tests/reconcile-estate.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { AuditEntry } from '../db/models/audit-entry.ts';
import { Drift } from '../db/models/drift.ts';
import { Operation } from '../db/models/operation.ts';
import { Orphan } from '../db/models/orphan.ts';
import { Server } from '../db/models/server.ts';
import { reconcileScheduleId, serverWorkflowId } from '../contract/temporal.ts';

let estate: ReconcileEstate;
beforeAll(async () => {
  estate = await createReconcileEstate();
});
afterAll(async () => estate.close());
afterEach(async () => {
  estate.simulator.faults.clear();
  await Drift.query(estate.database).delete();
  await Orphan.query(estate.database).delete();
});

describe('servers and their VMs', () => {
  let server: Server;
  let vmid: number;
  beforeAll(async () => {
    ({ server, vmid } = await estate.runningServer('web-1'));
  });

  it('agree in every field after a provision, and the reading tells its age', async () => {
    const run = await estate.reconcile();
    expect(run).toMatchObject({ status: 'complete', serversRead: 1, message: null });
    const { body } = await estate.call('GET', `/admin/servers/${server.id}/truth`);
    expect(body).toMatchObject({ serverId: server.id, vmid, drift: [] });
    expect(body.ageSeconds).toBeLessThan(30);
    expect(body.fields).toHaveLength(16);
    expect(body.fields.filter((field: { agrees: boolean }) => !field.agrees)).toEqual([]);
    expect((await estate.call('GET', '/admin/reconcile')).body.items).toMatchObject([
      { cluster: 'default', drift: 0, orphans: {}, lastRun: { status: 'complete', serversRead: 1 } },
    ]);
    await recordHistory(
      'reconcile',
      estate.temporal.client.workflow.getHandle(await scheduledWorkflowId(run.runId), run.runId),
    );
  });

  it('differ in memory: it is found once, repaired by one call, and stays repaired', async () => {
    estate.vmAt(vmid).config['memory'] = '4096';
    await estate.reconcile();
    await estate.reconcile();
    const [found, ...others] = await estate.drift(`?server=${server.id}`);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ field: 'memory', owner: 'berth', record: '2048', proxmox: '4096' });
    expect((await estate.call('POST', `/admin/drift/${found?.id}/repair`)).status).toBe(202);
    await until(async () => (await estate.drift('?resolved=true')).length === 1);
    const [repaired] = await estate.drift('?resolved=true');
    expect(repaired).toMatchObject({ resolution: 'repaired', canRepair: false });
    const workflow = estate.temporal.client.workflow.getHandle(serverWorkflowId(server.id));
    expect(await workflow.result()).toBe('memory');
    await recordHistory('repair', workflow);
    // As the VM runs, Proxmox keeps the change for its next start.
    expect(repaired?.note).toContain('next start');
    expect({ ...estate.vmAt(vmid).config, ...estate.vmAt(vmid).pending }['memory']).toBe('2048');
    await estate.reconcile();
    expect(await estate.drift()).toEqual([]);
    const deeds = await AuditEntry.query(estate.database).where({ subjectId: repaired?.id }).orderBy('id');
    expect(deeds.map(({ action }) => action)).toEqual(['drift.repair', 'drift.repaired']);
    estate.vmAt(vmid).config['memory'] = '2048';
    estate.vmAt(vmid).pending = {};
  });

  it('differ in several fields, all of which a repair each mends', async () => {
    const kept = { ...estate.vmAt(vmid).config };
    Object.assign(estate.vmAt(vmid).config, {
      name: 'renamed',
      description: 'somebody wrote here',
      tags: 'production',
      onboot: 0,
      ipconfig0: 'ip=dhcp',
      net0: String(kept['net0']).replace('vmbr0', 'vmbr1'),
    });
    await estate.reconcile();
    const found = await estate.drift();
    expect(found.map(({ field }) => field).toSorted()).toEqual([
      'address',
      'bridge',
      'marker',
      'name',
      'onboot',
      'tag',
    ]);
    for (const { id } of found) await estate.call('POST', `/admin/drift/${id}/repair`);
    await until(async () => (await estate.drift()).length === 0);
    await estate.reconcile();
    expect(await estate.drift()).toEqual([]);
    const { config, pending } = estate.vmAt(vmid);
    const merged = { ...config, ...pending };
    expect(merged).toMatchObject({ name: kept['name'], ipconfig0: kept['ipconfig0'] });
    expect(String(merged['tags']).split(';').toSorted()).toEqual(['berth', 'production']);
    expect(merged['description']).toContain(`berth:${server.id}`);
  });

  it('are made to agree by accepting what Proxmox has', async () => {
    const cores = estate.vmAt(vmid).config['cores'];
    estate.vmAt(vmid).config['cores'] = 8;
    await estate.reconcile();
    const [found] = await estate.drift();
    const answer = await estate.call('POST', `/admin/drift/${found?.id}/accept`);
    expect([answer.status, answer.body.resolution]).toEqual([200, 'accepted']);
    expect(await Server.query(estate.database).findById(server.id)).toMatchObject({ vcpu: 8 });
    const truth = (await estate.call('GET', `/admin/servers/${server.id}/truth`)).body;
    expect(truth.fields).toContainEqual(
      expect.objectContaining({ field: 'vcpu', record: '8', proxmox: '8', agrees: true }),
    );
    await estate.reconcile();
    expect(await estate.drift()).toEqual([]);
    estate.vmAt(vmid).config['cores'] = cores ?? 1;
    await Server.query(estate.database).findById(server.id).patch({ vcpu: 2 });
  });

  it('grow a disk by a repair, and do not shrink one', async () => {
    await Server.query(estate.database).findById(server.id).patch({ diskGib: 12 });
    await estate.reconcile();
    const [small] = await estate.drift();
    expect(small).toMatchObject({ field: 'disk', record: '12', proxmox: '10' });
    await estate.call('POST', `/admin/drift/${small?.id}/repair`);
    await until(async () => (await estate.drift()).length === 0);
    expect(estate.vmAt(vmid).config['scsi0']).toContain('size=12G');
    await Server.query(estate.database).findById(server.id).patch({ diskGib: 11 });
    await estate.reconcile();
    const [large] = await estate.drift();
    await estate.call('POST', `/admin/drift/${large?.id}/repair`);
    await until(async () => (await estate.drift())[0]?.note !== null);
    expect((await estate.drift())[0]).toMatchObject({
      note: 'a disk cannot be made smaller: accept its 12 GiB instead',
      repairRequestedAt: null,
    });
    await Server.query(estate.database).findById(server.id).patch({ diskGib: 12 });
  });

  it('are not compared while an operation is at work, and nothing is repaired then', async () => {
    estate.vmAt(vmid).config['memory'] = '4096';
    await estate.reconcile();
    const [found] = await estate.drift();
    const operation = await requestOperation(estate, server, 'start');
    const refused = await estate.call('POST', `/admin/drift/${found?.id}/repair`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'server_busy' } });
    expect((await estate.call('POST', `/admin/drift/${found?.id}/accept`)).status).toBe(409);
    await Drift.query(estate.database).delete();
    expect(await estate.reconcile()).toMatchObject({ status: 'complete', serversRead: 0 });
    expect(await estate.drift()).toEqual([]);
    estate.vmAt(vmid).config['memory'] = '2048';
    await Operation.query(estate.database)
      .findById(operation.id)
      .patch({ status: 'cancelled', finishedAt: new Date() });
  });

  it('let an operation that was ordered during a repair wait for its end, and no longer', async () => {
    estate.vmAt(vmid).config['onboot'] = 0;
    await estate.reconcile();
    const [found] = await estate.drift();
    // The repair tries again meanwhile.
    estate.simulator.faults.add({
      action: 'status',
      path: '/config$',
      method: 'PUT',
      status: 595,
      reason: 'away',
      forMs: 500,
    });
    await estate.call('POST', `/admin/drift/${found?.id}/repair`);
    const ordered = await estate.call('POST', `/servers/${server.id}/actions`, { body: { action: 'reset' } });
    expect(ordered.status).toBe(202);
    const operation = async () => (await estate.call('GET', `/operations/${ordered.body.operation.id}`)).body;
    expect((await operation()).status).toBe('pending');
    await until(async () => (await operation()).status === 'succeeded');
    expect((await estate.drift('?resolved=true'))[0]).toMatchObject({
      id: found?.id,
      resolution: 'repaired',
    });
  });

  it('repair once although the answer was lost', async () => {
    estate.vmAt(vmid).config['onboot'] = 0;
    await estate.reconcile();
    const [found] = await estate.drift();
    estate.simulator.faults.add({ method: 'PUT', path: '/config$', when: 'after', action: 'drop' });
    await estate.call('POST', `/admin/drift/${found?.id}/repair`);
    await until(async () => (await estate.drift()).length === 0);
    expect(String(estate.vmAt(vmid).config['onboot'])).toBe('1');
  });

  it('are a finding when the VM is gone, or is another one, and no longer when it is back', async () => {
    const kept = estate.vmAt(vmid);
    delete estate.simulator.state.vms[vmid];
    await estate.reconcile();
    expect(await estate.orphans()).toEqual([]);
    await estate.reconcile();
    const [gone] = await estate.orphans();
    expect(gone).toMatchObject({
      kind: 'server_without_vm',
      identifier: server.id,
      evidence: { name: 'web-1', vmid, reason: `the cluster has no VM ${vmid}` },
    });
    expect(await estate.call('POST', `/admin/orphans/${gone?.id}/quarantine`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state' },
    });
    const { description: _marker, smbios1: _uuid, ...foreign } = kept.config;
    estate.simulator.state.vms[vmid] = { ...kept, config: { ...foreign, name: 'intruder' } };
    await estate.reconcile();
    expect((await estate.orphans())[0]?.evidence.reason).toContain('intruder');
    estate.simulator.state.vms[vmid] = kept;
    await estate.reconcile();
    expect(await estate.orphans()).toEqual([]);
    expect(await estate.orphans('?gone=true')).toHaveLength(1);
  });

  it('keep their findings while the cluster is away', async () => {
    estate.vmAt(vmid).config['memory'] = '4096';
    const { server: lost } = await estate.runningServer('lost-before');
    await estate.lose(lost);
    await estate.reconcile();
    await estate.reconcile();
    const before = [await estate.drift(), await estate.orphans()];
    expect(before.map(({ length }) => length)).toEqual([1, 1]);
    estate.simulator.faults.add({ action: 'status', status: 595, reason: 'away', forMs: 3_600_000 });
    const run = await estate.reconcile();
    expect(run.status).toBe('failed');
    expect(run.message).toContain('595');
    expect([await estate.drift(), await estate.orphans()]).toEqual(before);
    estate.vmAt(vmid).config['memory'] = '2048';
  });
});

/** The Schedule puts the time into the id. */
async function scheduledWorkflowId(runId: string): Promise<string> {
  const { cluster } = estate;
  const beginning = reconcileScheduleId(cluster.id, estate.temporal.queuePrefix);
  const schedule = await estate.temporal.client.schedule.getHandle(beginning).describe();
  for (const { action } of schedule.info.recentActions) {
    if (action.type === 'startWorkflow' && action.workflow.firstExecutionRunId === runId)
      return action.workflow.workflowId;
  }
  throw new Error('the Schedule does not know this run');
}

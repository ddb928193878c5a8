import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProxmoxActivities } from './index.ts';
import { listClusterVms, listVmAddresses } from './list-cluster-vms.ts';
import { syncCluster } from './sync-cluster.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Node } from '../db/models/node.ts';
import { Operation } from '../db/models/operation.ts';
import type { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { testConnection } from '../proxmox/connection-test.ts';
import { bridgePath, NODES_PATH, privilegesOf, storagePath, VMS_PATH } from '../proxmox/privileges.ts';
import { attempt, claim, serverAfter } from '../tests/activity.ts';
import { observe } from '../tests/observe.ts';
import { requestOperation, requestPassword } from '../tests/order.ts';
import { createEstate, type Estate } from '../tests/stack.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { PowerAction } from '../contract/servers.ts';

const RELEASES = ['8.4', '9.2'] as const;
const PATHS = [VMS_PATH, NODES_PATH, storagePath('local-lvm'), storagePath('local'), bridgePath('vmbr0')];

/** An estate whose token has the role that Berth needs on the paths that it needs it on, and nothing else. */
async function createLeastEstate(release: (typeof RELEASES)[number]): Promise<Estate> {
  const estate = await createEstate({ release });
  const { access, token } = estate.simulator.state;
  const [user = ''] = token.id.split('!');
  access.acl = PATHS.flatMap((path) => [
    { path, type: 'user' as const, ugid: user, roleid: 'Berth', propagate: 1 },
    { path, type: 'token' as const, ugid: token.id, roleid: 'Berth', propagate: 1 },
  ]);
  return estate;
}

/** What shows that a privilege is missing, where Proxmox does not refuse a call by its name. */
const SYMPTOMS: Record<string, string> = {
  'Sys.Audit': 'a node has no size',
  'VM.Audit': 'No node has the template debian-12',
  'VM.Allocate': '403 Permission check failed',
};

const held = (release: string): string[] => privilegesOf(release).map(({ privilege }) => privilege);

/** All that Berth does to a cluster and a server there, from learning its nodes to the deleted VM. */
async function liveWholeLife(estate: Estate): Promise<void> {
  const { database, cluster, deps } = estate;
  const { proxmox } = await deps.clusters.of(cluster.id);
  await Node.query(database).patch({ memoryMib: 1 }).where({ name: 'pve3' });
  await syncCluster(database, cluster.id, proxmox);
  const learned = await Node.query(database).findOne({ name: 'pve3' });
  if (learned?.memoryMib === 1) throw new Error('a node has no size');
  const { resizeDisk, startVm, waitUntilReady, powerVm, stopForRemoval, destroyVm, ...move } =
    createProxmoxActivities(deps);
  const { checkMigration, moveVm, verifyMove } = move;
  const { beginReconcile, reconcileNode, reconcileLeases, reconcileVolumes } = createProxmoxActivities(deps);
  const { server, operation, claim: order, vmid, node } = await serverAfter(estate, 'configure');
  await attempt(resizeDisk, order);
  await attempt(startVm, order);
  await attempt(waitUntilReady, order);
  await proxmox.agentInterfaces(node, vmid);
  await observe(estate);
  if (!(await listClusterVms(proxmox)).some((vm) => vm.vmid === vmid))
    throw new Error('the VM is not listed');
  await listVmAddresses(proxmox, node, vmid);
  await finish(estate, operation);
  await resetPassword(estate, server);
  const run = { clusterId: cluster.id, runId: 'run' };
  const nodesRead = (await attempt(beginReconcile, run)) ?? [];
  for (const name of nodesRead) await attempt(reconcileNode, { ...run, node: name });
  await attempt(reconcileLeases, { ...run, nodesRead });
  await attempt(reconcileVolumes, { ...run, nodesRead });
  await rescue(estate, server);
  for (const action of ['reboot', 'reset', 'shutdown', 'start', 'stop'] as PowerAction[]) {
    const requested = await requestOperation(estate, server, action);
    await attempt(powerVm, { ...(await claim(estate, requested)), action });
    await finish(estate, requested);
  }
  const target = node === 'pve2' ? 'pve3' : 'pve2';
  const requested = await requestOperation(estate, server, 'migrate', { targetNode: target });
  const moving = await claim(estate, requested);
  await attempt(checkMigration, moving);
  await Operation.query(database).findById(requested.id).patch({ step: 'move' });
  await attempt(moveVm, moving);
  await attempt(verifyMove, moving);
  await finish(estate, requested);
  const terminate = await requestOperation(estate, server, 'terminate');
  const removal: OperationClaim = await claim(estate, terminate);
  await attempt(stopForRemoval, removal);
  await attempt(destroyVm, removal);
  await finish(estate, terminate);
}

async function resetPassword(estate: Estate, server: Server): Promise<void> {
  const { setPasswordByAgent, setPasswordByCloudInit } = createProxmoxActivities(estate.deps);
  const requested = await requestPassword(estate, server, 'correct horse battery');
  const held = await claim(estate, requested);
  await requested.$query(estate.database).patch({ step: 'agent' });
  await attempt(setPasswordByAgent, held);
  await requested.$query(estate.database).patch({ step: 'cloudinit' });
  await attempt(setPasswordByCloudInit, held);
  await finish(estate, requested);
}

async function rescue(estate: Estate, server: Server): Promise<void> {
  const { insertRescue, removeRescue, restartVm } = createProxmoxActivities(estate.deps);
  const requested = await requestOperation(estate, server, 'rescue');
  const held = await claim(estate, requested);
  const steps = { attach: insertRescue, restart: restartVm, detach: removeRescue };
  for (const step of ['attach', 'restart', 'detach', 'restart'] as const) {
    await requested.$query(estate.database).patch({ step });
    await attempt<OperationClaim, unknown>(steps[step], held);
  }
  await finish(estate, requested);
  await server.$query(estate.database).patch({ rescue: null });
}

const finish = ({ database }: Estate, { id }: Operation) =>
  Operation.query(database).findById(id).patch({ status: 'succeeded', finishedAt: new Date() });

/** Takes away what a life that was cut short has left. */
async function cleanUp({ database, simulator }: Estate): Promise<void> {
  await Operation.query(database)
    .patch({ status: 'succeeded', finishedAt: new Date() })
    .whereIn('status', ['pending', 'running']);
  await IpLease.query(database).delete();
  for (const { vmid } of await VmidLease.query(database)) delete simulator.state.vms[vmid];
}

for (const release of RELEASES) {
  let estate: Estate;
  beforeAll(async () => {
    estate = await createLeastEstate(release);
  });
  afterAll(() => estate.close());

  const check = () => {
    const { url, ca, token } = estate.simulator;
    return testConnection({ endpoints: [url], trust: { ca }, token });
  };

  it(`a server lives its whole life on ${release} with the role of least privilege`, async () => {
    estate.simulator.state.access.roles['Berth'] = held(release);
    await liveWholeLife(estate);
    expect(await check()).toMatchObject({ ok: true, findings: [] });
  });

  it.each(held(release))(
    `something fails on ${release} without %s, and the test of the connection names it`,
    async (privilege) => {
      estate.simulator.state.access.roles['Berth'] = held(release).filter((name) => name !== privilege);
      await expect(liveWholeLife(estate)).rejects.toThrow(SYMPTOMS[privilege] ?? privilege);
      await cleanUp(estate);
      const { ok, findings } = await check();
      expect(ok).toBe(false);
      expect(findings.map((finding) => finding.privilege)).toContain(privilege);
    },
  );
}

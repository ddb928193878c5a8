import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import type { ReconcileClaim } from './begin-reconcile.ts';
import { bootDisk } from './boot-disk.ts';
import type { ClusterConnection } from './cluster-access.ts';
import { compareVm, type SeenVm } from './compare-vm.ts';
import type { Deps } from './deps.ts';
import { noteOrphan } from './note-orphan.ts';
import { isMissing } from './run-task.ts';
import { saveReading } from './save-reading.ts';
import { reasoned } from './reasoned.ts';
import { takeTurn } from './take-turn.ts';
import { isMarked } from './vm-context.ts';
import { databaseTime } from '../db/database-time.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Server } from '../db/models/server.ts';
import { queryRows } from '../db/query-rows.ts';
import type { VmConfig, VmSummary } from '../proxmox/answers.ts';
import { parseSmbiosUuid } from '../proxmox/vm-config.ts';
import type { OrphanEvidence } from '../contract/reconcile.ts';
import { inEnglish, say } from '../contract/sayings.ts';

/** After this a node's remaining servers are left to the next run, which begins with them; half of it is for other VMs. */
const BUDGET_MS = 8 * 60_000;

interface NodeReading extends ReconcileClaim, ClusterConnection {
  deps: Deps;
  node: string;
  vms: VmSummary[];
  askedAt: Date;
}

export interface NodeRead {
  /** Servers. */
  read: number;
  /** Whether there was time to look at every VM that nobody owns. */
  isWhole: boolean;
}

export function createReconcileNode(deps: Deps) {
  /**
   * Reads a node's VMs, one call per turn and with a pause after each, so that tasks and guests are not kept waiting: first
   * those that nobody owns, for our marker, then the servers' whose last reading is old, oldest first. What it has read it
   * keeps, so a repeat goes on from there.
   */
  return async function reconcileNode(input: ReconcileClaim & { node: string }): Promise<NodeRead> {
    const { clusterId, node } = input;
    const connection = await deps.clusters.of(clusterId);
    const begunAt = performance.now();
    await takeTurn(connection.tasks, node);
    const askedAt = await databaseTime(deps.database);
    const vms = (await connection.proxmox.listVms(node)).filter(({ template }) => !template);
    const reading = { ...input, ...connection, deps, vms, askedAt };
    const ownerless = await ownerlessVms(reading);
    let isWhole = true;
    for (const vm of ownerless) {
      isWhole = performance.now() < begunAt + BUDGET_MS / 2;
      if (!isWhole) break;
      await lookForMarker(reading, vm);
    }
    let read = 0;
    for (const { vmid, serverId } of await dueServers(reading)) {
      if (performance.now() > begunAt + BUDGET_MS) break;
      if (await readServer(reading, vmid, serverId)) read += 1;
    }
    return { read, isWhole };
  };
}

const vmidsOf = ({ vms }: NodeReading): number[] => vms.map(({ vmid }) => vmid);

/** Those that may be ours, by tag or VM id, and that no server holds; the tagged ones first. */
async function ownerlessVms(reading: NodeReading): Promise<VmSummary[]> {
  const { deps, clusterId, vms } = reading;
  const { vmidMin, vmidMax } = await Cluster.query(deps.database).findById(clusterId).throwIfNotFound();
  // After the list of VMs: whatever was listed had its lease before.
  const owned = await queryRows<{ vmid: number }>(
    deps.database,
    `select l.vmid from vmid_leases l join servers s on s.id = l.server_id and s.deleted_at is null
     where l.cluster_id = ? and l.vmid = any(?::int[])`,
    [clusterId, vmidsOf(reading)],
  );
  const vmids = new Set(owned.map(({ vmid }) => vmid));
  const isTagged = ({ tags }: VmSummary) => tags.includes('berth');
  return vms
    .filter((vm) => !vmids.has(vm.vmid) && (isTagged(vm) || (vm.vmid >= vmidMin && vm.vmid <= vmidMax)))
    .toSorted((one, other) => Number(isTagged(other)) - Number(isTagged(one)));
}

async function dueServers(reading: NodeReading): Promise<{ vmid: number; serverId: string }[]> {
  const { deps, clusterId } = reading;
  return queryRows(
    deps.database,
    `select l.vmid, s.id as "serverId" from vmid_leases l join servers s on s.id = l.server_id
     left join vm_readings r on r.server_id = s.id
     where l.cluster_id = ? and l.vmid = any(?::int[]) and s.lifecycle in ('active', 'suspended')
       and (r.read_at is null or r.read_at <= now() - ? * interval '1 millisecond')
       and not exists (select from operations o where o.server_id = s.id
         and o.status in ('pending', 'running', 'needs_attention'))
     order by r.read_at nulls first`,
    [clusterId, vmidsOf(reading), deps.timing.rereadMs],
  );
}

/** Null when it has left the node meanwhile, or is being made and shows only a placeholder. */
async function readConfig(reading: NodeReading, vmid: number): Promise<VmConfig | null> {
  const { deps, proxmox, tasks, node } = reading;
  await takeTurn(tasks, node);
  try {
    const config = await proxmox.vmConfig(node, vmid);
    return config.values['lock'] === 'clone' ? null : config;
  } catch (err) {
    if (isMissing(err)) return null;
    throw err;
  } finally {
    await delay(deps.timing.readPauseMs, undefined, { signal: cancellationSignal() });
  }
}

async function lookForMarker(reading: NodeReading, vm: VmSummary): Promise<void> {
  const { database } = reading.deps;
  const config = await readConfig(reading, vm.vmid);
  if (!config) return;
  const serverId = await markedFor(reading, config);
  if (!serverId) return;
  const { name = `VM ${vm.vmid}` } = config.values;
  const disk = bootDisk(config.values);
  await noteOrphan(database, reading, {
    kind: 'marked_vm_without_server',
    identifier: `${vm.vmid} berth:${serverId}`,
    node: reading.node,
    evidence: {
      name,
      vmid: vm.vmid,
      serverId,
      ...(await describeServer(reading, serverId)),
      status: vm.status,
      ...(disk ? { sizeGib: disk.sizeGib } : {}),
    },
  });
}

/** The server a VM is marked for: by its description, or by the uuid of a server there is or was. */
async function markedFor({ deps }: NodeReading, { values }: VmConfig): Promise<string | null> {
  const described = /berth:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.exec(
    values['description'] ?? '',
  )?.[1];
  if (described) return described;
  const uuid = parseSmbiosUuid(values['smbios1']);
  const isUuid = uuid && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid);
  const server = isUuid ? await Server.query(deps.database).findById(uuid) : undefined;
  return server?.id ?? null;
}

async function describeServer(
  { deps, clusterId }: NodeReading,
  serverId: string,
): Promise<Pick<OrphanEvidence, 'server' | 'serverSaid'>> {
  const server = await Server.query(deps.database)
    .findById(serverId)
    .withGraphFetched('[vmidLease, cluster]');
  if (!server) return { server: 'unknown' };
  const { lifecycle, vmidLease, cluster } = server;
  if (!vmidLease) return { server: lifecycle };
  const held = { lifecycle: say(`server_${lifecycle}`), vmid: vmidLease.vmid };
  const said =
    server.clusterId === clusterId
      ? say('server_holds', held)
      : say('server_holds_on', { ...held, cluster: cluster?.name ?? '' });
  return { server: inEnglish(said), serverSaid: said };
}

async function readServer(reading: NodeReading, vmid: number, serverId: string): Promise<boolean> {
  const { deps, node } = reading;
  const { database } = deps;
  const begunAt = await databaseTime(database);
  const config = await readConfig(reading, vmid);
  const server = await Server.query(database)
    .findById(serverId)
    .withGraphFetched('[node, plan, template, ipAddresses.pool, sshKeys]');
  if (!config || !server) return false;
  if (!isVmOf(server, config, vmid)) {
    await noteOrphan(database, reading, {
      kind: 'server_without_vm',
      identifier: serverId,
      node,
      evidence: {
        name: server.name,
        serverId,
        server: server.lifecycle,
        vmid,
        ...reasoned(
          config.values['name']
            ? say('other_vm', { vmid, name: config.values['name'], node })
            : say('other_nameless_vm', { vmid, node }),
        ),
      },
    });
    return true;
  }
  const seen = seenOn(reading, vmid);
  const fields = compareVm(server, config.values, seen);
  return saveReading(database, { serverId, node, vmid, fields, begunAt });
}

/** Without taking note of anything, unlike an operation that finds an imported VM by its name. */
function isVmOf({ id, vmIdentity }: Server, config: VmConfig, vmid: number): boolean {
  if (!vmIdentity) return isMarked(config, id);
  const { name, uuid } = vmIdentity;
  if (uuid) return parseSmbiosUuid(config.values['smbios1']) === uuid.toLowerCase();
  return (config.values['name'] ?? `VM ${vmid}`) === name;
}

function seenOn({ vms, node, askedAt }: NodeReading, vmid: number): SeenVm {
  const status = vms.find((vm) => vm.vmid === vmid)?.status;
  return { node, askedAt, power: status === 'running' || status === 'stopped' ? status : 'unknown' };
}

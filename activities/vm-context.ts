import { heartbeat } from '@temporalio/activity';
import { raw } from 'objection';
import type { Deps } from './deps.ts';
import { finalFailure, staleClaim } from './failures.ts';
import { Node } from '../db/models/node.ts';
import { Operation } from '../db/models/operation.ts';
import { Server, type PowerState, type VmIdentity } from '../db/models/server.ts';
import { SshKey } from '../db/models/ssh-key.ts';
import { Template } from '../db/models/template.ts';
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import type { VmConfig } from '../proxmox/answers.ts';
import type { Proxmox } from '../proxmox/client.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import type { TaskWatcher } from '../proxmox/tasks.ts';
import { parseSmbiosUuid } from '../proxmox/vm-config.ts';
import type { StepName } from '../contract/operation-table.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say } from '../contract/sayings.ts';

/** A server under an operation, with the way to its cluster. */
export interface VmContext {
  database: Database;
  claim: OperationClaim;
  operation: Operation;
  server: Server;
  proxmox: Proxmox;
  tasks: TaskWatcher;
}

/** What finding a server's VM needs; the server comes with its node and VM id. */
type VmSearch = Pick<VmContext, 'database' | 'server' | 'proxmox'>;

export interface FoundVm {
  node: string;
  vmid: number;
  config: VmConfig;
  /** A clone under way, or one that died: a placeholder until the first disk is copied, locked until the last one is. */
  isHalfBuilt: boolean;
}

/** Loads what an activity on a VM needs; throws when this run no longer owns the operation. */
export async function loadVm({ database, clusters }: Deps, claim: OperationClaim): Promise<VmContext> {
  const { operationId, serverId, fence } = claim;
  const operation = await Operation.query(database).findOne({ id: operationId, fence, status: 'running' });
  if (!operation) throw staleClaim();
  const server = await Server.query(database)
    .findById(serverId)
    // One query, where fetching each relation by itself takes ten; every step of an operation begins with it.
    .withGraphJoined('[cluster, node, plan, template, ipAddresses.pool, sshKeys, vmidLease]')
    .throwIfNotFound();
  await applyRebuild(database, server, operation);
  heartbeat();
  return { database, claim, operation, server, ...(await clusters.of(server.clusterId)) };
}

/** A rebuild works with the template and the keys that the server is to have; the record follows when it has succeeded. */
async function applyRebuild(
  database: Database,
  server: Server,
  { params: { templateId, sshKeyIds } }: Operation,
): Promise<void> {
  if (templateId) server.template = await Template.query(database).findById(templateId).throwIfNotFound();
  if (sshKeyIds) server.sshKeys = await SshKey.query(database).findByIds(sshKeyIds);
}

/**
 * Throws when the operation is no longer this run's or at this step: asked right before an effect that must not come late,
 * as from a worker that was frozen for a while. What is left is the time until Proxmox has the call.
 */
export async function requireStep(
  { database }: Pick<Deps, 'database'>,
  { operationId, fence }: OperationClaim,
  step: StepName,
): Promise<void> {
  const here = await Operation.query(database).findOne({ id: operationId, fence, status: 'running', step });
  if (!here) throw staleClaim();
}

/** Written into the VM's description with the clone call itself, so that a VM can be told to be ours from its birth. */
export const markerOf = (serverId: string): string => `berth:${serverId}`;

/** Beside the marker of a VM that a rebuild made: tells it from the one that rebuild is to delete. */
export const buildMarkOf = (operationId: string): string => `berth-build:${operationId}`;

export const isBuiltBy = ({ values }: VmConfig, operationId: string): boolean =>
  (values['description'] ?? '').includes(buildMarkOf(operationId));

/** True when the VM carries this server's marker or its SMBIOS uuid. */
export function isMarked(config: VmConfig, serverId: string): boolean {
  const { description = '', smbios1 = '' } = config.values;
  return description.includes(markerOf(serverId)) || smbios1.includes(`uuid=${serverId}`);
}

/**
 * True when the VM is the one an imported server was bound to. Until its SMBIOS uuid is known the name decides, once:
 * the uuid found then is recorded, and from then on nothing else counts.
 */
async function hasIdentity(
  { database, server }: VmSearch,
  { values }: VmConfig,
  { name, uuid }: VmIdentity,
): Promise<boolean> {
  const found = parseSmbiosUuid(values['smbios1']) || null;
  if (uuid) return found === uuid.toLowerCase();
  // As Proxmox lists a VM whose configuration has no name.
  const listedAs = values['name'] ?? `VM ${server.vmidLease?.vmid}`;
  if (listedAs !== name) return false;
  if (found === null) return true;
  const [recorded] = await queryRows<{ uuid: string | null }>(
    database,
    `update servers set vm_identity = vm_identity || jsonb_build_object('uuid', coalesce(vm_identity ->> 'uuid', ?))
     where id = ? returning vm_identity ->> 'uuid' as uuid`,
    [found, server.id],
  );
  server.vmIdentity = { name, uuid: recorded?.uuid ?? null };
  return recorded?.uuid?.toLowerCase() === found;
}

/**
 * The server's VM, wherever in the cluster it is now, or null when there is none. A VM under the leased id that is not
 * ours is never touched: that ends the operation.
 */
export async function findOurVm(vm: VmSearch): Promise<FoundVm | null> {
  const found = await findVm(vm);
  if (found?.isOurs === false) {
    const { node, vmid } = found;
    throw finalFailure('vm_not_ours', say('not_ours', { vmid, node }));
  }
  return found;
}

/** Whatever is under the leased id, ours or not. */
export async function findVm(vm: VmSearch): Promise<(FoundVm & { isOurs: boolean }) | null> {
  const { server, proxmox } = vm;
  const vmid = server.vmidLease?.vmid;
  if (vmid === undefined) return null;
  const found = await locateVm(proxmox, server.node?.name ?? null, vmid);
  if (!found) return null;
  const { node, config } = found;
  if (server.vmIdentity) {
    const isOurs = await hasIdentity(vm, config, server.vmIdentity);
    return { node, vmid, config, isHalfBuilt: false, isOurs };
  }
  // It names nobody yet, but the id is leased to us.
  const isPlaceholder = (config.values['description'] ?? '').includes('qmclone temporary file');
  const isHalfBuilt = isPlaceholder || config.values['lock'] === 'clone';
  return { node, vmid, config, isHalfBuilt, isOurs: isPlaceholder || isMarked(config, server.id) };
}

async function locateVm(proxmox: Proxmox, node: string | null, vmid: number) {
  if (node) {
    const config = await configOrNull(proxmox, node, vmid);
    if (config) return { node, config };
  }
  const elsewhere = await proxmox.findVm(vmid);
  if (!elsewhere) return null;
  const config = await configOrNull(proxmox, elsewhere.node, vmid);
  return config && { node: elsewhere.node, config };
}

async function configOrNull(proxmox: Proxmox, node: string, vmid: number): Promise<VmConfig | null> {
  try {
    return await proxmox.vmConfig(node, vmid);
  } catch (err) {
    if (err instanceof ProxmoxError && err.kind === 'missing') return null;
    throw err;
  }
}

/** The VM, which must be there. */
export async function requireOurVm(vm: VmSearch): Promise<FoundVm> {
  const found = await findOurVm(vm);
  if (!found) throw finalFailure('vm_gone', say('vm_gone', { server: vm.server.name }));
  return found;
}

export interface ObservedVm {
  power: PowerState;
  /** What high availability makes of the VM, such as `started` or `error`; null when it does not look after it. */
  haState: string | null;
}

/** Asks Proxmox whether the VM runs and records the answer, unless a later one is recorded already. */
export const observePower = async (deps: Deps, vm: VmContext, found: FoundVm): Promise<PowerState> =>
  (await observeVm(deps, vm, found)).power;

/** The same, with what else the answer says. */
export async function observeVm({ database }: Deps, vm: VmContext, found: FoundVm): Promise<ObservedVm> {
  const askedAt = performance.now();
  const { status, ha } = await vm.proxmox.vmStatus(found.node, found.vmid);
  // By PostgreSQL's clock, which also judges how old it is: a worker's own may be wrong.
  const observedAt = raw("now() - ? * interval '1 millisecond'", [performance.now() - askedAt]);
  const powerState = status === 'running' || status === 'stopped' ? status : 'unknown';
  const node = await Node.query(database).findOne({ clusterId: vm.server.clusterId, name: found.node });
  await Server.query(database)
    .findById(vm.server.id)
    .patch({ powerState, powerObservedAt: observedAt, ...(node ? { nodeId: node.id } : {}) })
    .where((query) => void query.whereNull('powerObservedAt').orWhere('powerObservedAt', '<', observedAt));
  return { power: powerState, haState: ha.managed ? (ha.state ?? 'queued') : null };
}

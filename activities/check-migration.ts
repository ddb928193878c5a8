import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { awaitMigrationEnd, targetOf } from './migration-lock.ts';
import { lockClaim } from './report-steps.ts';
import { rememberPower } from './restore-power.ts';
import { loadVm, requireOurVm, type FoundVm, type VmContext } from './vm-context.ts';
import { freeMemoryMib } from '../db/capacity.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Node } from '../db/models/node.ts';
import type { MigrationPreconditions, Storage } from '../proxmox/answers.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say, tell, told, type Told } from '../contract/sayings.ts';

const GIB = 1024 ** 3;

export function createCheckMigration(deps: Deps) {
  /**
   * Finds everything that keeps the VM from moving to the wanted node and says all of it at once (`migration_blocked`,
   * or `no_capacity` when only room is missing). Where nothing does, room there is kept until the operation ends.
   */
  return async function checkMigration(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const target = targetOf(vm);
    const found = await awaitMigrationEnd(deps, vm, await requireOurVm(vm));
    await rememberPower(deps, vm, found);
    if (found.node === target) return tell('on_node_already', { node: target });
    await requireOnline(vm, target);
    const preconditions = await vm.proxmox.migrationPreconditions(found.node, found.vmid, target);
    const storages = await vm.proxmox.storages(target);
    const ties = findTies(found, target, preconditions, storages);
    if (ties.length > 0) throw finalFailure('migration_blocked', sentence(target, ties));
    const lacking = [...lackOfSpace(preconditions, storages), ...(await keepRoom(deps, vm, target))];
    if (lacking.length > 0) throw finalFailure('no_capacity', sentence(target, lacking));
    return told(describe(found, target, preconditions));
  };
}

const sentence = (target: string, reasons: Said[]): Said => say('cannot_move', { node: target, reasons });

async function requireOnline({ proxmox }: VmContext, target: string): Promise<void> {
  const status = (await proxmox.nodes()).find(({ node }) => node === target)?.status;
  if (status === 'online') return;
  const why = status === undefined ? say('node_gone') : say('node_is', { status });
  throw finalFailure('migration_blocked', sentence(target, [why]));
}

/** A cloud-init drive is made anew on the other node; whatever else is in a drive has to be there already. */
const isImage = ({ cdrom, volid }: MigrationPreconditions['localDisks'][number]): boolean =>
  cdrom && !volid.includes('-cloudinit');

/** Its disk needs the one of a template, which stays where it is. */
const isLinked = ({ volid }: { volid: string }): boolean => /[:/]base-\d+-/.test(volid);

const storageOf = (volid: string): string => volid.slice(0, volid.indexOf(':'));

function findTies(
  { node, config }: FoundVm,
  target: string,
  { localDisks, localResources, notAllowedNodes }: MigrationPreconditions,
  storages: Storage[],
): Said[] {
  const refused = notAllowedNodes[target];
  const wanted = localDisks.filter((disk) => !isImage(disk)).map(({ volid }) => storageOf(volid));
  const unusable = new Set(refused?.unavailable_storages ?? []);
  for (const name of wanted) {
    const there = storages.find(({ storage }) => storage === name);
    if (there && (!there.enabled || !there.active)) unusable.add(name);
  }
  const images = localDisks.filter(isImage).map(({ volid }) => volid);
  const keysOf = (volid: string) =>
    Object.keys(config.values).filter((key) => config.values[key]?.startsWith(volid));
  return [
    ...localResources.map((key) => say('uses_device', { node, key })),
    ...images.map((volid) => say('image_on_node', { volume: volid, drive: keysOf(volid).join(', '), node })),
    ...localDisks.filter(isLinked).map(({ volid }) => say('linked_copy', { volume: volid, node })),
    ...[...unusable].map((name) => say('storage_not_there', { storage: name })),
    ...(refused?.['unavailable-resources'] ?? []).map((name) => say('device_not_there', { device: name })),
    ...(refused?.['blocking-ha-resources'] ?? []).map(({ sid }) => say('kept_apart', { resource: sid })),
  ];
}

/** Where Berth may not see a storage of the other node, Proxmox finds out while it copies. */
function lackOfSpace({ localDisks }: MigrationPreconditions, storages: Storage[]): Said[] {
  const copied = localDisks.filter((disk) => !isImage(disk));
  return storages.flatMap(({ storage, avail }) => {
    const needed = copied
      .filter(({ volid }) => storageOf(volid) === storage)
      .reduce((sum, { size }) => sum + size, 0);
    if (needed <= avail) return [];
    return [say('storage_too_full', { storage, free: gib(avail), needed: gib(needed) })];
  });
}

const gib = (bytes: number): number => Math.ceil(bytes / GIB);

/** Room by Berth's record: what its servers may use, whether or not they do. Returns what is lacking. */
async function keepRoom({ database }: Deps, { claim, server }: VmContext, target: string): Promise<Said[]> {
  return database.transaction(async (trx) => {
    const operation = await lockClaim(claim, trx);
    // Two moves or placements at once would both see the same room.
    await Cluster.query(trx).findById(server.clusterId).forUpdate();
    const node = await Node.query(trx)
      .findOne({ clusterId: server.clusterId, name: target })
      .throwIfNotFound();
    const free = await freeMemoryMib(trx, node.id, server.id);
    if (free < server.memoryMib)
      return [say('memory_too_full', { wanted: server.memoryMib, free: Math.max(free, 0) })];
    const params = { ...operation.params, reservedNodeId: node.id };
    await operation.$query(trx).patch({ params });
    return [];
  });
}

function describe(
  { node }: FoundVm,
  target: string,
  { running, localDisks, movesAlong }: MigrationPreconditions,
): Said {
  const copied = localDisks.reduce((sum, { size }) => sum + size, 0);
  const resources = movesAlong.join(', ');
  return say('several', {
    parts: [
      say(running ? 'moves_live' : 'moves_stopped', { from: node, to: target }),
      ...(copied > 0 ? [say('gib_copied', { gib: gib(copied) })] : []),
      ...(resources ? [say('moves_along', { resources })] : []),
    ],
  });
}

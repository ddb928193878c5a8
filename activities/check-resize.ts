import { raw } from 'objection';
import { bootDisk } from './boot-disk.ts';
import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { SIZE_PROPERTIES } from './restart-needed.ts';
import { freeMibOf } from './storage-room.ts';
import { loadVm, observePower, requireOurVm, type FoundVm, type VmContext } from './vm-context.ts';
import { lackOf, roomToGrow } from '../db/capacity.ts';
import { Operation, type OperationParams, type ServerSize } from '../db/models/operation.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { sayLack } from '../contract/lack.ts';
import { say, tell, type Told } from '../contract/sayings.ts';

export function createCheckResize(deps: Deps) {
  /** Makes sure that the node the VM is on has room for what the server is to have, and notes what the VM has now. */
  return async function checkResize(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    const { target, former } = sizesOf(vm);
    await observePower(deps, vm, found); // also records the node, which may have changed
    const room = await roomToGrow(deps.database, vm.server.id);
    const disk = target.diskGib > former.diskGib ? bootDisk(found.config.values) : null;
    if (disk && disk.sizeGib > target.diskGib) {
      const sizes = { has: disk.sizeGib, wanted: target.diskGib };
      throw finalFailure('disk_shrink', say('disk_larger', { disk: disk.key, ...sizes }));
    }
    const freeDiskMib = disk && (await freeMibOf(vm, found.node, disk.storage));
    const has = { ...former, diskGib: disk?.sizeGib ?? former.diskGib };
    const lack = room && lackOf({ ...room, freeDiskMib }, has, target);
    if (lack) throw finalFailure('no_capacity', say('node_lacks', { node: found.node, what: sayLack(lack) }));
    await rememberConfig(deps, vm, found);
    return tell('has_room', { node: found.node, target: inWords(target), former: inWords(former) });
  };
}

const inWords = ({ vcpu, memoryMib, diskGib }: ServerSize): string =>
  `${vcpu} vCPU, ${memoryMib} MiB, ${diskGib} GiB`;

/** What a resize is from and to. */
export function sizesOf({ operation }: VmContext): Required<Pick<OperationParams, 'target' | 'former'>> {
  const { target, former } = operation.params;
  if (!target || !former) throw finalFailure('internal_error', 'a resize without a size');
  return { target, former };
}

/** The first note stays. The network card of a server that came from elsewhere is never touched. */
async function rememberConfig(
  { database }: Deps,
  { claim, server }: VmContext,
  { config }: FoundVm,
): Promise<void> {
  const keys = SIZE_PROPERTIES.filter((key) => key !== 'net0' || server.macAddress);
  const formerConfig = Object.fromEntries(keys.map((key) => [key, config.values[key] ?? null]));
  await Operation.query(database)
    .patch({ params: raw('params || ?::jsonb', [JSON.stringify({ formerConfig })]) })
    .where({ id: claim.operationId, fence: claim.fence, status: 'running' })
    .whereRaw("params -> 'formerConfig' is null");
}

import { bootDisk } from './boot-disk.ts';
import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { isMissing } from './run-task.ts';
import { freeMibOf } from './storage-room.ts';
import { findOurVm, loadVm, observePower, type FoundVm, type VmContext } from './vm-context.ts';
import { Node } from '../db/models/node.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish, say, tell } from '../contract/sayings.ts';

export interface CheckedRebuild {
  summary: string;
  said?: Said;
  template: string;
  /** As `VM 100001 on pve1`. */
  vm: string;
  vmSaid?: Said;
}

export function createCheckRebuild(deps: Deps) {
  /** Makes sure that a server can be built anew on the node it is on, before anything of it is touched. */
  return async function checkRebuild(claim: OperationClaim): Promise<CheckedRebuild> {
    const vm = await loadVm(deps, claim);
    const { template, vmidLease, macAddress, node: recorded } = vm.server;
    const found = await findOurVm(vm);
    const node = found?.node ?? recorded?.name;
    if (!template || !vmidLease || !macAddress || !node)
      throw finalFailure('internal_error', 'rebuilt without template, VM id, MAC address or node');
    if (found) await requireRemovable(deps, vm, found);
    await requireRoom(deps, vm, { node, found, template: template.name });
    const vmSaid = say('vm_on', { vmid: vmidLease.vmid, node });
    const line = { vm: vmSaid, template: template.name };
    return {
      ...(found ? tell('becomes', line) : tell('built_again', line)),
      template: template.name,
      vm: inEnglish(vmSaid),
      vmSaid,
    };
  };
}

async function requireRemovable(deps: Deps, vm: VmContext, found: FoundVm): Promise<void> {
  const { node, vmid, config } = found;
  if (config.values['protection'] === '1') throw finalFailure('vm_protected', say('vm_protected', { vmid }));
  const { ha } = await vm.proxmox.vmStatus(node, vmid);
  if (ha.managed) {
    throw finalFailure('ha_refused', say('ha_manages', { vmid }));
  }
  await observePower(deps, vm, found); // also records the node, which may have changed
}

/** The copy takes the template's storage; what the old disk has there is free by then. */
async function requireRoom(
  { database }: Deps,
  vm: VmContext,
  { node, found, template }: { node: string; found: FoundVm | null; template: string },
): Promise<void> {
  const { server, proxmox } = vm;
  const row = await Node.query(database).findOne({ clusterId: server.clusterId, name: node });
  const source = row && (await TemplateVm.query(database).findById([String(server.template?.id), row.id]));
  const config = source && (await proxmox.vmConfig(node, source.vmid).catch(nullWhenMissing));
  const disk = config?.values['template'] === '1' ? bootDisk(config.values) : null;
  if (!disk) throw finalFailure('template_missing', say('no_template', { node, template }));
  if (disk.sizeGib > server.diskGib) {
    const sizes = { has: disk.sizeGib, wanted: server.diskGib };
    throw finalFailure('disk_shrink', say('template_larger', { template, ...sizes }));
  }
  const old = found && bootDisk(found.config.values);
  const freedGib = old?.storage === disk.storage ? old.sizeGib : 0;
  const freeGib = (await freeMibOf(vm, node, disk.storage)) / 1024 + freedGib;
  if (freeGib < server.diskGib) {
    const { storage } = disk;
    const sizes = { free: Math.floor(freeGib), needed: server.diskGib };
    throw finalFailure('storage_full', say('storage_short', { storage, node, ...sizes }));
  }
}

function nullWhenMissing(err: unknown): null {
  if (isMissing(err)) return null;
  throw err;
}

import type { Deps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { createInspectVm } from './inspect-vm.ts';
import { lockClaim } from './report-steps.ts';
import { findVm, isMarked, loadVm, observePower, requireOurVm, type VmContext } from './vm-context.ts';
import { ADOPTED_TAG, markDescription } from '../contract/adoptions.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { AdoptionParams } from '../db/models/operation.ts';
import { queryRows } from '../db/query-rows.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say, tell, type Told } from '../contract/sayings.ts';

function adoptionOf({ operation }: Pick<VmContext, 'operation'>): AdoptionParams {
  const { adoption } = operation.params;
  if (!adoption) throw finalFailure('internal_error', 'the operation names no VM to adopt');
  return adoption;
}

export function createInspectAdoption(deps: Deps) {
  /** Refuses a VM that is not as it was shown (`vm_changed`) or not there any more (`vm_gone`). */
  return async function inspectAdoption(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const { vmid, configDigest } = adoptionOf(vm);
    const found = await createInspectVm(deps)({ clusterId: vm.server.clusterId, vmid });
    if (!found) throw finalFailure('vm_gone', say('vm_missing', { vmid }));
    if (found.configDigest !== configDigest) throw changed(vmid);
    return tell('as_shown', { vmid, name: found.name, node: found.node });
  };
}

const changed = (vmid: number) => finalFailure('vm_changed', say('not_as_shown', { vmid }));

export function createLeaseAdopted({ database }: Pick<Deps, 'database'>) {
  /**
   * Takes the VM's id for the server, unless another server has it (`vmid_taken`), and its addresses: those of Berth's pools
   * are leased, so that no order gets them, the others only recorded.
   */
  return async function leaseAdopted(claim: OperationClaim): Promise<Told> {
    return database.transaction(async (trx) => {
      const operation = await lockClaim(claim, trx);
      const { vmid, addresses } = adoptionOf({ operation });
      const { id: serverId, clusterId } = await Server.query(trx).findById(claim.serverId).throwIfNotFound();
      await VmidLease.query(trx).insert({ clusterId, vmid, serverId }).onConflict().ignore();
      const lease = await VmidLease.query(trx).findById([clusterId, vmid]);
      if (lease?.serverId !== serverId) throw finalFailure('vmid_taken', say('vm_taken', { vmid }));
      await queryRows(
        trx,
        `insert into ip_leases (ip_address_id, server_id)
         select a.id, ? from ip_addresses a join ip_pools o on o.id = a.pool_id and o.cluster_id = ?
         where a.address in (select host(given::inet)::inet from unnest(?::text[]) given)
         on conflict (ip_address_id) do nothing`,
        [serverId, clusterId, addresses],
      );
      await queryRows(
        trx,
        `insert into server_addresses (server_id, address)
         select ?, given::inet from unnest(?::text[]) given
         where not exists (select 1 from ip_leases l join ip_addresses a on a.id = l.ip_address_id
           where l.server_id = ? and a.address = host(given::inet)::inet)
         on conflict do nothing`,
        [serverId, addresses, serverId],
      );
      return { summary: [`VM ${vmid}`, ...addresses].join(', ') };
    });
  };
}

export function createMarkVm(deps: Deps) {
  /** Writes marker and tag into the VM, and nothing else; its configuration has to be the one that was shown. */
  return async function markVm(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const { configDigest } = adoptionOf(vm);
    const found = await requireOurVm(vm);
    const { node, vmid, config } = found;
    if (!isMarked(config, vm.server.id)) {
      if (config.digest !== configDigest) throw changed(vmid);
      const { description = '', tags = '' } = config.values;
      await vm.proxmox.updateConfig(
        node,
        vmid,
        { description: markDescription(description, vm.server.id), tags: withTag(tags) },
        { digest: configDigest },
      );
    }
    await observePower(deps, vm, found);
  };
}

export function createUnmarkVm(deps: Deps) {
  /** Takes marker and tag out again, where they are this server's. */
  return async function unmarkVm(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const { hadTag } = adoptionOf(vm);
    const found = await findVm(vm);
    if (!found?.isOurs || !isMarked(found.config, vm.server.id)) return;
    const { description = '', tags = '' } = found.config.values;
    const wanted = {
      description: markDescription(description, null),
      tags: hadTag ? tags : withoutTag(tags),
    };
    const kept = Object.entries(wanted).filter(([, value]) => value !== '');
    const emptied = Object.entries(wanted).flatMap(([key, value]) => (value === '' ? [key] : []));
    const { digest } = found.config;
    await vm.proxmox.updateConfig(found.node, found.vmid, Object.fromEntries(kept), {
      digest,
      remove: emptied,
    });
  };
}

const tagsOf = (text: string): string[] => text.split(/[;, ]/).filter(Boolean);
const withTag = (text: string): string => [...new Set([...tagsOf(text), ADOPTED_TAG])].join(';');
const withoutTag = (text: string): string =>
  tagsOf(text)
    .filter((tag) => tag !== ADOPTED_TAG)
    .join(';');

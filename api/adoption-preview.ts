import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import {
  ADOPTED_TAG,
  markDescription,
  markedServer,
  type AdoptionPreview,
  type PreviewAdoption,
  type VmInspection,
} from '../contract/adoptions.ts';
import { QUARANTINE_TAG } from '../contract/reconcile.ts';
import { ServerName } from '../contract/servers.ts';
import { Account } from '../db/models/account.ts';
import { Plan } from '../db/models/plan.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { queryRows } from '../db/query-rows.ts';
import { InvalidInput, issueOf } from './errors.ts';
import { inEnglish, say } from '../contract/sayings.ts';
import type { Said } from '../contract/said.ts';

/** What a server without a plan of the catalog is said to be sold as. */
export const UNPLANNED = 'Adopted';
/** Stands for the id that the server does not have yet. */
const ID_TO_COME = '<server id>';

type Obstacle = AdoptionPreview['obstacles'][number];

/** Something in the way, with what to do about it: a text and the one that remedies it. */
const obstacle = (problem: Said, remedy: Said): Obstacle => ({
  problem: inEnglish(problem),
  problemSaid: problem,
  remedy: inEnglish(remedy),
  remedySaid: remedy,
});

/** What adopting the VM would record and change, and what is in the way. */
export async function previewAdoption(
  trx: Knex,
  input: PreviewAdoption,
  vm: VmInspection,
): Promise<AdoptionPreview> {
  const { plan } = await findOwnerAndPlan(trx, input);
  const name = input.name ?? nameFrom(vm.name);
  const shown: Omit<AdoptionPreview, 'digest' | 'status'> = {
    record: {
      name,
      node: vm.node,
      plan: plan?.name ?? UNPLANNED,
      os: vm.os,
      vcpu: vm.vcpu,
      memoryMib: vm.memoryMib,
      diskGib: vm.diskGib ?? 0,
      addresses: vm.addresses,
      deleteProtection: true,
    },
    changes: changesTo(vm),
    obstacles: [
      ...obstaclesOnVm(vm, name),
      ...(await obstaclesInRecord(trx, input, vm)),
      ...(await heldAddresses(trx, vm)),
    ],
  };
  const bound = [input.clusterId, input.vmid, input.accountId, input.planId ?? null, vm.configDigest, shown];
  return {
    digest: createHash('sha256').update(JSON.stringify(bound)).digest('hex'),
    status: vm.status,
    ...shown,
  };
}

async function findOwnerAndPlan(trx: Knex, { accountId, planId }: PreviewAdoption) {
  const account = await Account.query(trx).findById(accountId);
  const plan = planId === undefined ? null : await Plan.query(trx).findById(planId);
  const issues = [
    ...(account ? [] : [issueOf('accountId', say('no_such_account'))]),
    ...(plan === undefined ? [issueOf('planId', say('no_such_plan'))] : []),
  ];
  if (issues.length > 0) throw new InvalidInput(issues);
  return { plan };
}

/** The first label of the VM's name, if a server can be called that. */
function nameFrom(vmName: string): string | null {
  const label =
    vmName
      .split('.')[0]
      ?.toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-') ?? '';
  return ServerName.safeParse(label.replaceAll(/^-+|-+$/g, '')).data ?? null;
}

function changesTo({ description, tags }: VmInspection): AdoptionPreview['changes'] {
  const marked = markDescription(description, null);
  return [
    {
      property: 'description',
      from: description,
      to: [...(marked ? [marked] : []), `berth:${ID_TO_COME}`].join('\n'),
    },
    ...(tags.includes(ADOPTED_TAG)
      ? []
      : [{ property: 'tags' as const, from: tags.join(';'), to: [...tags, ADOPTED_TAG].join(';') }]),
  ];
}

function obstaclesOnVm({ isTemplate, lock, tags, diskGib }: VmInspection, name: string | null): Obstacle[] {
  return [
    ...(isTemplate ? [obstacle(say('is_template'), say('is_template_remedy'))] : []),
    ...(lock ? [obstacle(say('is_locked', { lock }), say('is_locked_remedy'))] : []),
    ...(tags.includes(QUARANTINE_TAG)
      ? [obstacle(say('in_quarantine'), say('in_quarantine_remedy', { tag: QUARANTINE_TAG }))]
      : []),
    ...(diskGib === null ? [obstacle(say('without_disk'), say('without_disk_remedy'))] : []),
    ...(name === null ? [obstacle(say('without_name'), say('without_name_remedy'))] : []),
  ];
}

async function obstaclesInRecord(
  trx: Knex,
  { clusterId, vmid }: PreviewAdoption,
  { description }: VmInspection,
): Promise<Obstacle[]> {
  const lease = await VmidLease.query(trx).findById([clusterId, vmid]);
  if (lease) {
    const owner = await Server.query(trx).findById(lease.serverId).throwIfNotFound();
    return [
      obstacle(say('is_servers_vm', { server: owner.name, id: owner.id }), say('is_servers_vm_remedy')),
    ];
  }
  const marked = markedServer(description);
  // The marker of a server that Berth itself has deleted says nothing any more, and is replaced.
  if (!marked || (await Server.query(trx).findById(marked).whereNotNull('deletedAt'))) return [];
  return [obstacle(say('is_marked', { id: marked }), say('is_marked_remedy'))];
}

async function heldAddresses(trx: Knex, { addresses }: VmInspection): Promise<Obstacle[]> {
  const held = await queryRows<{ address: string; name: string }>(
    trx,
    `select host(given::inet) as address, s.name from unnest(?::text[]) given
     join servers s on s.deleted_at is null and (
       exists (select from ip_leases l join ip_addresses a on a.id = l.ip_address_id
         where l.server_id = s.id and host(a.address) = host(given::inet))
       or exists (select from server_addresses o where o.server_id = s.id and host(o.address) = host(given::inet)))`,
    [addresses],
  );
  return held.map(({ address, name }) =>
    obstacle(say('address_of_other', { address, server: name }), say('address_of_other_remedy')),
  );
}

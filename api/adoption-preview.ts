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
import { InvalidInput } from './errors.ts';

/** What a server without a plan of the catalog is said to be sold as. */
export const UNPLANNED = 'Adopted';
/** Stands for the id that the server does not have yet. */
const ID_TO_COME = '<server id>';

type Obstacle = AdoptionPreview['obstacles'][number];

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
    ...(account ? [] : [{ field: 'accountId', message: 'there is no such account' }]),
    ...(plan === undefined ? [{ field: 'planId', message: 'there is no such plan' }] : []),
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
    ...(isTemplate
      ? [{ problem: 'It is a template.', remedy: 'Tag it `berth-template` to let servers be made of it.' }]
      : []),
    ...(lock
      ? [{ problem: `It is locked (${lock}).`, remedy: 'Wait until the task that holds the lock has ended.' }]
      : []),
    ...(tags.includes(QUARANTINE_TAG)
      ? [
          {
            problem: 'It is in quarantine.',
            remedy: `Release it first: its orphan's \`release\` restores *start at boot*. Where no orphan is listed, take off the tag ${QUARANTINE_TAG}.`,
          },
        ]
      : []),
    ...(diskGib === null
      ? [{ problem: 'It has no disk to boot from.', remedy: 'Give it a disk, or correct its boot order.' }]
      : []),
    ...(name === null
      ? [{ problem: 'No name for the server can be made of its own.', remedy: 'Give a name.' }]
      : []),
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
      {
        problem: `It is the VM of the server ${owner.name} (${owner.id}) already.`,
        remedy: 'Nothing has to be done, or that server has to go first.',
      },
    ];
  }
  const marked = markedServer(description);
  // The marker of a server that Berth itself has deleted says nothing any more, and is replaced.
  if (!marked || (await Server.query(trx).findById(marked).whereNotNull('deletedAt'))) return [];
  return [
    {
      problem: `It carries the marker of a server that is not deleted here (${marked}).`,
      remedy:
        'It may belong to another Berth. If it does not, take the line `berth:…` out of its description.',
    },
  ];
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
  return held.map(({ address, name }) => ({
    problem: `Its address ${address} is that of the server ${name}.`,
    remedy: 'Give one of them another address, or correct the record of the other server.',
  }));
}

import type { Knex } from 'knex';
import { raw } from 'objection';
import { ServerName } from '../contract/servers.ts';
import { DRIFT_FIELDS } from '../contract/reconcile.ts';
import { Drift } from '../db/models/drift.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { VmReading } from '../db/models/vm-reading.ts';
import { InvalidState } from './errors.ts';
import { say } from '../contract/sayings.ts';

/** Gives the record what the VM was last seen to have; the VM is not touched. InvalidState where that makes no sense. */
export async function acceptDrift(trx: Knex, drift: Drift, server: Server): Promise<void> {
  const changes = await changesOf(trx, drift, server);
  if (!changes) {
    const { title } = DRIFT_FIELDS[drift.field];
    throw new InvalidState(
      say('record_cannot_take', { field: title, value: drift.proxmoxValue ?? '–' }),
      say('repair_instead'),
    );
  }
  await Server.query(trx).findById(server.id).patch(changes);
  await Drift.query(trx)
    .findById(drift.id)
    .patch({ repairRequestedAt: null, resolvedAt: raw('now()'), resolution: 'accepted' });
  await VmReading.noteAgreement(trx, server.id, drift.field, drift.proxmoxValue);
}

/** Null when the value is none that a record can hold. */
async function changesOf(
  trx: Knex,
  { field, proxmoxValue: value, lastSeenAt }: Drift,
  { clusterId }: Server,
): Promise<Partial<Server> | null> {
  if (value === null) return null;
  const amount = Math.floor(Number(value));
  switch (field) {
    case 'name':
      return ServerName.safeParse(value).success ? { name: value } : null;
    case 'vcpu':
      return amount > 0 ? { vcpu: amount } : null;
    case 'memory':
      return amount > 0 ? { memoryMib: amount } : null;
    case 'disk':
      return amount > 0 ? { diskGib: amount } : null;
    case 'mac':
      return { macAddress: value };
    case 'protection':
      return { deleteProtection: value === 'yes' };
    case 'node': {
      const node = await Node.query(trx).findOne({ clusterId, name: value });
      return node ? { nodeId: node.id } : null;
    }
    case 'power':
      return value === 'running' || value === 'stopped'
        ? { powerState: value, powerObservedAt: lastSeenAt }
        : null;
    case 'bridge':
    case 'vlan':
    case 'rate':
    case 'address':
    case 'onboot':
    case 'tag':
    case 'marker':
    case 'uuid':
      return null;
  }
}

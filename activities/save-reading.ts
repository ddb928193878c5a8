import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Database } from '../db/connect.ts';
import { Drift } from '../db/models/drift.ts';
import { Server } from '../db/models/server.ts';
import { VmReading } from '../db/models/vm-reading.ts';
import { queryRows } from '../db/query-rows.ts';
import type { ComparedField } from '../contract/reconcile.ts';

export interface Reading {
  serverId: string;
  node: string;
  vmid: number;
  fields: ComparedField[];
  /** By PostgreSQL's clock, before record and VM were read. */
  begunAt: Date;
}

/**
 * Keeps what was read of a server and its differences; those that are gone are resolved. False, and nothing written, when
 * an operation of the server was or is under way: what it changes is no drift.
 */
export async function saveReading(database: Database, reading: Reading): Promise<boolean> {
  const { serverId, node, vmid, fields, begunAt } = reading;
  return database.transaction(async (trx) => {
    // A request for an operation wants this lock too.
    const server = await Server.query(trx).findById(serverId).whereNull('deletedAt').forNoKeyUpdate();
    if (!server || (await hasChangedSince(trx, serverId, begunAt))) return false;
    await VmReading.query(trx)
      .insert({ serverId, node, vmid, fields, readAt: begunAt })
      .onConflict('server_id')
      .merge();
    const differing = fields.filter(({ agrees }) => !agrees);
    for (const { field, owner, record, proxmox } of differing) {
      await trx.raw(
        `insert into drifts (server_id, field, owner, record_value, proxmox_value) values (?, ?, ?, ?, ?)
         on conflict (server_id, field) where resolved_at is null do update set
           owner = excluded.owner, record_value = excluded.record_value, proxmox_value = excluded.proxmox_value,
           last_seen_at = now()`,
        [serverId, field, owner, record, proxmox],
      );
    }
    await Drift.query(trx)
      .where({ serverId })
      .whereNull('resolvedAt')
      .whereIn(
        'field',
        fields.filter(({ agrees }) => agrees).map(({ field }) => field),
      )
      .patch({ resolvedAt: raw('now()'), resolution: 'vanished' });
    return true;
  });
}

async function hasChangedSince(trx: Knex, serverId: string, time: Date): Promise<boolean> {
  const operations = await queryRows(
    trx,
    `select from operations where server_id = ?
       and (status in ('pending', 'running', 'needs_attention') or finished_at >= ?) limit 1`,
    [serverId, time],
  );
  return operations.length > 0;
}

import type { Knex } from 'knex';
import { Model } from 'objection';
import type { ComparedField, DriftField } from '../../contract/reconcile.ts';

/** A server's VM as it was last read, beside the record. */
export class VmReading extends Model {
  static override tableName = 'vm_readings';
  static override idColumn = 'serverId';
  static override jsonAttributes = ['fields'];
  declare serverId: string;
  declare node: string;
  declare vmid: number;
  declare fields: ComparedField[];
  declare readAt: Date;

  /** Both sides of a field have this value now. */
  static async noteAgreement(
    trx: Knex,
    serverId: string,
    field: DriftField,
    value: string | null,
  ): Promise<void> {
    const reading = await VmReading.query(trx).findById(serverId).forUpdate();
    if (!reading) return;
    const fields = reading.fields.map((one) =>
      one.field === field ? { ...one, record: value, proxmox: value, agrees: true } : one,
    );
    await reading.$query(trx).patch({ fields });
  }
}

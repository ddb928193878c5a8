import { Model } from 'objection';
import { Server } from './server.ts';
import type { DriftField, FieldOwner } from '../../contract/reconcile.ts';
import type { Said } from '../../contract/said.ts';

/** A field in which a server's record and its VM differ; one that is open per server and field. */
export class Drift extends Model {
  static override tableName = 'drifts';
  static override jsonAttributes = ['noteSaid'];
  declare id: string;
  declare serverId: string;
  declare field: DriftField;
  declare owner: FieldOwner;
  declare recordValue: string | null;
  declare proxmoxValue: string | null;
  declare firstSeenAt: Date;
  declare lastSeenAt: Date;
  /** Set while a repair is under way. */
  declare repairRequestedAt: Date | null;
  declare requestedBy: string | null;
  /** What a repair had to say. */
  declare note: string | null;
  declare noteSaid: Said | null;
  declare resolvedAt: Date | null;
  declare resolution: 'vanished' | 'repaired' | 'accepted' | null;
  declare server?: Server;

  static override get relationMappings() {
    return {
      server: {
        relation: Model.BelongsToOneRelation,
        modelClass: Server,
        join: { from: 'drifts.serverId', to: 'servers.id' },
      },
    };
  }
}

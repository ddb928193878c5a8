import { Model } from 'objection';

export class Cluster extends Model {
  static override tableName = 'clusters';
  declare id: string;
  declare name: string;
  declare location: string;
  declare endpoints: string[];
  declare tlsFingerprint: string | null;
  declare tlsCa: string | null;
  declare tokenId: string;
  declare tokenSecretId: string;
  declare vmidMin: number;
  declare vmidMax: number;
  declare snippetsStorage: string | null;
  declare snippetsDir: string | null;
  /** The volume that servers boot the rescue system from, such as `local:iso/rescue.iso`; null where there is none. */
  declare rescueIso: string | null;
  /** How many operations may copy disks onto one storage, and start new VMs on one node, at once. */
  declare copiesPerStorage: number;
  declare startsPerNode: number;
  declare createdAt: Date;
}

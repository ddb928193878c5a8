import { Model } from 'objection';

export class Storage extends Model {
  static override tableName = 'storages';
  declare id: string;
  declare nodeId: string;
  declare name: string;
  declare kind: string;
  declare content: string[];
  declare shared: boolean;
  /** bigint, so a string as pg gives it */
  declare totalMib: string;
  declare usedMib: string;
  declare observedAt: Date;
}

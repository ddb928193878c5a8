import { Model } from 'objection';

/** One row; null: left to the environment. */
export class Settings extends Model {
  static override tableName = 'settings';
  static override idColumn = 'isOnly';
  declare deleteGraceHours: number | null;
  declare quarantineHours: number | null;
}

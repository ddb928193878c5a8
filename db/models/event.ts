import { Model } from 'objection';

/** One line of the live feed, written by triggers; its id is the SSE event id (bigint, so a string). */
export class Event extends Model {
  static override tableName = 'events';
  declare id: string;
  declare accountId: string;
  declare serverId: string;
  declare operationId: string | null;
  declare at: Date;
}

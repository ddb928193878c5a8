import { Model } from 'objection';

export class Node extends Model {
  static override tableName = 'nodes';
  declare id: string;
  declare clusterId: string;
  declare name: string;
  declare status: 'online' | 'offline' | 'unknown';
  declare cores: number;
  declare memoryMib: number;
  declare acceptsServers: boolean;
  declare observedAt: Date;
}

import { Model } from 'objection';

export class Plan extends Model {
  static override tableName = 'plans';
  declare id: string;
  declare name: string;
  declare vcpu: number;
  declare memoryMib: number;
  declare diskGib: number;
  declare trafficGib: number | null;
  declare networkMbps: number | null;
  declare enabled: boolean;
  declare createdAt: Date;
}

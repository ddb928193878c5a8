import { Model } from 'objection';

export class Template extends Model {
  static override tableName = 'templates';
  declare id: string;
  declare name: string;
  declare osName: string;
  declare osVersion: string;
  declare defaultUser: string;
  declare minDiskGib: number;
  declare cloneMode: 'full' | 'linked';
  /** Ready once the guest agent answers, once it also reports the leased address, or once the VM runs. */
  declare readyWhen: 'agent' | 'address' | 'running';
  declare enabled: boolean;
  declare createdAt: Date;
}

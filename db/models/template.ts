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
  /** `agent`: ready once the guest agent answers; `running`: once the VM runs. */
  declare readyWhen: 'agent' | 'running';
  declare enabled: boolean;
  declare createdAt: Date;
}

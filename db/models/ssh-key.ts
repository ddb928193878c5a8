import { Model } from 'objection';

export class SshKey extends Model {
  static override tableName = 'ssh_keys';
  declare id: string;
  declare accountId: string;
  declare name: string;
  declare publicKey: string;
  declare fingerprint: string;
  declare createdAt: Date;
}

import { Model } from 'objection';
import { Cluster } from './cluster.ts';
import { IpAddress } from './ip-address.ts';
import { Node } from './node.ts';
import { Operation } from './operation.ts';
import { Plan } from './plan.ts';
import { SshKey } from './ssh-key.ts';
import { Template } from './template.ts';
import { VmidLease } from './vmid-lease.ts';

export type Lifecycle =
  | 'provisioning'
  | 'active'
  | 'suspended'
  | 'failed'
  | 'cancelled'
  | 'deleting'
  | 'deleted';
export type PowerState = 'running' | 'stopped' | 'unknown';
/** How a VM that Berth did not make is recognised: by its SMBIOS uuid, or by its name until that is known. */
export interface VmIdentity {
  name: string;
  uuid: string | null;
}

export interface RescueState {
  /** The drive that holds the rescue medium, such as `ide0`. */
  drive: string;
  /** The boot order to go back to; null when there was none. */
  boot: string | null;
}

export class Server extends Model {
  static override tableName = 'servers';
  static override jsonAttributes = ['vmIdentity', 'labels', 'rescue'];
  declare id: string;
  declare accountId: string;
  declare name: string;
  declare clusterId: string;
  declare nodeId: string | null;
  /** Null for an imported server, which has a `planName` instead. */
  declare planId: string | null;
  declare planName: string | null;
  /** Null for an imported server, which may have an `os` instead. */
  declare templateId: string | null;
  declare os: string | null;
  /** The full name an imported server had. */
  declare hostname: string | null;
  declare vcpu: number;
  declare memoryMib: number;
  declare diskGib: number;
  declare lifecycle: Lifecycle;
  declare powerState: PowerState;
  /** When Proxmox was last asked and answered, by the clock of this side at the time of asking. */
  declare powerObservedAt: Date | null;
  /** Null for an imported server, whose network Berth does not configure. */
  declare macAddress: string | null;
  /** Null for a server whose VM Berth made: that one carries a marker. */
  declare vmIdentity: VmIdentity | null;
  declare suspendReason: string | null;
  declare deleteProtection: boolean;
  declare rebuildProtection: boolean;
  declare labels: Record<string, string>;
  /** A change of its size takes effect only after a restart. */
  declare restartNeeded: boolean;
  /** Of a suspended server: what it goes back to. */
  declare powerBeforeSuspend: 'running' | 'stopped' | null;
  /** Of a suspended server: whether it started with its node. Null where Berth has not changed that. */
  declare onbootBeforeSuspend: boolean | null;
  /** Of a server in the rescue system: what its VM had before. */
  declare rescue: RescueState | null;
  declare passwordSecretId: string | null;
  declare userDataSecretId: string | null;
  declare createdBy: string | null;
  declare createdAt: Date;
  declare deletedAt: Date | null;
  declare cluster?: Cluster;
  declare node?: Node | null;
  declare plan?: Plan | null;
  declare template?: Template | null;
  declare ipAddresses?: IpAddress[];
  declare sshKeys?: SshKey[];
  declare vmidLease?: VmidLease | null;
  declare liveOperation?: Operation | null;

  static override get relationMappings() {
    const belongsTo = (modelClass: typeof Model, column: string) => ({
      relation: Model.BelongsToOneRelation,
      modelClass,
      join: { from: `servers.${column}`, to: `${modelClass.tableName}.id` },
    });
    return {
      cluster: belongsTo(Cluster, 'clusterId'),
      node: belongsTo(Node, 'nodeId'),
      plan: belongsTo(Plan, 'planId'),
      template: belongsTo(Template, 'templateId'),
      ipAddresses: {
        relation: Model.ManyToManyRelation,
        modelClass: IpAddress,
        join: {
          from: 'servers.id',
          through: { from: 'ip_leases.serverId', to: 'ip_leases.ipAddressId' },
          to: 'ip_addresses.id',
        },
      },
      sshKeys: {
        relation: Model.ManyToManyRelation,
        modelClass: SshKey,
        join: {
          from: 'servers.id',
          through: { from: 'server_ssh_keys.serverId', to: 'server_ssh_keys.sshKeyId' },
          to: 'ssh_keys.id',
        },
      },
      vmidLease: {
        relation: Model.HasOneRelation,
        modelClass: VmidLease,
        join: { from: 'servers.id', to: 'vmid_leases.serverId' },
      },
      liveOperation: {
        relation: Model.HasOneRelation,
        modelClass: Operation,
        join: { from: 'servers.id', to: 'operations.serverId' },
        modify: 'live',
      },
    };
  }
}

import type { Release } from './privileges.ts';

/** Everything the simulated cluster remembers; plain JSON, so that it can be saved as it is. */
export interface ClusterState {
  version: 1;
  /** Signs tickets and CSRF tokens. */
  authKey: string;
  /** In Unix milliseconds; older tickets are no good. Not told: since ever. */
  authKeyMadeAt?: number;
  rootPassword: string;
  /** The token the cluster is handed out with. */
  token: ApiToken;
  release: Release;
  access: AccessState;
  bootedAt: number;
  /** How far simulated time is ahead of the computer's, in milliseconds; 0 if it is not said. */
  clockAheadMs?: number;
  /** How wrong a fault has set the nodes' clocks. */
  clockSkewMs?: number;
  nextPid: number;
  /** How long guests take to boot; 5 s if it is not said. */
  bootMs?: number;
  nodes: NodeState[];
  /** Names of computers that are no members, with what a connection to each ends in. */
  strangers?: Record<string, string>;
  hasNoNameServer?: true;
  storages: StorageState[];
  vms: Record<string, Vm>;
  /** Clusters saved before there were any have none. */
  containers?: Record<string, Container>;
  volumes: Record<string, Volume>;
  /** By VMID; a VM without rules has none. */
  firewalls?: Record<string, VmFirewall>;
  tasks: TaskRecord[];
  pools: Pool[];
  /** Settings of the datacenter that are not as they were from the start. */
  options?: Record<string, string>;
  haResources?: HaResource[];
}

/** What high availability looks after; `sid` is `vm:<id>`. */
export interface HaResource {
  sid: string;
  state: string;
  max_restart: number;
  max_relocate: number;
  comment?: string;
  /** What the manager makes of it; not told before its first round. */
  service?: HaService;
}

export interface HaService {
  state: 'queued' | 'started' | 'stopped' | 'request_stop' | 'migrate' | 'fence' | 'recovery' | 'error';
  /** Starts that have failed one after the other. */
  failures: number;
  /** The node it was asked to move to. */
  target?: string;
  /** Seconds a guest may take to shut down; 0: it is not asked. */
  stopTimeout?: number;
  /** The task that is under way. */
  upid?: string;
  /** Since when its node is silent. */
  lostAt?: number;
}

export interface ApiToken {
  /** Full id: user@realm!name. */
  id: string;
  secret: string;
}

export interface Pool {
  poolid: string;
  comment?: string;
  members: number[];
  storages?: string[];
}

/** Users, groups, roles that were made, and who may do what where. */
export interface AccessState {
  users: Record<string, UserRecord>;
  groups: Record<string, { comment?: string }>;
  roles: Record<string, string[]>;
  acl: AclEntry[];
}

export interface UserRecord {
  enable: number;
  /** Unix seconds; 0 is never. */
  expire: number;
  passwordHash?: string;
  comment?: string;
  email?: string;
  firstname?: string;
  lastname?: string;
  keys?: string;
  groups: string[];
  tokens: Record<string, TokenRecord>;
}

export interface TokenRecord {
  secret: string;
  privsep: number;
  expire: number;
  comment?: string;
}

export interface AclEntry {
  path: string;
  type: 'user' | 'group' | 'token';
  ugid: string;
  roleid: string;
  propagate: number;
}

export interface NodeState {
  node: string;
  ip: string;
  cpus: number;
  memory: number;
  rootSize: number;
  /** Without it only VMs with `kvm: 0` start. */
  hasNoKvm?: true;
  /** Its bridge has no network card as a port. */
  hasNoUplink?: true;
}

/** One storage on one node; sizes in bytes. One that is shared stands here once for each node that has it. */
export interface StorageState {
  storage: string;
  node: string;
  /** `nfs` and `rbd` are shared: their volumes are the same on all nodes. */
  type: 'dir' | 'lvmthin' | 'nfs' | 'rbd';
  content: string;
  total: number;
  /** Used by things the simulator does not model as volumes. */
  baseUsed: number;
}

export type VmConfig = Record<string, string | number>;

export interface Vm {
  vmid: number;
  node: string;
  config: VmConfig;
  /** Values that wait for the next cold start. */
  pending: VmConfig;
  pendingDelete: string[];
  /** By name, oldest first. */
  snapshots?: Record<string, Snapshot>;
  /** The guest while QEMU runs, null while the VM is stopped. */
  guest: Guest | null;
  /** When the event daemon starts it again after a reboot. */
  restartAt: number | null;
  /** The guest of a VM that was suspended to disk. */
  saved?: SavedGuest;
  /** When `qm cleanup` runs for the QEMU process that ended. */
  cleanupAt: number | null;
  firewall?: Firewall;
}

/** A VM's config when it was taken, with `snaptime`, `description`, `parent` and, while unfinished, `snapstate`. */
export interface Snapshot {
  config: VmConfig;
  /** What was in the RAM, if that was kept. */
  saved?: SavedGuest;
}

/** A guest whose RAM was written to a volume, and when. */
export interface SavedGuest {
  guest: Guest;
  at: number;
}

/** An LXC container: enough of one to be in the way of a client that expects virtual machines only. Sizes in bytes. */
export interface Container {
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memory: number;
  disk: number;
  isRunning: boolean;
}

/** A VM's firewall as it is configured; nothing is filtered. */
export interface Firewall {
  options: Record<string, string | number>;
  rules: Record<string, string | number>[];
  sets: Record<string, Record<string, string | number>[]>;
}

export interface Guest {
  pid: number;
  startedAt: number;
  /** When the guest's system is up: agent answers, power button is heard. */
  bootedAt: number;
  paused: boolean;
  hasSystem: boolean;
  agentNever: boolean;
  ignoresShutdown: boolean;
  /** The operating system's name, as on the volume it was started from. */
  system?: string | null;
  /** What was run through the agent, by process id. */
  processes?: Record<string, { exitcode: number; output: string }>;
  /** Files written through the agent. */
  files?: Record<string, string>;
  /** Set through the agent, by user. */
  passwords?: Record<string, string>;
  /** The configuration QEMU and cloud-init were started with. */
  config: VmConfig;
}

export interface VmFirewall {
  options: Record<string, string | number>;
  rules: Record<string, string | number>[];
  ipsets: Record<string, { comment?: string; entries: Record<string, string | number>[] }>;
}

/** A disk image or other file on a storage; sizes in bytes. */
export interface Volume {
  volid: string;
  /** Empty on a shared storage. */
  node: string;
  storage: string;
  vmid: number;
  size: number;
  used: number;
  format: 'raw' | 'qcow2' | 'vmdk' | 'iso' | `vma${string}`;
  content: 'images' | 'import' | 'iso' | 'vztmpl' | 'backup';
  ctime: number;
  /** Of an image to import, what its disk will be; `size` is the file's. */
  virtualSize?: number;
  parent: string | null;
  /** Operating system on it, if it can boot. */
  system: string | null;
  /** Of a downloaded file, by algorithm. */
  checksums?: Record<string, string>;
  /** Of a backup: what it holds. */
  backup?: Backup;
  notes?: string;
  isProtected?: boolean;
}

/** A VM's configuration when it was backed up, and its disks by their keys in it. */
export interface Backup {
  config: VmConfig;
  disks: Record<string, Pick<Volume, 'size' | 'used' | 'format' | 'system'>>;
}

export type TaskArguments = Record<string, string | number | boolean | null>;

export interface TaskRecord {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  starttime: number;
  type: string;
  id: string;
  user: string;
  args: TaskArguments;
  log: string[];
  endtime: number | null;
  exitstatus: string | null;
  /** Steps already carried out, so that a restart of the simulator repeats none. */
  done: string[];
  /** When each wait ends, in Unix milliseconds. */
  deadlines: Record<string, { from: number; until: number }>;
  locks: { key: string; exclusive: boolean }[];
  fault: TaskFaultRecord | null;
}

export interface TaskFaultRecord {
  kind: 'fail' | 'kill' | 'slow';
  message: string;
  atPercent: number;
  ms: number;
}

/** The node that volumes on shared storages have. */
export const SHARED = '';

/** The key under which volumes are kept: storages that are not shared have one per node. */
export function volumeKey(node: string, volid: string): string {
  return `${node}/${volid}`;
}

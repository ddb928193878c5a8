import type { ClusterName } from './catalogue.ts';
import type { PasswordKind } from './passwords.ts';

export type Outcome = 'migrated' | 'quarantined' | 'skipped';

interface Expected {
  sourceId: number;
  outcome: Outcome;
  /** Why not, when quarantined or skipped. */
  code?: string;
  /** Codes recorded with a migrated row, sorted. */
  warnings: string[];
  /** The defects put into the row, for whoever looks into a difference. */
  defects: string[];
}

/** What a migrated service must look like. Money as text with two decimals, dates as YYYY-MM-DD. */
export interface ServiceTarget {
  clientId: number;
  productId: number;
  status: 'active' | 'suspended' | 'completed';
  hostname: string | null;
  cycle: string;
  amount: string;
  currency: string;
  nextDue: string | null;
  quantity: number;
  vcpu: number;
  ramMib: number;
  diskGib: number;
  /** Null when not sold by volume or unlimited. */
  trafficGb: number | null;
  trafficUnlimited: boolean;
  portMbps: number | null;
  ipv4Count: number;
  primaryIp: string | null;
  extraIps: string[];
  ipv6: string[];
  os: string | null;
  location: string | null;
  backups: boolean;
  binding: { cluster: ClusterName; vmid: number };
}

export interface ServiceTruth extends Expected {
  entity: 'service';
  target?: ServiceTarget;
  /** Where the data names the VM; `corroboration` is only name and address. */
  link?: 'module' | 'field' | 'username' | 'notes' | 'service_id' | 'corroboration';
  /** The VM of a service that is over, still there. */
  zombie?: { cluster: ClusterName; vmid: number };
}

export interface ClientTruth extends Expected {
  entity: 'client';
  target?: {
    firstName: string;
    lastName: string;
    company: string;
    email: string;
    currency: string;
    credit: string;
    status: 'Active' | 'Inactive';
    members: { userId: number; owner: boolean }[];
  };
}

export interface UserTruth extends Expected {
  entity: 'user';
  target?: {
    /** Trimmed and in lower case. */
    email: string;
    firstName: string;
    lastName: string;
    clientIds: number[];
  };
  password: { kind: PasswordKind; plain: string | null; encoded: boolean };
}

/** A VM on a cluster and whose it is. */
export interface VmTruth {
  entity: 'vm';
  cluster: ClusterName;
  vmid: number;
  /** `contested`: a quarantined service points at it. `zombie`: its service is over. `unclaimed`: nobody's. */
  state: 'bound' | 'contested' | 'zombie' | 'unclaimed';
  serviceId?: number;
}

export type Truth = ServiceTruth | ClientTruth | UserTruth | VmTruth;
export type RowTruth = Exclude<Truth, VmTruth>;

/** What differs between two editions for one row. */
export interface Change {
  entity: RowTruth['entity'];
  sourceId: number;
  change: 'added' | 'removed' | 'changed';
  before?: RowTruth;
  after?: RowTruth;
  /** Paths that differ, such as `target.amount` or `outcome`. */
  fields?: string[];
}

/** What changed for one row from one edition to the next; undefined when nothing did. */
export function compareTruth(before: RowTruth | undefined, after: RowTruth | undefined): Change | undefined {
  const known = after ?? before;
  if (!known) return undefined;
  const { entity, sourceId } = known;
  if (!before && after) return { entity, sourceId, change: 'added', after };
  if (before && !after) return { entity, sourceId, change: 'removed', before };
  if (!before || !after) return undefined;
  const fields = differingFields(before, after);
  return fields.length > 0 ? { entity, sourceId, change: 'changed', fields, before, after } : undefined;
}

function differingFields(before: object, after: object, prefix = ''): string[] {
  const [left, right] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) => {
    const [a, b] = [left.get(key) as unknown, right.get(key) as unknown];
    if (key === 'target' && isObject(a) && isObject(b)) return differingFields(a, b, 'target.');
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [`${prefix}${key}`];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

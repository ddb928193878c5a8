import type { Cluster } from '../../../contract/clusters.ts';
import type { ManagedAccount } from '../../../contract/people.ts';
import { renderApp } from '../render-app.tsx';
import { ACCOUNT, PLAN, TEMPLATE, USER, fakeApi, ok, session, type Handler } from '../test-api.ts';

export const list = (...items: unknown[]) => ok({ items, nextCursor: null });

/** Never answers. */
export const silence: Handler = () => new Promise(() => {});

export const PERSON = {
  ...USER,
  hasPassword: true,
  hasTwoFactor: false,
  passkeys: 0,
  disabledAt: null,
  lastSeenAt: null,
  accounts: [ACCOUNT],
};

export const SINCE = '2026-01-01T00:00:00Z';
export const CLUSTER: Cluster = {
  id: '66666666-6666-4666-8666-666666666666',
  name: 'fra1',
  location: 'Frankfurt',
  endpoints: ['https://pve1.example.net:8006'],
  tokenId: 'berth@pve!berth',
  tlsFingerprint: null,
  hasTlsCa: true,
  copiesPerStorage: 4,
  startsPerNode: 8,
  rescueIso: null,
  createdAt: SINCE,
};
export const ID = '77777777-7777-4777-8777-777777777777';
export const DRIFT = {
  id: ID,
  serverId: ID,
  serverName: 'shop-1',
  field: 'memory',
  title: 'Memory (MiB)',
  owner: 'berth',
  record: '2048',
  proxmox: '4096',
  canRepair: true,
  canAccept: true,
  repairRequestedAt: null,
  note: null,
  firstSeenAt: SINCE,
  lastSeenAt: SINCE,
  resolvedAt: null,
  resolution: null,
};
export const ORPHAN = {
  id: ID,
  clusterId: CLUSTER.id,
  kind: 'disk',
  identifier: 'local-lvm:vm-100042-disk-0',
  node: 'pve1',
  evidence: { storage: 'local-lvm', sizeGib: 20 },
  state: 'found',
  request: null,
  note: null,
  firstSeenAt: SINCE,
  lastSeenAt: SINCE,
  goneAt: null,
  quarantinedUntil: null,
};
export const COMPARED = {
  clusterId: CLUSTER.id,
  cluster: CLUSTER.name,
  lastRun: {
    status: 'complete',
    startedAt: SINCE,
    finishedAt: SINCE,
    completedAt: SINCE,
    serversRead: 1,
    message: null,
  },
  drift: 0,
  orphans: {},
};
export const UNCLAIMED_VM = {
  vmid: 142,
  node: 'pve1',
  name: 'legacy',
  status: 'running',
  vcpu: 2,
  memoryMib: 2048,
  diskGib: 20,
};
export const POOL = {
  id: ID,
  clusterId: CLUSTER.id,
  cluster: CLUSTER.name,
  name: 'public',
  network: '203.0.113.0/24',
  gateway: '203.0.113.1',
  bridge: 'vmbr0',
  vlan: null,
  nameservers: [],
  addresses: 100,
  leased: 3,
  reserved: 2,
  free: 95,
};
export const TEMPLATE_ROW = { ...TEMPLATE, places: [], readyWhen: 'agent', enabled: true, servers: 0 };
export const MANAGED_ACCOUNT: ManagedAccount = {
  id: ACCOUNT.id,
  name: ACCOUNT.name,
  maxServers: 10,
  servers: 3,
  suspendedAt: null,
  createdAt: SINCE,
  members: [{ id: USER.id, email: USER.email, role: 'owner' }],
};
export const MANAGED_PLAN = { ...PLAN, enabled: true, servers: 3 };

export const ATTENTION = {
  operations: { needsAttention: 0, running: 0, pending: 0 },
  drift: 0,
  orphans: 0,
  nodes: { total: 1, away: 0, inMaintenance: 0 },
  unknownServers: 0,
};

/** Opens a page of the administration as an administrator. */
export function openAdmin(path: string, routes: Record<string, Handler> = {}) {
  const api = fakeApi({
    'POST /refresh': () => ok({ ...session(), user: { ...USER, role: 'admin', accounts: [] } }),
    'GET /admin/attention': () => ok(ATTENTION),
    'GET /admin/reconcile': () => list(COMPARED),
    'GET /admin/clusters': () => list(CLUSTER),
    'GET /admin/nodes': () => list(),
    'GET /admin/accounts': () => list(MANAGED_ACCOUNT),
    'GET /admin/plans': () => list(MANAGED_PLAN),
    ...routes,
  });
  return { api, ...renderApp(`/admin/${path}`) };
}

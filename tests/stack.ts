import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createClusterAccess } from '../activities/cluster-access.ts';
import type { Deps, Timing } from '../activities/deps.ts';
import { createWorkers, type WorkersOptions } from '../activities/run-workers.ts';
import { createSlotQueue } from '../activities/slot-queue.ts';
import { syncCluster } from '../activities/sync-cluster.ts';
import { createPool } from '../db/create-pool.ts';
import { createUser } from '../db/create-user.ts';
import { ensureCluster } from '../db/ensure-cluster.ts';
import { createSecretBox } from '../db/secrets.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Plan } from '../db/models/plan.ts';
import { Template } from '../db/models/template.ts';
import { User } from '../db/models/user.ts';
import type { Vm } from '../testbed/proxmox/cluster-state.ts';
import type { Release } from '../testbed/proxmox/privileges.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';

/** A database, a simulated cluster and the way between them: all that activities need, and nothing shared. */
export interface Estate {
  database: TestDatabase['database'];
  databaseUrl: string;
  secretsKey: Buffer;
  simulator: Simulator;
  deps: Deps;
  cluster: Cluster;
  plan: Plan;
  template: Template;
  customer: { user: User; accountId: string; password: string };
  /** A VM that is there. */
  vmAt(vmid: number): Vm;
  close(): Promise<void>;
}

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
});

const QUICK: Timing = {
  pollMs: 20,
  readyTimeoutMs: 20_000,
  rebootGraceMs: 3_000,
  haTimeoutMs: 10_000,
  rereadMs: 0,
  readPauseMs: 0,
  settleMs: 0,
};

/** Sets up an estate with one plan, templates, 20 addresses and a customer. `vms` were there before Berth; `speed` (0: at once), `release` and `nodes` are the simulator's. */
export async function createEstate({
  speed = 0,
  addresses = 20,
  vms = [] as SeedVm[],
  release = '9.2' as Release,
  nodes = 3,
} = {}): Promise<Estate> {
  const secretsKey = randomBytes(32);
  const secretBox = createSecretBox(secretsKey);
  const [{ url, database, drop }, simulator] = await Promise.all([
    createTestDatabase(),
    startSimulator({ speed, vms, release, nodes }),
  ]);
  const cluster = await ensureCluster(database, secretBox, {
    name: 'default',
    location: 'Testville',
    endpoints: [simulator.url],
    tlsFingerprint: simulator.fingerprint,
    tlsCa: null,
    tokenId: simulator.token.id,
    tokenSecret: simulator.token.secret,
    snippetsStorage: null,
    snippetsDir: null,
    rescueIso: 'local:iso/rescue.iso',
  });
  const clusters = createClusterAccess({ database, secretBox, taskPollMs: 25 });
  const { proxmox } = await clusters.of(cluster.id);
  await syncCluster(database, cluster.id, proxmox);
  await createPool(database, {
    cluster: 'default',
    network: '203.0.113.0/24',
    gateway: '203.0.113.1',
    first: '203.0.113.10',
    count: addresses,
    bridge: 'vmbr0',
    nameserver: ['203.0.113.2'],
  });
  const plan = await Plan.query(database).insertAndFetch({
    name: 'Small',
    vcpu: 2,
    memoryMib: 2_048,
    diskGib: 10,
  });
  const template = await Template.query(database).findOne({ name: 'debian-12' }).throwIfNotFound();
  const { user, password } = await createUser(database, { email: 'customer@example.test', role: 'customer' });
  const { accounts } = await user.$query(database).withGraphFetched('accounts');
  const [account] = accounts ?? [];
  if (!account) throw new Error('the customer has no account');
  return {
    database,
    databaseUrl: url,
    secretsKey,
    simulator,
    deps: { database, secretBox, clusters, slots: createSlotQueue(database, { pollMs: 50 }), timing: QUICK },
    cluster,
    plan,
    template,
    customer: { user, accountId: account.id, password },
    vmAt(vmid) {
      const vm = simulator.state.vms[vmid];
      if (!vm) throw new Error(`the simulator has no VM ${vmid}`);
      return vm;
    },
    async close() {
      await clusters.close();
      await drop();
      await simulator.close();
    },
  };
}

export interface TestTemporal {
  client: Client;
  /** Of the task queues of this test alone. */
  queuePrefix: string;
  close(): Promise<void>;
}

/** A client of the run's Temporal server, with a queue name of its own. */
export async function connectTemporal(): Promise<TestTemporal> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  return {
    client: new Client({ connection }),
    queuePrefix: `test-${randomUUID()}-`,
    close: () => connection.close(),
  };
}

/** Runs the product's own workers in this process until `stop` is called. */
export async function startWorkers(
  deps: Deps,
  queuePrefix: string,
  options: Pick<WorkersOptions, 'migrationSizes' | 'workflowBundle'> = {},
): Promise<{ stop(): Promise<void> }> {
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const workers = await createWorkers({
    connection,
    namespace: 'default',
    workflowBundle: inject('workflowBundle'),
    queuePrefix,
    ...options,
    deps,
  });
  const running = workers.run();
  return {
    async stop() {
      workers.shutdown();
      await running;
      await connection.close();
    },
  };
}

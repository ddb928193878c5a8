import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createClusterAccess } from '../activities/cluster-access.ts';
import type { Deps } from '../activities/deps.ts';
import { createSlotQueue } from '../activities/slot-queue.ts';
import { ensureCluster } from '../db/ensure-cluster.ts';
import { createSecretBox } from '../db/secrets.ts';
import { startMariadb, type MariadbServer } from '../testbed/mariadb-server.ts';
import { addSeedVm } from '../testbed/proxmox/seed-vm.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';
import { generate, type GenerateOptions, type Summary } from '../testbed/whmcs/generate.ts';
import { providerVms } from '../testbed/whmcs/provider-vms.ts';
import type { RowTruth, Truth } from '../testbed/whmcs/truth.ts';

export type ProviderOptions = Omit<GenerateOptions, 'url' | 'truthDir' | 'onProgress'>;

/** A provider on WHMCS with its clusters, and a Berth that knows these but nothing of its customers. */
export interface WhmcsEstate {
  database: TestDatabase['database'];
  databaseUrl: string;
  secretsKey: Buffer;
  deps: Deps;
  mariadb: MariadbServer;
  simulators: Record<'fra1' | 'ams1', Simulator>;
  mappingText: string;
  mappingFile: string;
  summary: Summary;
  /** What a careful migration makes of every row. */
  truths: RowTruth[];
  vmTruths: Extract<Truth, { entity: 'vm' }>[];
  /** Replaces what the database holds, such as by the second edition, and adds the VMs of what is new in it. */
  regenerate(options: ProviderOptions): Promise<RowTruth[]>;
  /** Kills MariaDB; `startSource` brings it back on the same port, with the same data and logins. */
  stopSource(): Promise<void>;
  startSource(): Promise<void>;
  /** Changes the source as somebody with every right in it; answers the rows of the last statement. */
  alterSource(...statements: string[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const MAPPING = join(import.meta.dirname, '../testbed/whmcs/mapping.yaml');

export async function createWhmcsEstate(options: ProviderOptions): Promise<WhmcsEstate> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-estate-'));
  const secretsKey = randomBytes(32);
  const secretBox = createSecretBox(secretsKey);
  const [{ url, database, drop }, mariadb, fra1, ams1] = await Promise.all([
    createTestDatabase(),
    startMariadb({ dataDir: join(dir, 'data'), durable: false }),
    startSimulator({ speed: 0, templates: false, vms: providerVms(options, 'fra1') }),
    startSimulator({ speed: 0, templates: false, vms: providerVms(options, 'ams1') }),
  ]);
  const simulators = { fra1, ams1 };
  let source = mariadb;
  for (const [name, simulator] of Object.entries(simulators)) {
    await ensureCluster(database, secretBox, {
      name,
      location: name,
      endpoints: [simulator.url],
      tlsFingerprint: simulator.fingerprint,
      tlsCa: null,
      tokenId: simulator.token.id,
      tokenSecret: simulator.token.secret,
      snippetsStorage: null,
      snippetsDir: null,
    });
  }
  const clusters = createClusterAccess({ database, secretBox, taskPollMs: 25 });
  const fill = async (provider: ProviderOptions) => {
    const summary = await generate({ ...provider, url: mariadb.url, truthDir: dir });
    const lines = (await readFile(join(dir, 'truth.jsonl'), 'utf8')).trim().split('\n');
    const all = lines.map((line) => JSON.parse(line) as Truth);
    return {
      summary,
      truths: all.filter((truth): truth is RowTruth => truth.entity !== 'vm'),
      vmTruths: all.filter((truth) => truth.entity === 'vm'),
    };
  };
  return {
    database,
    databaseUrl: url,
    secretsKey,
    deps: {
      database,
      secretBox,
      clusters,
      slots: createSlotQueue(database),
      timing: {
        pollMs: 20,
        readyTimeoutMs: 20_000,
        rebootGraceMs: 3_000,
        haTimeoutMs: 10_000,
        rereadMs: 0,
        readPauseMs: 0,
        settleMs: 0,
      },
    },
    mariadb,
    simulators,
    mappingText: await readFile(MAPPING, 'utf8'),
    mappingFile: MAPPING,
    ...(await fill(options)),
    async regenerate(provider) {
      for (const [name, { state }] of Object.entries(simulators)) {
        // The names are those of the provider's clusters.
        for (const vm of providerVms(provider, name as keyof typeof simulators)) addSeedVm(state, vm);
      }
      return (await fill(provider)).truths;
    },
    stopSource: () => source.stop({ keepsData: true }),
    async startSource() {
      const { port, password } = new URL(mariadb.url);
      source = await startMariadb({ dataDir: mariadb.dataDir, port: Number(port), password, durable: false });
    },
    async alterSource(...statements) {
      const connection = await mysql.createConnection({ uri: mariadb.url });
      try {
        let rows: Record<string, unknown>[] = [];
        for (const statement of statements) {
          const [answer] = await connection.query<mysql.RowDataPacket[]>(statement);
          rows = answer;
        }
        return rows;
      } finally {
        await connection.end();
      }
    },
    async close() {
      await clusters.close();
      await drop();
      await Promise.all([source.stop(), fra1.close(), ams1.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

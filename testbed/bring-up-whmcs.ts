import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { simulatorService, type BerthServiceOptions } from './berth-services.ts';
import { prepareMariadb, type MariadbOptions } from './mariadb-server.ts';
import type { PortWish } from './ports.ts';
import type { RunNamedTask } from './run-task.ts';
import type { Secrets } from './secrets.ts';
import type { Stack } from './stack.ts';
import { ensureGenerated } from './whmcs/ensure-generated.ts';

/** Enough for every kind of mess, few enough to be made in a second. */
const SERVICES = 120;
const TOKEN_ID = 'berth@pve!berth';

/** Both clusters of the made-up provider; the mapping calls them by these names. */
const CLUSTERS = [
  { name: 'fra1', location: 'Frankfurt', secret: 'fra1TokenSecret' },
  { name: 'ams1', location: 'Amsterdam', secret: 'ams1TokenSecret' },
] as const;

export const WHMCS_PORTS: PortWish[] = [
  { name: 'whmcs', setting: 'BERTH_WHMCS_PORT', usual: 13_306 },
  { name: 'fra1', setting: 'BERTH_FRA1_PORT', usual: 8106 },
  { name: 'fra1Control', setting: 'BERTH_FRA1_CONTROL_PORT', usual: 8116 },
  { name: 'ams1', setting: 'BERTH_AMS1_PORT', usual: 8206 },
  { name: 'ams1Control', setting: 'BERTH_AMS1_CONTROL_PORT', usual: 8216 },
];

export interface WhmcsOptions extends Pick<MariadbOptions, 'find'> {
  stack: Stack;
  /** Holds the database, what a migration must make of it, and the clusters. */
  dir: string;
  ports: Record<string, number>;
  secrets: Pick<Secrets, 'whmcsPassword' | 'fra1TokenSecret' | 'ams1TokenSecret'>;
  speed: string;
  /** Services of the provider; enough for every kind of mess when left out. */
  size?: number;
  common: (name: string) => BerthServiceOptions;
}

export interface Whmcs {
  /** Of the user who may only read. */
  databaseUrl: string;
  truthDir: string;
  mapping: string;
  clusters: ProviderCluster[];
}

/** A cluster with the provider's VMs, to be known to Berth under this name. */
export interface ProviderCluster {
  name: string;
  location: string;
  url: string;
  controlUrl: string;
  fingerprint: string;
  tokenId: string;
  tokenSecret: string;
}

/**
 * Brings up a small provider to move away from: a WHMCS database, and two clusters that hold its VMs. Nothing else needs
 * it, so where it cannot be had the reason is said and the answer is undefined; it never rejects.
 */
export async function bringUpWhmcs(options: WhmcsOptions): Promise<Whmcs | undefined> {
  const { stack } = options;
  try {
    return await bringUp(options);
  } catch (err) {
    const [reason] = (err instanceof Error ? err.message : String(err)).split('\n');
    if (!stack.signal.aborted) stack.onProgress(`going on without a WHMCS to move away from: ${reason}`);
    return undefined;
  }
}

async function bringUp(options: WhmcsOptions): Promise<Whmcs> {
  const { stack, dir, ports, secrets, common, find } = options;
  const { onProgress } = stack;
  await mkdir(dir, { recursive: true });
  const port = ports['whmcs'];
  const { spec, url, readerUrl } = await prepareMariadb({
    dataDir: join(dir, 'mariadb'),
    durable: true,
    password: secrets.whmcsPassword,
    logFile: common('mariadb').logFile,
    onProgress,
    ...(port ? { port } : {}),
    ...(find ? { find } : {}),
  });
  await stack.start([spec]);
  const truthDir = join(dir, 'truth');
  const onMessage = (message: string) => onProgress(`WHMCS: ${message}`);
  await ensureGenerated({ url, truthDir, seed: 'berth', size: options.size ?? SERVICES, onMessage });
  const clusters = await bringUpClusters(options, truthDir);
  return {
    databaseUrl: readerUrl,
    truthDir,
    mapping: join(import.meta.dirname, 'whmcs', 'mapping.yaml'),
    clusters,
  };
}

async function bringUpClusters(options: WhmcsOptions, truthDir: string): Promise<ProviderCluster[]> {
  const { stack, dir, ports, secrets, speed, common } = options;
  const services = CLUSTERS.map(({ name, location, secret }) => {
    const port = ports[name] ?? 0;
    const tokenSecret = secrets[secret];
    const berth = common(`proxmox-${name}`);
    const { spec, fingerprint } = simulatorService({
      ...berth,
      name: `proxmox-${name}`,
      env: { ...berth.env, PROXMOX_TOKEN_ID: TOKEN_ID, PROXMOX_TOKEN_SECRET: tokenSecret },
      port,
      controlPort: ports[`${name}Control`] ?? 0,
      stateFile: join(dir, name, 'state.json'),
      speed,
      // Without templates nothing can be ordered here: the provider's clusters are for what it has already.
      args: ['--vms', join(truthDir, `vms-${name}.jsonl`), '--no-templates'],
    });
    const cluster = () => ({
      name,
      location,
      url: `https://127.0.0.1:${port}`,
      controlUrl: `http://127.0.0.1:${ports[`${name}Control`]}`,
      fingerprint: fingerprint(),
      tokenId: TOKEN_ID,
      tokenSecret,
    });
    return { spec, cluster };
  });
  await stack.start(services.map(({ spec }) => spec));
  stack.onProgress('the clusters of the WHMCS answer');
  return services.map(({ cluster }) => cluster());
}

/** Makes them known to Berth; at each start, since ports may differ from the last. */
export async function registerClusters(task: RunNamedTask, clusters: ProviderCluster[]): Promise<void> {
  await Promise.all(
    clusters.map(({ name, location, url, fingerprint, tokenId, tokenSecret }) => {
      const where = ['--name', name, '--location', location, '--url', url, '--fingerprint', fingerprint];
      const args = ['db/cli.ts', 'add-cluster', ...where, '--token-id', tokenId];
      return task(`cluster-${name}`, args, { PROXMOX_TOKEN_SECRET: tokenSecret });
    }),
  );
}

/** What run.json says of it. */
export function describeWhmcs({ databaseUrl, truthDir, mapping, clusters }: Whmcs): Record<string, unknown> {
  const addresses = clusters.map(({ name, url, controlUrl }) => [
    name,
    { proxmoxUrl: url, proxmoxControlUrl: controlUrl },
  ]);
  return {
    whmcsDatabaseUrl: databaseUrl,
    whmcsTruthDir: truthDir,
    whmcsMapping: mapping,
    whmcsClusters: Object.fromEntries(addresses),
  };
}

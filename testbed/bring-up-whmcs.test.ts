import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bringUpWhmcs, WHMCS_PORTS, type ProviderCluster, type Whmcs } from './bring-up-whmcs.ts';
import { readJsonFile } from './json-file.ts';
import { sharedDataDir } from './postgres-account.ts';
import { choosePorts } from './ports.ts';
import { identifyProcess } from './process-identity.ts';
import { runStack } from './stack.ts';
import { waitUntil } from './wait-until.ts';
import { createProxmox, type Proxmox } from '../proxmox/client.ts';
import type { Truth } from './whmcs/truth.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-whmcs-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
  await rm(sharedDataDir(join(dir, 'whmcs', 'mariadb'), 'mariadb'), { recursive: true, force: true });
});

const SECRETS = { whmcsPassword: 'whmcs', fra1TokenSecret: 'fra1-secret', ams1TokenSecret: 'ams1-secret' };

/** Runs a stack of nothing but the WHMCS for as long as `visit` takes; what it said, and its processes. */
async function withWhmcs(
  visit: (whmcs: Whmcs | undefined) => Promise<void>,
  find?: () => Promise<never>,
): Promise<{ said: string[]; pids: Record<string, number> }> {
  const said: string[] = [];
  const end = new AbortController();
  const pids: Record<string, number> = {};
  const env = Object.fromEntries(WHMCS_PORTS.map(({ setting }) => [setting, '0']));
  await runStack(
    {
      dataDir: dir,
      onProgress: (text) => said.push(text),
      signal: end.signal,
      firstBackoffMs: 1,
      onUp: () => end.abort(),
    },
    async (stack) => {
      const ports = await choosePorts(WHMCS_PORTS, { env, former: {}, onProgress: () => undefined });
      const common = (name: string) => ({
        root: join(import.meta.dirname, '..'),
        env: {},
        logFile: join(dir, 'logs', `${name}.log`),
        onLine: () => undefined,
      });
      const whmcs = await bringUpWhmcs({
        stack,
        dir: join(dir, 'whmcs'),
        ports,
        secrets: SECRETS,
        speed: '0',
        common,
        ...(find ? { find } : {}),
      });
      await visit(whmcs);
      for (const { name, pid } of await readProcesses()) pids[name] = pid;
      return { dashboardUrl: '' };
    },
  );
  return { said, pids };
}

async function readProcesses(): Promise<{ name: string; pid: number }[]> {
  return (await readJsonFile<{ name: string; pid: number }[]>(join(dir, 'processes.json'))) ?? [];
}

async function readTruth(truthDir: string): Promise<Truth[]> {
  const text = await readFile(join(truthDir, 'truth.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Truth);
}

async function query(url: string, text: string): Promise<RowDataPacket[]> {
  const connection = await mysql.createConnection({ uri: url });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(text);
    return rows;
  } finally {
    await connection.end();
  }
}

async function countServices(url: string): Promise<number> {
  const [row] = await query(url, 'SELECT count(*) AS n FROM tblhosting');
  return Number(row?.['n']);
}

async function withProxmox<T>(
  { url, fingerprint, tokenId, tokenSecret }: ProviderCluster,
  work: (proxmox: Proxmox) => Promise<T>,
): Promise<T> {
  const proxmox = createProxmox({
    endpoints: [url],
    fingerprint,
    token: { id: tokenId, secret: tokenSecret },
  });
  try {
    return await work(proxmox);
  } finally {
    await proxmox.close();
  }
}

/** The VMs and containers of a cluster as anybody sees them, over HTTPS. */
async function listVms(cluster: ProviderCluster): Promise<string[]> {
  return withProxmox(cluster, async (proxmox) => {
    return (await proxmox.clusterResources('vm')).map(({ vmid }) => `${cluster.name} ${vmid}`);
  });
}

function present(whmcs: Whmcs | undefined): Whmcs {
  if (!whmcs) throw new Error('there is no WHMCS');
  return whmcs;
}

it('has exactly the VMs on its clusters that the truth knows, and a login that cannot write', async () => {
  const { pids } = await withWhmcs(async (whmcs) => {
    const { databaseUrl, truthDir, mapping, clusters } = present(whmcs);
    const truths = await readTruth(truthDir);
    const vms = truths.filter((truth) => truth.entity === 'vm');
    const expected = vms.map(({ cluster, vmid }) => `${cluster} ${vmid}`);
    const found = (await Promise.all(clusters.map(listVms))).flat();
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(new Set(vms.map(({ cluster }) => cluster))).toEqual(new Set(clusters.map(({ name }) => name)));
    // Every VM that a service is to be bound to is there.
    for (const truth of truths) {
      if (truth.entity !== 'service' || !truth.target) continue;
      const { cluster, vmid } = truth.target.binding;
      expect(found).toContain(`${cluster} ${vmid}`);
    }
    expect(await countServices(databaseUrl)).toBe(
      truths.filter((truth) => truth.entity === 'service').length,
    );
    await expect(query(databaseUrl, 'DELETE FROM tblhosting')).rejects.toThrow('denied');
    expect(await readFile(mapping, 'utf8')).toContain('cluster: fra1');
  });
  expect(Object.keys(pids).toSorted()).toEqual(['mariadb', 'proxmox-ams1', 'proxmox-fra1']);
  for (const pid of Object.values(pids)) expect(await identifyProcess(pid)).toBeUndefined();
});

it('comes back with its data after a kill and after a stop, and makes nothing anew', async () => {
  const first = await withWhmcs(async (whmcs) => {
    const { databaseUrl, clusters } = present(whmcs);
    const before = await countServices(databaseUrl);
    for (const { pid } of await readProcesses()) process.kill(pid, 'SIGKILL');
    const isBack = async () => (await countServices(databaseUrl).catch(() => -1)) === before;
    await waitUntil(isBack, { what: 'MariaDB to be back' });
    for (const cluster of clusters) {
      await waitUntil(async () => (await listVms(cluster).catch(() => [])).length > 0, {
        what: cluster.name,
      });
    }
  });
  expect(first.said).toEqual(expect.arrayContaining([expect.stringMatching(/^WHMCS: generating .* 120 /)]));
  const second = await withWhmcs(async (whmcs) => {
    const { databaseUrl, clusters, truthDir } = present(whmcs);
    const truths = await readTruth(truthDir);
    expect(await countServices(databaseUrl)).toBe(truths.filter(({ entity }) => entity === 'service').length);
    const found = (await Promise.all(clusters.map(listVms))).flat();
    expect(found).toHaveLength(truths.filter(({ entity }) => entity === 'vm').length);
  });
  expect(second.said).toEqual([
    'WHMCS: the database holds 120 services already (seed berth, edition 1)',
    'the clusters of the WHMCS answer',
  ]);
});

it('says in one line why there is none, and lets the rest go on', async () => {
  const { said, pids } = await withWhmcs(
    async (whmcs) => {
      expect(whmcs).toBeUndefined();
    },
    () => Promise.reject(new Error('there is no MariaDB here\nat all')),
  );
  expect(said).toEqual(['going on without a WHMCS to move away from: there is no MariaDB here']);
  expect(pids).toEqual({});
});

it('goes on when MariaDB does not come up, and tells of no process of it', async () => {
  await mkdir(join(dir, 'whmcs', 'mariadb', 'mysql'), { recursive: true });
  const broken = () => Promise.resolve({ kind: 'programs', mariadbd: '/bin/false', installDb: '/bin/false' });
  const { said, pids } = await withWhmcs(
    async (whmcs) => {
      expect(whmcs).toBeUndefined();
    },
    broken as () => Promise<never>,
  );
  expect(said.at(-1)).toMatch(/^going on without .*: mariadb ended with exit code 1/);
  expect(pids).toEqual({});
});

import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.ts';
import type { Operation } from '../../contract/operations.ts';
import type { Accepted, Server } from '../../contract/servers.ts';
import { freePort } from '../../testbed/free-port.ts';
import { readJsonFile } from '../../testbed/json-file.ts';
import type { Simulator } from '../../testbed/proxmox/simulator.ts';
import { startService } from '../../testbed/service.ts';
import { waitUntil } from '../../testbed/wait-until.ts';

export type Part =
  | 'api'
  | 'worker'
  | 'temporal'
  | 'postgres'
  | 'proxmox'
  | 'mariadb'
  | 'proxmox-fra1'
  | 'proxmox-ams1';

/** What `.berth/run.json` says of a running Berth. */
export interface Run {
  apiUrl: string;
  dashboardUrl: string;
  temporalUiUrl: string;
  temporalAddress: string;
  databaseUrl: string;
  proxmoxUrl: string;
  proxmoxControlUrl: string;
  /** These four only with a WHMCS. */
  whmcsDatabaseUrl?: string;
  whmcsTruthDir?: string;
  whmcsMapping?: string;
  whmcsClusters?: Record<'fra1' | 'ams1', { proxmoxUrl: string; proxmoxControlUrl: string }>;
  customer: { email: string; password: string };
  admin: { email: string; password: string };
  pids: Record<Part, number>;
}

export interface RunningBerth {
  /** Of this run alone; the admin's commands find it by BERTH_DATA_DIR. */
  dataDir: string;
  /** Read anew: process ids follow restarts. */
  run(): Promise<Run>;
  pidOf(part: Part): Promise<number>;
  /** What its customer sees and does. */
  api: ApiClient;
  /** The same as an administrator. */
  admin: ApiClient;
  /** What Proxmox really has; the oracle. */
  cluster(): Promise<ClusterView>;
  addFault(rule: object): Promise<void>;
  clearFaults(): Promise<void>;
  stop(): Promise<void>;
}

/** What really exists. */
export type ClusterView = Pick<Simulator['state'], 'vms' | 'volumes' | 'tasks' | 'haResources'>;
export type ClusterVm = ClusterView['vms'][number];

const ROOT = join(import.meta.dirname, '../..');

/**
 * Starts the product with the README's command, on data and ports of its own; `speed` is the simulator's, `whmcs` adds a
 * provider to move away from, with so many services; deletions wait for `deleteGraceHours`.
 */
export async function startBerth({
  speed = '1',
  whmcs = false,
  whmcsSize = 120,
  deleteGraceHours = 0,
} = {}): Promise<RunningBerth> {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-e2e-'));
  const names = ['API', 'WORKER', 'POSTGRES', 'TEMPORAL', 'TEMPORAL_UI', 'PROXMOX', 'PROXMOX_CONTROL'];
  if (whmcs) names.push('WHMCS', 'FRA1', 'FRA1_CONTROL', 'AMS1', 'AMS1_CONTROL');
  const ports = await Promise.all(
    names.map(async (name) => [`BERTH_${name}_PORT`, String(await freePort())]),
  );
  const file = join(dataDir, 'run.json');
  const run = async () => JSON.parse(await readFile(file, 'utf8')) as Run;
  const service = await startService({
    name: 'Berth',
    command: 'npm',
    args: ['start'],
    cwd: ROOT,
    env: {
      ...Object.fromEntries(ports),
      BERTH_DATA_DIR: dataDir,
      BERTH_PROXMOX_SPEED: speed,
      BERTH_WHMCS: whmcs ? '1' : '0',
      BERTH_WHMCS_SIZE: String(whmcsSize),
      BERTH_DELETE_GRACE_HOURS: String(deleteGraceHours),
      CI: 'true',
    },
    ready: async (signal) =>
      waitUntil(async () => (await readJsonFile<Run>(file)) !== undefined, { timeoutMs: Infinity, signal }),
    // Parts that are found nowhere are built at the first start.
    readyTimeoutMs: 15 * 60_000,
    stopSignal: 'SIGINT',
    stopTimeoutMs: 60_000,
    removeDir: dataDir,
  });
  const { apiUrl, customer, admin } = await run();
  const control = async (method: string, path: string, body?: object) => {
    const { proxmoxControlUrl } = await run();
    const answer = await fetch(`${proxmoxControlUrl}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  return {
    dataDir,
    run,
    pidOf: async (part) => (await run()).pids[part],
    api: await logIn(apiUrl, customer),
    admin: await logIn(apiUrl, admin),
    cluster: async () => (await (await control('GET', '/state')).json()) as ClusterView,
    addFault: async (rule) => void (await control('POST', '/faults', rule)),
    clearFaults: async () => void (await control('DELETE', '/faults')),
    async stop() {
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type ApiClient = Awaited<ReturnType<typeof logIn>>;

/** A customer's client of the REST API: nothing but what the README says. */
async function logIn(apiUrl: string, credentials: { email: string; password: string }) {
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    fetch(`${apiUrl}${path}`, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  let authorization = '';
  const refresh = async () => {
    const { accessToken } = (await (await call('POST', '/login', credentials)).json()) as {
      accessToken: string;
    };
    authorization = `Bearer ${accessToken}`;
  };
  await refresh();
  /** Logs in again when the token has run out; an api that is being restarted is waited for. */
  async function request(method: string, path: string, body?: object, key?: string): Promise<Response> {
    for (;;) {
      const answer = await call(method, path, body, {
        authorization,
        ...(key ? { 'idempotency-key': key } : {}),
      });
      if (answer.status !== 401) return answer;
      await refresh();
    }
  }
  /** Rejects while the API cannot answer; a refusal such as 404 is an answer. */
  async function get<T>(path: string): Promise<T> {
    const answer = await request('GET', path);
    if (answer.status >= 500) throw new Error(`GET ${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }
  /** Reads an operation until it is so; an api that does not answer for a moment is asked again. */
  async function operationOnce(
    id: string,
    isSo: (operation: Operation) => boolean,
    timeoutMs?: number,
  ): Promise<Operation> {
    let last: Operation | undefined;
    await until(async () => {
      last = await get<Operation>(`/operations/${id}`).catch(() => last);
      return last !== undefined && isSo(last);
    }, timeoutMs);
    return last as Operation;
  }
  return {
    request,
    get,
    server: (id: string) => get<Server>(`/servers/${id}`),
    operation: (id: string) => get<Operation>(`/operations/${id}`),
    async order(name: string, key = randomUUID()): Promise<Response> {
      const plans = await get<{ items: { id: string; name: string }[] }>('/plans');
      const templates = await get<{ items: { id: string; name: string }[] }>('/templates');
      const planId = plans.items.find((plan) => plan.name === 'Small')?.id;
      const templateId = templates.items.find((template) => template.name === 'debian-12')?.id;
      return request('POST', '/servers', { name, planId, templateId }, key);
    },
    async accepted(answer: Response | Promise<Response>): Promise<Accepted> {
      const resolved = await answer;
      if (resolved.status !== 202) throw new Error(`${resolved.status} ${await resolved.text()}`);
      return (await resolved.json()) as Accepted;
    },
    /** Waits until an operation is over. */
    settled: async (id: string, timeoutMs = 120_000) =>
      operationOnce(id, ({ finishedAt }) => finishedAt !== null, timeoutMs),
    /** Waits until an operation stands still and needs a decision. */
    paused: async (id: string) => operationOnce(id, ({ status }) => status === 'needs_attention'),
  };
}

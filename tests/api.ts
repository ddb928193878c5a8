import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import bunyan from 'bunyan';
import { request } from 'undici';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { buildAccount, buildUser, PASSWORD } from './builders.ts';
import { createApp } from '../api/app.ts';
import type { Deps, Temporal } from '../api/deps.ts';
import { EventHub } from '../api/event-hub.ts';
import { createSecretBox, type SecretBox } from '../db/secrets.ts';
import type { User } from '../db/models/user.ts';

interface StartedWorkflow {
  name: string;
  workflowId: string;
  memo: { operationId: string; requestedBy: string | null; requestId: string | null };
  options: Record<string, unknown>;
}

/** Stands in for Temporal in route tests: remembers what was started and cancelled, and can be away. */
interface FakeTemporal {
  client: Temporal;
  started: StartedWorkflow[];
  cancelled: string[];
  signalled: string[];
  isAway: boolean;
}

function createFakeTemporal(): FakeTemporal {
  const fake: FakeTemporal = {
    client: undefined as unknown as Temporal,
    started: [],
    cancelled: [],
    signalled: [],
    isAway: false,
  };
  const reach = () => {
    if (fake.isAway) throw new Error('14 UNAVAILABLE: no connection');
  };
  const find = (workflowId: string) => fake.started.find((run) => run.workflowId === workflowId);
  const client = {
    withDeadline: async (_at: number, call: () => Promise<unknown>) => call(),
    connection: {
      workflowService: {
        getSystemInfo: async () => reach(),
      },
    },
    schedule: { getHandle: () => ({ trigger: async () => reach() }) },
    workflow: {
      start: async (name: string, options: StartedWorkflow & Record<string, unknown>) => {
        reach();
        const { workflowId, memo } = options;
        if (find(workflowId))
          throw new WorkflowExecutionAlreadyStartedError('already started', workflowId, name);
        fake.started.push({ name, workflowId, memo, options });
      },
      getHandle: (workflowId: string) => ({
        describe: async () => {
          reach();
          const run = find(workflowId);
          if (!run) throw new WorkflowNotFoundError('not found', workflowId, undefined);
          return { memo: run.memo, runId: 'run', status: { name: 'RUNNING' } };
        },
        cancel: async () => {
          reach();
          fake.cancelled.push(workflowId);
        },
        signal: async () => {
          reach();
          fake.signalled.push(workflowId);
        },
      }),
    },
  };
  fake.client = client as unknown as Temporal; // the few calls the API makes
  return fake;
}

interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

interface CallOptions {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestApi {
  url: string;
  database: TestDatabase['database'];
  databaseUrl: string;
  temporal: FakeTemporal;
  events: EventHub;
  secretBox: SecretBox;
  jwtSecret: string;
  /** What was logged, line by line. */
  logLines: string[];
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  call<T = any>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>;
  /** Logs in with PASSWORD and answers the access token. */
  logIn(user: User): Promise<string>;
  close(): Promise<void>;
}

/** The real application on a free port, with a database of its own. */
export async function startTestApi(overrides: Partial<Deps> = {}): Promise<TestApi> {
  const testDatabase = await createTestDatabase();
  const { url: databaseUrl, database } = testDatabase;
  const logLines: string[] = [];
  const log = bunyan.createLogger({
    name: 'api',
    level: 'debug',
    serializers: { err: bunyan.stdSerializers.err },
    stream: { write: (line: string) => logLines.push(line) } as unknown as NodeJS.WritableStream,
  });
  const temporal = createFakeTemporal();
  const events = new EventHub({ database, url: databaseUrl, log });
  const secretBox = createSecretBox(randomBytes(32));
  const jwtSecret = randomBytes(32).toString('hex');
  const deps: Deps = {
    database,
    temporal: temporal.client,
    log,
    secretBox,
    jwtSecret,
    events,
    testConnection: async () => {
      throw new Error('this test brings no cluster to connect to');
    },
    inspectVm: async () => null,
    listUnclaimedVms: async () => ({ items: [], nextCursor: null, total: 0 }),
    trustProxy: true,
  };
  const handle = createApp({ ...deps, ...overrides }).callback();
  const server = createServer((req, res) => void handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await events.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const call: TestApi['call'] = async (method, path, { token, body, headers = {} } = {}) => {
    // Not fetch, which decides on Sec-Fetch-Site and the like by itself.
    const response = await request(`${url}${path}`, {
      method: method as 'GET',
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.body.text();
    const answered = new Headers();
    for (const [name, value] of Object.entries(response.headers)) answered.set(name, String(value));
    const isJson = answered.get('Content-Type')?.includes('json') ?? false;
    return { status: response.statusCode, headers: answered, body: isJson ? JSON.parse(text) : text };
  };
  return {
    url,
    database,
    databaseUrl,
    temporal,
    events,
    secretBox,
    jwtSecret,
    logLines,
    call,
    async logIn({ email }) {
      const { body } = await call('POST', '/login', { body: { email, password: PASSWORD } });
      return body.accessToken;
    },
    async close() {
      await events.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await testDatabase.drop();
    },
  };
}

/** A customer who has just logged in, and the account that is theirs alone. */
export async function loggedInCustomer(
  api: TestApi,
  { maxServers = 10, suspendedAt = null as Date | null } = {},
) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user, maxServers, suspendedAt });
  return { user, account, token: await api.logIn(user) };
}

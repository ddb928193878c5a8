import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterEach, expect, inject, it } from 'vitest';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  buildUser,
  PASSWORD,
} from '../tests/builders.ts';
import { createTestDatabase } from '../tests/database.ts';
import { until } from '../tests/until.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Starts the API as a process of its own and answers where it listens. */
async function startProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: {
      PATH: process.env['PATH'] ?? '',
      BERTH_API_PORT: '0',
      BERTH_JWT_SECRET: randomBytes(32).toString('hex'),
      BERTH_SECRETS_KEY: randomBytes(32).toString('base64'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = line.startsWith('{') ? JSON.parse(line) : {};
    if (entry.msg !== 'listening') continue;
    child.stdout.resume();
    return { child, url: `http://127.0.0.1:${entry.port}` };
  }
  throw new Error('the process ended without listening');
}

async function stop(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await exited;
  return code;
}

const NOWHERE = '127.0.0.1:1';

it('is up while PostgreSQL and Temporal are away, and says what is missing', async () => {
  const { child, url } = await startProcess({
    DATABASE_URL: `postgres://berth@${NOWHERE}/berth`,
    TEMPORAL_ADDRESS: NOWHERE,
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({
    status: 'unavailable',
    checks: { postgres: 'unreachable', temporal: 'unreachable' },
  });
  expect(await stop(child)).toBe(0);
});

it('takes an order while Temporal is away, and stops cleanly while a stream is open', async () => {
  const test = await createTestDatabase();
  try {
    const catalog = await buildCatalog(test.database);
    const user = await buildUser(test.database);
    await buildAccount(test.database, { owner: user });
    const { child, url } = await startProcess({ DATABASE_URL: test.url, TEMPORAL_ADDRESS: NOWHERE });
    const post = async (path: string, body: object, headers = {}) => {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as { accessToken: string } };
    };
    const session = await post('/login', { email: user.email, password: PASSWORD });
    const headers = { Authorization: `Bearer ${session.body.accessToken}` };
    const order = { name: 'web-1', planId: catalog.plan.id, templateId: catalog.template.id };
    expect((await post('/servers', order, headers)).status).toBe(202);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'degraded' });

    const stream = await fetch(`${url}/events`, { headers });
    const over = stream.text();
    expect(await stop(child)).toBe(0);
    expect(await over).toContain('id: ');
  } finally {
    await test.drop();
  }
});

it('starts, by its sweeper, what another process left pending', async () => {
  const test = await createTestDatabase();
  try {
    const catalog = await buildCatalog(test.database);
    const user = await buildUser(test.database);
    const account = await buildAccount(test.database, { owner: user });
    const server = await buildServer(test.database, { account, catalog });
    await buildOperation(test.database, { server, createdAt: new Date(Date.now() - 60_000) });
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const { child } = await startProcess({
      DATABASE_URL: test.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    });
    const handle = new Client({ connection }).workflow.getHandle(`server/${server.id}`);
    await until(async () =>
      handle.describe().then(
        () => true,
        () => false,
      ),
    );
    expect(await stop(child)).toBe(0);
    await connection.close();
  } finally {
    await test.drop();
  }
});

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type RunningBerth } from './berth.ts';
import { until } from '../until.ts';

describe('an accepted order is carried out whatever dies', () => {
  let berth: RunningBerth;
  beforeAll(async () => {
    berth = await startBerth();
  });
  afterAll(() => berth.stop());

  const vmsNamed = async (name: string) =>
    Object.values((await berth.cluster()).vms).filter(({ config }) => config['name'] === name);
  const runningClones = async () =>
    (await berth.cluster()).tasks.filter(
      ({ type, log }) => type === 'qmclone' && !log.some((line) => line.startsWith('TASK ')),
    );
  const restarted = (part: 'api' | 'worker' | 'temporal', former: number) =>
    until(async () => (await berth.pidOf(part)) !== former, 60_000);

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'goes on with the same clone when the worker gets %s in the middle of it',
    async (signal) => {
      const name = `worker-${signal.toLowerCase()}`;
      const before = await clones();
      const { server, operation } = await berth.api.accepted(berth.api.order(name));
      await until(async () => (await runningClones()).length === 1 && hasCloneTask(operation.id));
      const worker = await berth.pidOf('worker');
      process.kill(worker, signal);
      await restarted('worker', worker);

      expect(await berth.api.settled(operation.id)).toMatchObject({ status: 'succeeded', error: null });
      expect(await berth.api.server(server.id)).toMatchObject({ status: 'running' });
      expect(await vmsNamed(name)).toHaveLength(1);
      expect((await clones()) - before).toBe(1);
    },
  );

  const clones = async () => (await berth.cluster()).tasks.filter(({ type }) => type === 'qmclone').length;

  async function hasCloneTask(operationId: string): Promise<boolean> {
    const { steps } = await berth.api.operation(operationId);
    return steps.some((step) => step.name === 'clone' && step.task !== null);
  }

  it('builds a server whose order was written when the api was killed before it could start the workflow', async () => {
    // With Temporal frozen the api has committed the order and hangs in the start call.
    const temporal = await berth.pidOf('temporal');
    const api = await berth.pidOf('api');
    process.kill(temporal, 'SIGSTOP');
    const name = `killed-api-${randomUUID().slice(0, 8)}`;
    const lost = berth.api.order(name).catch(() => 'no answer');
    const { databaseUrl } = await berth.run();
    await until(() => isOrdered(databaseUrl, name));
    process.kill(api, 'SIGKILL');
    process.kill(temporal, 'SIGCONT');
    await lost;
    await restarted('api', api);

    await until(async () => (await findServer(name))?.status === 'running', 120_000);
    expect(await vmsNamed(name)).toHaveLength(1);
  });

  const findServer = async (name: string) => {
    const page = await berth.api
      .get<{ items: { id: string; name: string; status: string }[] }>(`/servers?search=${name}`)
      .catch(() => null);
    return page?.items.find((server) => server.name === name);
  };

  it('accepts an order while Temporal is away and builds it when Temporal is back', async () => {
    const temporal = await berth.pidOf('temporal');
    process.kill(temporal, 'SIGSTOP');
    const { server, operation } = await berth.api.accepted(berth.api.order('no-temporal'));
    expect((await berth.api.operation(operation.id)).status).toBe('pending');
    process.kill(temporal, 'SIGKILL');
    await restarted('temporal', temporal);

    expect(await berth.api.settled(operation.id)).toMatchObject({ status: 'succeeded' });
    expect(await berth.api.server(server.id)).toMatchObject({ status: 'running' });
  });

  it('makes one server of two orders with the same key', async () => {
    const key = randomUUID();
    const answers = await Promise.all([berth.api.order('same-key', key), berth.api.order('same-key', key)]);
    const [one, two] = await Promise.all(answers.map((answer) => berth.api.accepted(answer)));
    expect(two?.server.id).toBe(one?.server.id);
    expect(two?.operation.id).toBe(one?.operation.id);
    await berth.api.settled(one?.operation.id ?? '');
    expect(await vmsNamed('same-key')).toHaveLength(1);
  });

  it('gives one 202 and one 409 to two actions at once', async () => {
    const server = await findServer('same-key');
    const reboot = () => berth.api.request('POST', `/servers/${server?.id}/actions`, { action: 'reboot' });
    const answers = await Promise.all([reboot(), reboot()]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(await refused?.json()).toMatchObject({ code: 'server_busy', operation: { type: 'reboot' } });
  });

  it('shows the cause of a failed clone within 10 s, waits, and leaves nothing behind when it is cancelled', async () => {
    const message = 'clone failed: unable to create image: No space left on device';
    await berth.addFault({
      method: 'POST',
      path: '/clone$',
      action: 'failTask',
      message,
      atPercent: 20,
    });
    const { server, operation } = await berth.api.accepted(berth.api.order('no-space'));
    const started = performance.now();
    const waiting = await berth.api.paused(operation.id);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(waiting.error).toMatchObject({ code: 'storage_full', cause: message });
    await berth.api.request('POST', `/operations/${operation.id}/cancel`);
    expect(await berth.api.settled(operation.id)).toMatchObject({ status: 'cancelled' });
    expect(await vmsNamed('no-space')).toEqual([]);
    expect(await berth.api.server(server.id)).toMatchObject({
      status: 'cancelled',
      ipAddresses: [],
      node: null,
    });
  });
});

async function isOrdered(databaseUrl: string, name: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query('select 1 from servers where name = $1', [name]);
    return rows.length > 0;
  } finally {
    await client.end();
  }
}

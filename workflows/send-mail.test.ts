import { randomBytes } from 'node:crypto';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createClusterAccess } from '../activities/cluster-access.ts';
import { DEFAULT_TIMING, type Deps } from '../activities/deps.ts';
import { createMailer } from '../activities/mailer.ts';
import { createSlotQueue } from '../activities/slot-queue.ts';
import { sweepMails } from '../api/start-mail.ts';
import { mailWorkflowId } from '../contract/temporal.ts';
import type { User } from '../db/models/user.ts';
import { createSecretBox } from '../db/secrets.ts';
import { startTestApi, type TestApi } from '../tests/api.ts';
import { buildUser } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { startMailServer, type MailServer } from '../tests/mail-server.ts';
import { tokenIn } from '../tests/mails.ts';
import { readable } from '../tests/readable.ts';
import { recordHistory } from '../tests/record-history.ts';
import { connectTemporal, startWorkers, type TestTemporal } from '../tests/stack.ts';
import { until } from '../tests/until.ts';

const KEY = randomBytes(32);
const FROM = 'Berth <no-reply@example.net>';

describe('a mail with a link for a password', () => {
  let test: TestDatabase;
  let temporal: TestTemporal;
  let api: TestApi;
  let deps: Deps;
  let workers: { stop(): Promise<void> };
  let server: MailServer;
  beforeAll(async () => {
    [test, temporal] = await Promise.all([createTestDatabase(), connectTemporal()]);
    const { database } = test;
    const secretBox = createSecretBox(KEY);
    deps = {
      database,
      secretBox,
      clusters: createClusterAccess({ database, secretBox }),
      slots: createSlotQueue(database),
      timing: DEFAULT_TIMING,
      sendMail: async (mail) => createMailer(server.url, FROM)(mail),
    };
    const { client, queuePrefix } = temporal;
    api = await startTestApi({
      database,
      secretBox,
      temporal: client,
      queuePrefix,
      sendsMail: true,
      publicUrl: 'https://cloud.example.test',
      loginLimits: { refusalMs: 0, resetsPerAddress: 1_000 },
    });
    workers = await startWorkers(deps, queuePrefix);
  });
  afterAll(async () => {
    await workers.stop();
    await api.close();
    await temporal.close();
    await test.drop();
  });
  beforeEach(async () => {
    server = await startMailServer();
  });

  async function ask(through = api) {
    const user = await buildUser(test.database);
    await through.call('POST', '/password-resets', { body: { email: user.email } });
    const [row] = await test.database('mails').where({ userId: user.id });
    const id: string = row.id;
    const handle = temporal.client.workflow.getHandle(mailWorkflowId(id));
    // The answer does not wait for Temporal.
    if (!through.temporal.isAway)
      await until(() =>
        handle.describe().then(
          () => true,
          () => false,
        ),
      );
    return { id, user, handle };
  }
  type Asked = Awaited<ReturnType<typeof ask>>;

  const outcomeOf = async ({ id }: Asked) => (await test.database('mails').where({ id }).first()).outcome;
  /** Why the last attempt failed, as operations staff see it while it is tried again. */
  const lastFailure = async ({ handle }: Asked): Promise<string> =>
    (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure?.message ?? '';
  const setPassword = async () =>
    api.call('POST', '/password', {
      body: { token: tokenIn(server.taken[0]), password: 'a brand new password' },
    });

  /** Neither the link nor who it is for stands where operations staff look. */
  async function expectIdsOnly({ handle }: Asked, { email }: User, token?: string): Promise<void> {
    const said = readable(await handle.fetchHistory()) + readable(await handle.describe());
    expect(said).toContain('deliverMail');
    for (const secret of [email, '/app/', ...(token ? [token] : [])]) expect(said).not.toContain(secret);
  }

  it('is put off twice, and then taken once', async () => {
    server.answer('RCPT', '450 4.7.1 Greylisted', '450 4.7.1 Greylisted');
    const asked = await ask();
    expect(await asked.handle.result()).toBe('sent');
    expect(server.taken).toHaveLength(1);
    expect(await outcomeOf(asked)).toBe('sent');
    await expectIdsOnly(asked, asked.user, tokenIn(server.taken[0]));
    expect((await setPassword()).status).toBe(204);
    await recordHistory('send-mail', asked.handle);
  });

  it('waits for a mail server that is away, and says so', async () => {
    await server.stop();
    const asked = await ask();
    await until(async () => (await lastFailure(asked)).includes('ECONNREFUSED'));
    await server.start();
    expect(await asked.handle.result()).toBe('sent');
    expect(server.taken).toHaveLength(1);
  });

  it('ends with the cause when it is refused for good', async () => {
    server.answer('RCPT', '550 5.1.1 No such user');
    const asked = await ask();
    const err: unknown = await asked.handle.result().catch((reason: unknown) => reason);
    expect(err).toBeInstanceOf(WorkflowFailedError);
    const { cause } = err as WorkflowFailedError;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({
      type: 'mail_refused',
      message: 'the mail server refused it: 550 5.1.1 to RCPT TO, about the address',
    });
    expect(await outcomeOf(asked)).toBe('mail_refused');
    expect(server.told.filter((line) => line.startsWith('RCPT'))).toHaveLength(1);
    await expectIdsOnly(asked, asked.user);
    await recordHistory('send-mail-refused', asked.handle);
  });

  it('keeps what a filter says of its link out of the history', async () => {
    let token = '';
    server.answer('taken', (mail) => {
      token = tokenIn(mail);
      return `554 5.7.1 blocked: https://cloud.example.test/app/set-password#${token}`;
    });
    const asked = await ask();
    await expect(asked.handle.result()).rejects.toThrow(WorkflowFailedError);
    expect(token).not.toBe('');
    await expectIdsOnly(asked, asked.user, token);
  });

  it('is sent once, however often its workflow is started', async () => {
    const asked = await ask();
    await asked.handle.result();
    await test.database('mails').where({ id: asked.id }).update({ outcome: null, settledAt: null });
    const { client, queuePrefix } = temporal;
    const sweeping = { database: test.database, temporal: client, queuePrefix };
    await sweepMails(sweeping, { notBefore: new Map() }, 0);
    expect(server.taken).toHaveLength(1);
    expect((await asked.handle.describe()).status.name).toBe('COMPLETED');
  });

  it('is started by the sweeper when Temporal was away', async () => {
    const { database, client, queuePrefix } = { ...test, ...temporal };
    const away = await startTestApi({
      database,
      secretBox: deps.secretBox,
      sendsMail: true,
      publicUrl: 'https://cloud.example.test',
      loginLimits: { refusalMs: 0 },
    });
    away.temporal.isAway = true;
    const asked = await ask(away);
    await away.close();
    await sweepMails({ database, temporal: client, queuePrefix }, { notBefore: new Map() }, 0);
    expect(await asked.handle.result()).toBe('sent');
    expect(server.taken).toHaveLength(1);
  });

  it('is sent by another worker when one is stopped before it could', async () => {
    server.answer('RCPT', '451 4.3.0 Later');
    const asked = await ask();
    await until(async () => (await lastFailure(asked)).includes('451'));
    await workers.stop();
    workers = await startWorkers(deps, temporal.queuePrefix);
    expect(await asked.handle.result()).toBe('sent');
    expect(server.taken).toHaveLength(1);
  });

  it('is sent by another worker when one is killed in the middle', async () => {
    await workers.stop();
    const killed = execa('node', ['activities/worker.ts'], {
      env: {
        DATABASE_URL: test.url,
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        TEMPORAL_NAMESPACE: 'default',
        BERTH_SECRETS_KEY: KEY.toString('base64'),
        BERTH_QUEUE_PREFIX: temporal.queuePrefix,
        BERTH_WORKFLOW_BUNDLE: inject('workflowBundle'),
        BERTH_WORKER_PORT: '0',
        BERTH_MAIL_URL: server.url,
        BERTH_MAIL_FROM: FROM,
      },
      all: true,
      reject: false,
    });
    server.answer('taken', '');
    const asked = await ask();
    await until(() => server.told.includes('.'));
    killed.kill('SIGKILL');
    const { all } = await killed;
    workers = await startWorkers(deps, temporal.queuePrefix);
    expect(await asked.handle.result()).toBe('sent');
    expect(server.taken).toHaveLength(1);
    for (const secret of [asked.user.email, tokenIn(server.taken[0])]) expect(all).not.toContain(secret);
  });
});

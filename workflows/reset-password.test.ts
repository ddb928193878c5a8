import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requestPassword, settled, startWorkflow } from '../tests/order.ts';
import { recordHistory } from '../tests/record-history.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';
import { Secret } from '../db/models/secret.ts';
import { Template } from '../db/models/template.ts';
import type { Operation, OperationParams } from '../db/models/operation.ts';
import type { Server } from '../db/models/server.ts';

const PASSWORD = 'tr0ub4dor & 3 horses';

describe('resetting a password', () => {
  let estate: WorkingEstate;

  beforeAll(async () => {
    estate = await createWorkingEstate();
  });
  afterAll(() => estate.close());
  afterEach(async () => {
    estate.simulator.faults.clear();
    await Template.query(estate.database).patch({ readyWhen: 'agent', defaultUser: 'debian' });
  });

  /** A running server; without an agent it is ready when it runs. */
  async function runningServer(name: string, { hasAgent = true } = {}) {
    if (!hasAgent) {
      estate.simulator.faults.add({ action: 'agentNever' });
      await Template.query(estate.database).patch({ readyWhen: 'running' });
    }
    return estate.runningServer(name);
  }

  async function reset(server: Server, params: OperationParams = {}, recordAs?: string) {
    const operation = await requestPassword(estate, server, PASSWORD, params);
    const handle = await startWorkflow(estate.temporal, operation);
    await handle.result().catch(() => undefined);
    if (recordAs) await recordHistory(recordAs, handle);
    const done = await settled(estate, operation);
    await expectNoTrace(done, historyToJSON(await handle.fetchHistory()));
    return done;
  }

  /** Neither the workflow nor the record may hold the password, and its sealed form is gone. */
  async function expectNoTrace(operation: Operation, history: string): Promise<void> {
    for (const text of [history, JSON.stringify(operation)]) {
      expect(text).not.toContain(PASSWORD);
      for (const offset of [0, 1, 2]) {
        const inBase64 = Buffer.from(' '.repeat(offset) + PASSWORD).toString('base64');
        expect(text).not.toContain(inBase64.slice(4, -4));
      }
    }
    expect(await Secret.query(estate.database).findById(operation.params.passwordSecretId ?? '')).toBe(
      undefined,
    );
  }

  /** How each step ended, and what is told about it. */
  const stepsOf = ({ events = [] }: Operation) =>
    Object.fromEntries(
      events
        .filter(({ state }) => state !== 'running')
        .map(({ step, state, message }) => [step, [state, message].filter(Boolean).join(': ')]),
    );

  it('has the guest agent set it, and says that nothing else is needed', async () => {
    const { server, vmid } = await runningServer('by-agent');
    const pid = estate.vmAt(vmid).guest?.pid;
    const done = await reset(server, {}, 'reset-password-by-agent');
    expect(done).toMatchObject({ status: 'succeeded', errorCode: null });
    expect(stepsOf(done)).toEqual({
      agent: 'succeeded: set for debian',
      cloudinit: 'skipped: not needed: the guest agent has set it',
      reboot: 'skipped: not needed',
    });
    expect(estate.vmAt(vmid).guest).toMatchObject({ pid, passwords: { debian: PASSWORD } });
    expect(estate.vmAt(vmid).config['cipassword']).toBeUndefined();
  });

  it('leaves what cloud-init was given, so that its next start is no first boot', async () => {
    const { server, vmid } = await runningServer('ordered-with-one');
    const { config } = estate.vmAt(vmid);
    config['cipassword'] = '$5$ordered$with';
    expect(await reset(server)).toMatchObject({ status: 'succeeded' });
    expect(config['cipassword']).toBe('$5$ordered$with');
  });

  it.each(['before', 'after'] as const)('sets it when the answer was lost %s the effect', async (when) => {
    const { server, vmid } = await runningServer(`lost-${when}`);
    estate.simulator.faults.add({ method: 'POST', path: '/set-user-password$', when, action: 'drop' });
    expect(await reset(server)).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(vmid).guest).toMatchObject({ passwords: { debian: PASSWORD } });
  });

  it('fails without a reboot when the agent is silent and none is allowed', async () => {
    const { server, vmid } = await runningServer('silent', { hasAgent: false });
    const pid = estate.vmAt(vmid).guest?.pid;
    const done = await reset(server);
    expect(done).toMatchObject({ status: 'failed', step: 'agent', errorCode: 'agent_not_running' });
    expect(done.errorMessage).toContain('Allow a reboot');
    expect(estate.vmAt(vmid).guest?.pid).toBe(pid);
    expect(estate.vmAt(vmid).config['cipassword']).toBeUndefined();
  });

  it('leaves it to cloud-init and reboots when that is allowed', async () => {
    const { server, vmid } = await runningServer('by-cloud-init', { hasAgent: false });
    const pid = estate.vmAt(vmid).guest?.pid;
    const done = await reset(server, { allowReboot: true }, 'reset-password-by-cloud-init');
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(stepsOf(done)).toEqual({
      agent: 'succeeded: the guest agent does not answer',
      cloudinit: 'succeeded: cloud-init sets it at the next start',
      reboot: 'succeeded: rebooted',
    });
    expect(estate.vmAt(vmid).guest?.pid).not.toBe(pid);
    expect(estate.vmAt(vmid).guest?.config['cipassword']).toMatch(/^\$5\$/);
  });

  it.each(['before', 'after'] as const)('reboots once when answers were lost %s the effect', async (when) => {
    const { server, vmid } = await runningServer('lost-later', { hasAgent: false });
    const reboots = () => estate.simulator.state.tasks.filter(({ type }) => type === 'qmreboot').length;
    const before = reboots();
    estate.simulator.faults.add({ method: 'PUT', path: '/config$', when, action: 'drop' });
    estate.simulator.faults.add({ method: 'POST', path: '/status/reboot$', when, action: 'drop' });
    expect(await reset(server, { allowReboot: true })).toMatchObject({ status: 'succeeded' });
    expect(reboots() - before).toBe(1);
    expect(estate.vmAt(vmid).guest?.config['cipassword']).toMatch(/^\$5\$/);
  });

  it('says in the words of the system inside why it refused, without the password', async () => {
    const { server } = await runningServer('refused');
    const reason = `Agent error: chpasswd refuses "${PASSWORD}"`;
    estate.simulator.faults.add({ path: '/set-user-password$', action: 'status', status: 500, reason });
    expect(await reset(server)).toMatchObject({
      status: 'failed',
      errorCode: 'agent_error',
      errorCause: 'Agent error: chpasswd refuses "[the password]"',
    });
  });

  it('leaves a stopped server stopped: cloud-init sets it when it is started', async () => {
    const { server, vmid } = await runningServer('stopped');
    const { proxmox, tasks } = await estate.deps.clusters.of(estate.cluster.id);
    const node = estate.vmAt(vmid).node ?? '';
    await tasks.wait(await proxmox.stop(node, vmid));
    const done = await reset(server);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(stepsOf(done)['reboot']).toBe(
      'skipped: not running: cloud-init sets it when the server is started',
    );
    expect(estate.vmAt(vmid).guest).toBeNull();
    expect(estate.vmAt(vmid).config['cipassword']).toMatch(/^\$5\$/);
  });

  it('fails when neither agent nor cloud-init can set it', async () => {
    const { server, vmid } = await runningServer('neither', { hasAgent: false });
    delete estate.vmAt(vmid).config['ide2'];
    const done = await reset(server, { allowReboot: true });
    expect(done).toMatchObject({ status: 'failed', step: 'cloudinit', errorCode: 'agent_not_running' });
    expect(done.errorMessage).toContain('no cloud-init drive');
  });

  it('tells that the system did not shut down, and that cloud-init has the password', async () => {
    estate.simulator.faults.add({ action: 'ignoreShutdown' });
    const { server, vmid } = await runningServer('deaf', { hasAgent: false });
    const done = await reset(server, { allowReboot: true, timeoutSeconds: 5 });
    expect(done).toMatchObject({ status: 'failed', step: 'reboot', errorCode: 'guest_did_not_shut_down' });
    expect(stepsOf(done)['cloudinit']).toBe('succeeded: cloud-init sets it at the next start');
    expect(estate.vmAt(vmid).guest).not.toBeNull();
  });
});

import { inspect } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { FaultRule } from '../testbed/proxmox/fault-rule.ts';
import { startSimulator } from '../testbed/proxmox/simulator.ts';
import type { Simulator } from '../testbed/proxmox/simulator.ts';
import { loadCertificate } from '../testbed/proxmox/tls-certificate.ts';
import { createProxmox } from './client.ts';
import type { Proxmox } from './client.ts';
import { classifyTaskExit, ProxmoxError } from './errors.ts';
import type { ProxmoxErrorKind } from './errors.ts';
import { createTaskWatcher } from './tasks.ts';
import type { TaskResult } from './tasks.ts';

/** What a caller is told: that it worked, or what may be done about the failure. */
type Outcome = 'ok' | ProxmoxErrorKind;

const VM = 150;
/** Longer than anything takes that comes to an end by itself, on a busy computer too. */
const PATIENT = { read: 10_000, mutate: 10_000 };
/** Where running out of time is what is expected. */
const SHORT = { read: 600, mutate: 800 };
/** A login and two attempts, each with its time-out, and what a slow computer takes. */
const longestMs = ({ mutate }: typeof PATIENT): number => 3 * mutate + 1000;
const PASSWORD = 'a-password-nobody-may-see';

let simulator: Simulator;
let byToken: Proxmox;
let close: () => Promise<void>;
let nextVmid = 1000;
const certificate = loadCertificate(undefined);

beforeAll(async () => {
  ({ simulator, byToken, close } = await startCluster());
});
afterEach(() => simulator.faults.clear());
afterAll(() => close());

/** A cluster with one VM, and clients with both kinds of credentials. */
async function startCluster(timeouts = PATIENT) {
  const started = await startSimulator({ speed: 0, rootPassword: PASSWORD, tls: await certificate });
  const common = { endpoints: [started.url], fingerprint: started.fingerprint };
  const admin = createProxmox({ ...common, token: started.token, timeouts: PATIENT });
  await waitFor(admin, clone(admin, VM));
  await waitFor(admin, admin.start('pve1', VM));
  while ((await admin.agentPing('pve1', VM)) !== 'answering');
  await admin.close();
  const token = createProxmox({ ...common, token: started.token, timeouts });
  const ticket = createProxmox({
    ...common,
    ticket: { username: 'root@pam', password: PASSWORD },
    timeouts,
  });
  // What befalls a login, or a first connection, is told further down.
  for (const client of [token, ticket]) await vi.waitUntil(() => client.version().catch(() => null), 10_000);
  return {
    simulator: started,
    byToken: token,
    byTicket: ticket,
    close: async () => {
      await Promise.all([token.close(), ticket.close()]);
      await started.close();
    },
  };
}

function clone(proxmox: Proxmox, newid: number, full = false): Promise<string> {
  return proxmox.cloneVm({ node: 'pve1', vmid: 9000, newid, name: `vm-${newid}`, description: '', full });
}

async function waitFor(proxmox: Proxmox, upid: Promise<string>): Promise<TaskResult> {
  return createTaskWatcher(proxmox, { intervalMs: 20, firstCheckMs: 5 }).wait(await upid);
}

const READS: Record<string, (proxmox: Proxmox) => Promise<unknown>> = {
  'reading a status': (proxmox) => proxmox.vmStatus('pve1', VM),
  'reading a config': (proxmox) => proxmox.vmConfig('pve1', VM),
  'asking the agent': (proxmox) => proxmox.agentPing('pve1', VM),
};
const WRITES: Record<string, (proxmox: Proxmox) => Promise<unknown>> = {
  cloning: (proxmox) => clone(proxmox, (nextVmid += 1)),
  'changing a config': (proxmox) => proxmox.updateConfig('pve1', VM, { cores: 1 }),
  starting: (proxmox) => proxmox.start('pve1', VM),
};

/** How a call ends. Fails if that takes too long, is no ProxmoxError or shows a secret. */
async function outcomeOf(
  call: Promise<unknown>,
  { token } = simulator,
  timeouts = PATIENT,
): Promise<Outcome> {
  const started = performance.now();
  const error: unknown = await call.then(
    () => undefined,
    (err: unknown) => err,
  );
  expect(performance.now() - started).toBeLessThan(longestMs(timeouts));
  if (error === undefined) return 'ok';
  expect(error).toBeInstanceOf(ProxmoxError);
  const shown = inspect(error, { depth: Infinity, showHidden: true });
  for (const secret of [token.secret, PASSWORD, 'PVE:root@pam:', 'PVE%3Aroot']) {
    expect(shown).not.toContain(secret);
  }
  const { kind, sent } = error as ProxmoxError;
  // What has surely not happened is never called unknown, and the other way round.
  if (kind === 'unknown') expect(sent).toBe(true);
  if (['retry', 'locked', 'unreachable', 'auth'].includes(kind)) expect(sent).toBe(false);
  return kind;
}

const ALWAYS = { count: 100 };
const answer = (status: number, reason: string): FaultRule => ({
  action: 'status',
  status,
  reason,
  ...ALWAYS,
});

/** What is expected of calls that may be repeated, and of those that may not. */
const FAULTS: [FaultRule, reads: Outcome, writes: Outcome][] = [
  [{ action: 'drop' }, 'ok', 'unknown'],
  [{ action: 'drop', when: 'after' }, 'ok', 'unknown'],
  [{ action: 'drop', ...ALWAYS }, 'unreachable', 'unknown'],
  [{ action: 'hang' }, 'unreachable', 'unknown'],
  [{ action: 'hang', when: 'after' }, 'unreachable', 'unknown'],
  [{ action: 'delay', ms: 50 }, 'ok', 'ok'],
  [{ action: 'delay', ms: 10_000 }, 'unreachable', 'unknown'],
  [{ action: 'slow', ms: 50 }, 'ok', 'ok'],
  [{ action: 'slow', ms: 10_000 }, 'unreachable', 'unknown'],
  [answer(401, 'Authentication failed!'), 'auth', 'auth'],
  [answer(403, 'Permission check failed (/vms/150, VM.Audit)'), 'auth', 'auth'],
  [answer(429, 'Too Many Requests'), 'retry', 'retry'],
  [answer(500, 'something nobody has seen before'), 'final', 'final'],
  [answer(500, "can't lock file '/var/lock/qemu-server/lock-150.conf' - got timeout"), 'locked', 'locked'],
  [answer(500, 'VM is locked (backup)'), 'locked', 'locked'],
  [answer(500, 'got timeout'), 'retry', 'retry'],
  [answer(500, "Configuration file 'nodes/pve1/qemu-server/150.conf' does not exist"), 'missing', 'missing'],
  [answer(501, "Method 'GET /x' not implemented"), 'final', 'final'],
  [answer(595, 'Connection refused'), 'unreachable', 'unreachable'],
  [answer(596, 'Connection timed out'), 'unreachable', 'unknown'],
  [answer(597, 'Broken pipe'), 'unreachable', 'unknown'],
  [answer(598, ''), 'unreachable', 'unknown'],
  [answer(599, 'Too many redirections'), 'unreachable', 'unknown'],
  [{ action: 'gateway', status: 502, when: 'after' }, 'unreachable', 'unknown'],
  [{ action: 'gateway', status: 503 }, 'retry', 'retry'],
  [{ action: 'gateway', status: 504, when: 'after' }, 'unreachable', 'unknown'],
  [{ action: 'status', status: 200, reason: 'OK', body: '<html>hello</html>' }, 'retry', 'unknown'],
  [{ action: 'status', status: 200, reason: 'OK', body: '{"data":17' }, 'retry', 'unknown'],
  [{ action: 'empty' }, 'retry', 'unknown'],
  [{ action: 'truncate' }, 'ok', 'unknown'],
  [{ action: 'truncate', bytes: 0, ...ALWAYS }, 'unreachable', 'unknown'],
  [{ action: 'truncate', chunked: true }, 'ok', 'unknown'],
  [{ action: 'truncate', chunked: true, ...ALWAYS }, 'unreachable', 'unknown'],
  [{ action: 'expireTicket' }, 'ok', 'ok'],
  [{ action: 'nodeDown', node: 'pve1' }, 'unreachable', 'unreachable'],
  [{ action: 'quorumLost' }, 'ok', 'retry'],
];

it.concurrent.for(FAULTS)(
  'with the fault %j reading ends %s and writing %s',
  async ([rule, reads, writes], { onTestFinished }) => {
    const timeouts = rule.action === 'hang' || isLong(rule) ? SHORT : PATIENT;
    const cluster = await startCluster(timeouts);
    onTestFinished(cluster.close);
    const outcomes: Record<string, Outcome> = {};
    const wanted: Record<string, Outcome> = {};
    for (const credential of ['byToken', 'byTicket'] as const) {
      for (const [name, call] of [...Object.entries(READS), ...Object.entries(WRITES)]) {
        cluster.simulator.faults.add(aboutNodes(rule));
        outcomes[`${name} ${credential}`] = await outcomeOf(
          call(cluster[credential]),
          cluster.simulator,
          timeouts,
        );
        wanted[`${name} ${credential}`] = name in READS ? reads : writes;
        cluster.simulator.faults.clear();
      }
    }
    expect(outcomes).toEqual(wanted);
  },
);

function isLong(rule: FaultRule): boolean {
  return 'ms' in rule && rule.ms >= PATIENT.mutate;
}

/** Limits a rule about calls to those below. */
function aboutNodes(rule: FaultRule): FaultRule {
  const isAboutCalls = !['expireTicket', 'nodeDown', 'quorumLost'].includes(rule.action);
  return isAboutCalls ? ({ ...rule, path: '^/nodes/' } as FaultRule) : rule;
}

describe('a connection', () => {
  it.each(['read', 'write'])('that is reset on its next use: %s', async (kind) => {
    const proxmox = createProxmox({
      endpoints: [simulator.url],
      fingerprint: simulator.fingerprint,
      token: simulator.token,
      connections: 1,
    });
    simulator.faults.add({ action: 'resetIdle' });
    await proxmox.version();
    const call = kind === 'read' ? proxmox.version() : proxmox.updateConfig('pve1', VM, { cores: 1 });
    expect(await outcomeOf(call)).toBe(kind === 'read' ? 'ok' : 'unknown');
    await proxmox.close();
  });

  it.each(['read', 'write'])('that is reset in its TLS handshake: %s', async (kind) => {
    const proxmox = createProxmox({
      endpoints: [simulator.url],
      fingerprint: simulator.fingerprint,
      token: simulator.token,
    });
    simulator.faults.add({ action: 'resetTls' });
    const call = kind === 'read' ? proxmox.version() : proxmox.updateConfig('pve1', VM, { cores: 1 });
    expect(await outcomeOf(call)).toBe(kind === 'read' ? 'ok' : 'unreachable');
    await proxmox.close();
  });
});

describe('a login', () => {
  it.each<[FaultRule, Outcome]>([
    [{ action: 'drop' }, 'ok'],
    [{ action: 'drop', ...ALWAYS }, 'unreachable'],
    [{ action: 'hang', ...ALWAYS }, 'unreachable'],
    [answer(401, 'authentication failure'), 'auth'],
    [answer(596, 'Connection timed out'), 'unreachable'],
    [{ action: 'gateway', status: 502, ...ALWAYS }, 'unreachable'],
    [{ action: 'empty', ...ALWAYS }, 'retry'],
    [{ action: 'truncate', ...ALWAYS }, 'unreachable'],
  ])('with the fault %j ends a write %s', async (rule, wanted) => {
    const timeouts = rule.action === 'hang' ? SHORT : PATIENT;
    const proxmox = createProxmox({
      endpoints: [simulator.url],
      fingerprint: simulator.fingerprint,
      timeouts,
      ticket: { username: 'root@pam', password: PASSWORD },
    });
    simulator.faults.add({ ...rule, path: '^/access/ticket$' } as FaultRule);
    const call = proxmox.updateConfig('pve1', VM, { cores: 1 });
    expect(await outcomeOf(call, simulator, timeouts)).toBe(wanted);
    await proxmox.close();
  });
});

describe('a task', () => {
  const failureOf = async (upid: Promise<string>) => {
    const { exitStatus, logTail } = await waitFor(byToken, upid);
    const outcome = classifyTaskExit(exitStatus, logTail);
    return outcome.ok ? undefined : { kind: outcome.error.kind, code: outcome.error.code };
  };

  it('that fails for an unknown reason is final', async () => {
    simulator.faults.add({ action: 'failTask', message: 'clone failed: who knows', path: '/clone$' });
    expect(await failureOf(clone(byToken, 2001))).toEqual({ kind: 'final', code: 'task_failed' });
  });

  it('that is killed is unknown, and what it leaves is locked', async () => {
    simulator.faults.add({ action: 'staleLock', atPercent: 40, path: '/clone$' });
    expect(await failureOf(clone(byToken, 2002, true))).toEqual({
      kind: 'unknown',
      code: 'task_interrupted',
    });
    expect(await outcomeOf(byToken.updateConfig('pve1', 2002, { cores: 1 }))).toBe('locked');
  });

  it('without space says so', async () => {
    simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm' });
    expect(await failureOf(clone(byToken, 2003))).toEqual({ kind: 'final', code: 'storage_full' });
  });

  it('whose copy runs out of space says so, though only its log does', async () => {
    simulator.faults.add({ action: 'slowTask', ms: 600, path: '/clone$' });
    const upid = clone(byToken, 2006, true);
    const lines = async () => byToken.taskLog(await upid, { limit: 0 });
    await expect.poll(lines).toContainEqual(expect.stringMatching(/^transferred/));
    simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm' });
    expect(await failureOf(upid)).toEqual({ kind: 'final', code: 'storage_full' });
  });

  it('that needs a quorum is worth another try', async () => {
    await waitFor(byToken, clone(byToken, 2004));
    simulator.faults.add({ action: 'quorumLost' });
    expect(await failureOf(byToken.deleteVm('pve1', 2004))).toEqual({ kind: 'retry', code: 'no_quorum' });
  });

  it('is watched through answers that are late, cut or lost', async () => {
    const path = '/tasks/.*/status$';
    simulator.faults.add({ action: 'slowTask', ms: 300, path: '/clone$' });
    for (const action of ['drop', 'truncate', 'empty', 'gateway'] as const)
      simulator.faults.add({ action, path });
    simulator.faults.add({ action: 'status', status: 599, reason: 'Too many redirections', path });
    expect((await waitFor(byToken, clone(byToken, 2005))).exitStatus).toBe('OK');
  });
});

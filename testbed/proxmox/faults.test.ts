import { Agent, fetch, FormData } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { FaultRule } from './fault-rule.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient, sendRaw, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0, rootPassword: 'secret' });
  client = createTestClient(simulator);
});
afterEach(() => simulator.faults.clear());
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const QEMU = '/nodes/pve1/qemu';
const CLONE = `${QEMU}/9000/clone`;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const NO_SPACE = 'No space left on device';

async function list(path: string): Promise<Record<string, unknown>[]> {
  const { data } = await client.call('GET', path);
  return data as Record<string, unknown>[];
}

async function resource(id: string): Promise<Record<string, unknown> | undefined> {
  return (await list('/cluster/resources')).find((entry) => entry.id === id);
}

/** Asks for the version and answers all bytes that come back. */
function rawVersion(): Promise<string> {
  const { id, secret } = simulator.token;
  const head = `GET /api2/json/version HTTP/1.1\r\nHost: x\r\nAuthorization: PVEAPIToken=${id}=${secret}\r\n\r\n`;
  return sendRaw(simulator, head);
}

/** Why a call got no answer. */
async function lossOf(answer: Promise<unknown>): Promise<string> {
  const err: unknown = await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  const cause = err instanceof Error ? (err.cause ?? err) : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

async function logIn(): Promise<{ status: number; cookie: string; csrfpreventiontoken: string }> {
  const { status, data } = await client.call(
    'POST',
    '/access/ticket',
    { username: 'root@pam', password: simulator.rootPassword },
    { headers: FORM },
  );
  const { ticket = '', CSRFPreventionToken = '' } = (data ?? {}) as Record<string, string>;
  return {
    status,
    cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
    csrfpreventiontoken: CSRFPreventionToken,
  };
}

describe('a connection', () => {
  test('dropped before has no effect', async () => {
    const before = simulator.state.tasks.length;
    simulator.faults.add({ action: 'drop', when: 'before', method: 'POST', path: '/clone$' });
    expect(await lossOf(client.call('POST', CLONE, { newid: 700 }))).toBe('UND_ERR_SOCKET');
    expect(simulator.state.vms[700]).toBeUndefined();
    expect(simulator.state.tasks).toHaveLength(before);
  });

  test('dropped after loses the answer, while the call is carried out', async () => {
    simulator.faults.add({ action: 'drop', when: 'after', method: 'POST', path: '/clone$' });
    expect(await lossOf(client.call('POST', CLONE, { newid: 701 }))).toBe('UND_ERR_SOCKET');
    await until(() => simulator.state.tasks.at(-1)?.exitstatus === 'OK');
    expect(simulator.state.vms[701]).toBeDefined();
  });

  test('that hangs is dropped when its fault is cleared, and others go on meanwhile', async () => {
    const fault = simulator.faults.add({ action: 'hang', path: '^/version' });
    const answer = client.call('GET', '/version');
    await until(() => simulator.faults.list()[0]?.hits === 1);
    const first = await Promise.race([
      lossOf(answer),
      client.call('GET', '/nodes').then(() => 'others go on'),
    ]);
    expect(first).toBe('others go on');
    simulator.faults.clear(fault);
    expect(await lossOf(answer)).toBe('UND_ERR_SOCKET');
  });

  test('is reset when it is used again after having been idle', async () => {
    const dispatcher = new Agent({ connect: { ca: simulator.ca }, connections: 1 });
    const headers = { authorization: `PVEAPIToken=${simulator.token.id}=${simulator.token.secret}` };
    const version = () => fetch(`${simulator.url}/api2/json/version`, { dispatcher, headers });
    simulator.faults.add({ action: 'resetIdle', path: '^/version' });
    const first = await version();
    expect(first.headers.get('connection')).toBe('Keep-Alive');
    await first.text();
    expect(await lossOf(version())).toBe('ECONNRESET');
    expect((await version()).status).toBe(200);
    await dispatcher.destroy();
  });

  test('is reset in the TLS handshake', async () => {
    simulator.faults.add({ action: 'resetTls' });
    await expect(rawVersion()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await rawVersion()).toContain(' 200 OK');
  });
});

describe('an answer', () => {
  test('is late by a delay', async () => {
    simulator.faults.add({ action: 'delay', ms: 120, path: '^/version' });
    const started = performance.now();
    expect((await client.call('GET', '/version')).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(110);
  });

  test('is let go at once when its delay is cleared', async () => {
    simulator.faults.add({ action: 'delay', ms: 60_000, path: '^/version' });
    const answer = client.call('GET', '/version');
    await until(() => simulator.faults.list()[0]?.hits === 1);
    simulator.faults.clear();
    expect((await answer).status).toBe(200);
  });

  test('is late for all calls for a while', async () => {
    simulator.faults.add({ action: 'slow', ms: 60, forMs: 200 });
    const started = performance.now();
    await Promise.all([client.call('GET', '/version'), client.call('GET', '/nodes')]);
    expect(performance.now() - started).toBeGreaterThan(55);
    await until(() => simulator.faults.list().length === 0);
    await client.call('GET', '/version');
    expect(simulator.calls.slice(-3).map(({ faults }) => faults.length)).toEqual([1, 1, 0]);
  });

  test('has a status in place of the effect, or of the answer only', async () => {
    const fault = { action: 'status', status: 596, reason: 'Connection timed out', path: '/clone$' } as const;
    simulator.faults.add(fault);
    const before = await client.call('POST', CLONE, { newid: 702 });
    expect([before.status, before.reason, before.text]).toEqual([596, 'Connection timed out', '']);
    expect(before.headers.get('content-length')).toBeNull();
    expect(simulator.state.vms[702]).toBeUndefined();
    simulator.faults.add({ ...fault, when: 'after' });
    expect((await client.call('POST', CLONE, { newid: 702 })).status).toBe(596);
    await until(() => simulator.state.vms[702] !== undefined);
  });

  test('of a status is shaped as the server shapes it, unless header and body are given', async () => {
    simulator.faults.add({ action: 'status', status: 500, reason: 'got timeout', path: '^/version' });
    const own = await client.call('GET', '/version');
    expect(JSON.parse(own.text)).toEqual({ data: null, message: 'got timeout\n' });
    expect([own.headers.get('connection'), own.headers.get('server')]).toEqual([
      'close',
      'pve-api-daemon/3.0',
    ]);
    simulator.faults.add({
      action: 'status',
      status: 503,
      reason: 'Busy',
      headers: { 'Retry-After': '7', server: 'other' },
      body: 'come back',
    });
    const given = await client.call('GET', '/version');
    expect([given.status, given.reason, given.text]).toEqual([503, 'Busy', 'come back']);
    expect([given.headers.get('retry-after'), given.headers.get('server')]).toEqual(['7', 'other']);
  });

  test('is the page of a reverse proxy', async () => {
    simulator.faults.add({ action: 'gateway', status: 504 });
    const answer = await client.call('GET', '/version');
    expect([answer.status, answer.reason]).toEqual([504, 'Gateway Time-out']);
    expect(answer.headers.get('content-type')).toBe('text/html');
    expect(answer.text).toContain('<h1>504 Gateway Time-out</h1>');
  });

  test('is empty', async () => {
    simulator.faults.add({ action: 'empty' });
    const answer = await client.call('GET', '/version');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('content-length')).toBe('0');
  });

  test('ends before its length is reached', async () => {
    simulator.faults.add({ action: 'truncate', bytes: 9 });
    const raw = await rawVersion();
    const [head = '', body = ''] = raw.split('\r\n\r\n');
    expect(body).toHaveLength(9);
    expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBeGreaterThan(9);
    simulator.faults.add({ action: 'truncate' });
    expect(await lossOf(client.call('GET', '/version'))).toBe('UND_ERR_SOCKET');
  });

  test('ends in the middle of a chunk', async () => {
    simulator.faults.add({ action: 'truncate', chunked: true, bytes: 9 });
    const [head = '', chunk = ''] = (await rawVersion()).split(/\r\n\r\n(.*)/s);
    expect(head).toContain('Transfer-Encoding: chunked');
    expect(head).not.toMatch(/content-length/i);
    const [length = '', part = ''] = chunk.split('\r\n');
    expect(part).toHaveLength(9);
    expect(Number.parseInt(length, 16)).toBeGreaterThan(9);
    simulator.faults.add({ action: 'truncate', chunked: true });
    expect(await lossOf(client.call('GET', '/version'))).toBe('UND_ERR_SOCKET');
  });
});

test('tickets issued so far are refused, and later ones and tokens are not', async () => {
  const { cookie } = await logIn();
  const version = (headers: Record<string, string>) => client.call('GET', '/version', {}, { headers });
  expect((await version({ cookie })).status).toBe(200);
  const fault = simulator.faults.add({ action: 'expireTicket' });
  const refused = await version({ cookie });
  expect([refused.status, refused.reason, refused.text]).toEqual([401, 'Authentication failed!', '']);
  const renewal = {
    username: 'root@pam',
    password: decodeURIComponent(cookie.slice('PVEAuthCookie='.length)),
  };
  expect((await client.call('POST', '/access/ticket', renewal, { headers: FORM })).status).toBe(401);
  expect((await client.call('GET', '/version')).status).toBe(200);
  expect((await version({ cookie: (await logIn()).cookie })).status).toBe(200);
  simulator.faults.clear(fault);
  expect((await version({ cookie })).status).toBe(200);
});

test('8.4 says that an expired ticket is the reason', async () => {
  const older = await startSimulator({ speed: 0, release: '8.4' });
  const olderClient = createTestClient(older);
  const login = { username: 'root@pam', password: older.rootPassword };
  const { data } = await olderClient.call('POST', '/access/ticket', login, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const { ticket } = data as { ticket: string };
  older.faults.add({ action: 'expireTicket', user: 'root@pam' });
  const headers = { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` };
  const answer = await olderClient.call('GET', '/version', {}, { headers });
  expect([answer.status, answer.reason]).toEqual([401, 'permission denied - invalid PVE ticket']);
  await olderClient.close();
  await older.close();
});

describe('a task', () => {
  test('fails at its percentage, says why and cleans up', async () => {
    const message = `clone failed: unable to create image: ${NO_SPACE}`;
    simulator.faults.add({ action: 'failTask', message, atPercent: 40, path: '/clone$' });
    const { data } = await client.call('POST', CLONE, { newid: 703, full: 1 });
    expect(await client.exitOf(data)).toBe(message);
    const log = await client.logOf(data);
    expect(log.slice(-2)).toEqual(['transferred 1.6 GiB of 4.0 GiB (40.00%)', `TASK ERROR: ${message}`]);
    expect(simulator.state.vms[703]).toBeUndefined();
    expect(Object.values(simulator.state.volumes).filter(({ vmid }) => vmid === 703)).toEqual([]);
  });

  test('of any kind can be made to fail', async () => {
    await client.run('POST', CLONE, { newid: 704 });
    const message = 'start failed: QEMU exited with code 1';
    simulator.faults.add({ action: 'failTask', message, path: '/start$' });
    expect(await client.run('POST', `${QEMU}/704/status/start`)).toBe(message);
    expect(simulator.state.vms[704]?.guest).toBeNull();
  });

  test('is hit only if the call starts one', async () => {
    simulator.faults.add({ action: 'failTask', message: 'no' });
    await client.call('PUT', `${QEMU}/9000/config`, { description: 'no task' });
    expect(simulator.faults.list()[0]?.hits).toBe(0);
  });

  test('that is killed leaves its lock and volumes, which a token cannot remove', async () => {
    simulator.faults.add({ action: 'staleLock', atPercent: 40, path: '/clone$' });
    const { data } = await client.call('POST', CLONE, { newid: 705, full: 1 });
    expect(await client.exitOf(data)).toBe('unexpected status');
    expect(simulator.state.vms[705]?.config.lock).toBe('clone');
    expect(await client.run('DELETE', `${QEMU}/705`)).toBe('VM is locked (clone)');
  });

  test('takes longer', async () => {
    simulator.faults.add({ action: 'slowTask', ms: 150, path: '/clone$' });
    const started = performance.now();
    expect(await client.run('POST', CLONE, { newid: 706 })).toBe('OK');
    expect(performance.now() - started).toBeGreaterThan(140);
  });
});

describe('a full storage', () => {
  test('has no space left, and that only on its node', async () => {
    simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm', node: 'pve1' });
    const { total, used, avail } = await client.read('/nodes/pve1/storage/local-lvm/status');
    expect([used, avail]).toEqual([total, 0]);
    expect((await client.read('/nodes/pve2/storage/local-lvm/status')).avail).toBeGreaterThan(0);
    expect(await resource('storage/pve1/local-lvm')).toMatchObject({ disk: total, maxdisk: total });
  });

  test('makes no thin volume, by task or at once, until it is cleared', async () => {
    const reason =
      "lvcreate 'pve/vm-710-disk-0' error:   Cannot create new thin volume, free space in thin pool pve/data reached threshold.";
    await client.run('POST', QEMU, { vmid: 710 });
    const fault = simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm' });
    expect(await client.run('POST', QEMU, { vmid: 711, scsi0: 'local-lvm:1' })).toBe(
      `unable to create VM 711 - ${reason.replace('710', '711')}`,
    );
    const config = await client.call('PUT', `${QEMU}/710/config`, { scsi0: 'local-lvm:1' });
    expect([config.status, config.reason]).toEqual([500, reason]);
    expect(simulator.faults.list()[0]?.hits).toBe(2);
    simulator.faults.clear(fault);
    expect((await client.call('PUT', `${QEMU}/710/config`, { scsi0: 'local-lvm:1' })).status).toBe(200);
  });

  test('ends a copy that has begun and leaves nothing of it', async () => {
    simulator.faults.add({ action: 'slowTask', ms: 1000, path: '/clone$' });
    const { data } = await client.call('POST', CLONE, { newid: 712, full: 1 });
    await until(async () => (await client.logOf(data)).some((line) => line.startsWith('transferred')));
    simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm' });
    expect(await client.exitOf(data)).toMatch(
      /^clone failed: copy failed: command '\/usr\/bin\/qemu-img convert .*' failed: exit code 1$/,
    );
    expect((await client.logOf(data)).join('\n')).toMatch(/error while writing at byte \d+: No space left/);
    expect(simulator.state.vms[712]).toBeUndefined();
  });

  test('takes back a snapshot of thin volumes', async () => {
    await client.run('POST', CLONE, { newid: 713 });
    simulator.faults.add({ action: 'fillStorage', storage: 'local-lvm' });
    expect(await client.run('POST', `${QEMU}/713/snapshot`, { snapname: 'before' })).toMatch(
      /^lvcreate snapshot 'pve\/snap_vm-713-disk-\d_before' error: {3}Cannot create new thin volume/,
    );
    expect(simulator.state.vms[713]?.config.lock).toBeUndefined();
    expect(simulator.state.vms[713]?.snapshots).toEqual({});
  });

  test('ends a backup', async () => {
    await client.run('POST', QEMU, { vmid: 714 });
    simulator.faults.add({ action: 'fillStorage', storage: 'local' });
    const { data } = await client.call('POST', '/nodes/pve1/vzdump', { vmid: 714, storage: 'local' });
    expect(await client.exitOf(data)).toBe('job errors');
    expect(await client.logOf(data)).toContain(
      'ERROR: Backup of VM 714 failed - vma_queue_write: write error - Broken pipe',
    );
  });

  test('that is a directory makes no qcow2 file, fills no raw one and takes no upload', async () => {
    const directory = await startSimulator({ state: seedStandalone({ nodes: 1, release: '9.2' }), speed: 0 });
    const user = createTestClient(directory);
    directory.faults.add({ action: 'fillStorage', storage: 'dir1' });
    expect(await user.run('POST', CLONE, { newid: 715, full: 1 })).toMatch(
      /^clone failed: unable to create image: qemu-img: \/srv\/dir1\/images\/715\/vm-715-\S+\.qcow2: Could not write qcow2 header: No space left on device$/,
    );
    // Its cloud-init drive would be a qcow2 file in any case.
    const raw = { vmid: 716, scsi0: 'dir1:0,format=raw,import-from=dir1:9001/base-9001-disk-0.qcow2' };
    expect(await user.run('POST', QEMU, raw)).toMatch(
      /^unable to create VM 716 - copy failed: command '\/usr\/bin\/qemu-img convert .*' failed: exit code 1$/,
    );
    const dispatcher = new Agent({ connect: { ca: directory.ca } });
    const form = new FormData();
    form.set('content', 'iso');
    form.set('filename', new Blob(['image']), 'tiny.iso');
    const upload = await fetch(`${directory.url}/api2/json/nodes/pve1/storage/dir1/upload`, {
      method: 'POST',
      headers: { authorization: `PVEAPIToken=${directory.token.id}=${directory.token.secret}` },
      body: form,
      dispatcher,
    });
    const { data } = (await upload.json()) as { data: string };
    expect(await user.exitOf(data)).toBe(
      `import failed: cp: error writing '/srv/dir1/template/iso/tiny.iso': ${NO_SPACE}`,
    );
    await Promise.all([dispatcher.destroy(), user.close()]);
    await directory.close();
  });
});

describe('a node that is cut off', () => {
  test.each([undefined, 'Connection refused', 'Connection timed out'] as const)(
    'is out of reach through others: %s',
    async (reason) => {
      simulator.faults.add({ action: 'nodeDown', node: 'pve2', ...(reason ? { reason } : {}) });
      const answer = await client.call('POST', '/nodes/pve2/qemu/9010/clone', { newid: 720 });
      expect([answer.status, answer.reason, answer.text]).toEqual([595, reason ?? 'No route to host', '']);
      expect(simulator.faults.list()[0]?.hits).toBe(1);
      expect((await client.call('GET', '/nodes/pve3/status')).status).toBe(200);
    },
  );

  test('is offline; what it said is known for a while, and its VMs run on', async () => {
    await client.run('POST', '/nodes/pve2/qemu/9010/clone', { newid: 721, name: 'far' });
    await client.run('POST', '/nodes/pve2/qemu/721/status/start');
    await until(async () => (await resource('qemu/721'))?.status === 'running');
    const fault = simulator.faults.add({ action: 'nodeDown', node: 'pve2' });
    const status = await list('/cluster/status');
    expect(status.map(({ name, online }) => [name, online])).toContainEqual(['pve2', 0]);
    expect(status[0]).toMatchObject({ quorate: 1 });
    expect(await resource('qemu/721')).toMatchObject({ status: 'running', name: 'far' });
    expect(await resource('node/pve2')).toMatchObject({ status: 'offline', maxcpu: expect.any(Number) });
    expect(await resource('storage/pve2/local')).toMatchObject({ status: 'unknown' });
    await simulator.clock.advance(2_000);
    expect(await resource('qemu/721')).toMatchObject({ status: 'unknown' });
    expect(await resource('qemu/721')).not.toHaveProperty('name');
    expect(await resource('node/pve2')).not.toHaveProperty('maxcpu');
    simulator.faults.clear(fault);
    expect(await client.read('/nodes/pve2/qemu/721/status/current')).toMatchObject({ status: 'running' });
  });

  test('takes no VM by migration', async () => {
    await client.run('POST', QEMU, { vmid: 722 });
    simulator.faults.add({ action: 'nodeDown', node: 'pve2' });
    const { data } = await client.call('POST', `${QEMU}/722/migrate`, { target: 'pve2' });
    expect(await client.exitOf(data)).toBe('migration aborted');
    expect((await client.logOf(data)).join('\n')).toContain(
      "Can't connect to destination address using public key",
    );
    expect(simulator.state.vms[722]).toMatchObject({ node: 'pve1' });
    expect(simulator.state.vms[722]?.config.lock).toBeUndefined();
  });
});

describe('without a quorum', () => {
  test('reading and what concerns guests only goes on', async () => {
    await client.run('POST', CLONE, { newid: 730 });
    await client.run('POST', `${QEMU}/730/status/start`);
    simulator.faults.add({ action: 'quorumLost' });
    expect((await list('/cluster/status'))[0]).toMatchObject({ quorate: 0 });
    expect(await client.read(`${QEMU}/730/config`)).toMatchObject({ scsi0: expect.any(String) });
    expect(await client.run('POST', `${QEMU}/730/status/stop`)).toBe('OK');
    expect((await logIn()).status).toBe(200);
  });

  test.each([
    ['POST', QEMU, { vmid: 731 }, 'cluster not ready - no quorum?'],
    ['POST', CLONE, { newid: 731 }, 'cluster not ready - no quorum?'],
    ['POST', `${QEMU}/9000/status/start`, {}, 'cluster not ready - no quorum?'],
    [
      'PUT',
      `${QEMU}/9000/config`,
      { description: 'x' },
      /^unable to open file '\/etc\/pve\/nodes\/pve1\/qemu-server\/9000\.conf\.tmp\.\d+' - Permission denied$/,
    ],
    [
      'PUT',
      `${QEMU}/9000/firewall/options`,
      { enable: 1 },
      /^unable to open file '\/etc\/pve\/firewall\/9000\.fw\.tmp\.\d+' - Permission denied$/,
    ],
    ['POST', '/pools', { poolid: 'p' }, "create pool failed: cfs-lock 'file-user_cfg' error: no quorum!"],
  ])('%s %s is refused', async (method, path, params, text) => {
    simulator.faults.add({ action: 'quorumLost' });
    const { status, reason } = await client.call(method, path, params);
    expect(status).toBe(500);
    expect(reason).toMatch(text);
    expect(simulator.faults.list()[0]?.hits).toBe(1);
  });

  test('a task that writes a config fails in its task, and works again afterwards', async () => {
    await client.run('POST', QEMU, { vmid: 732 });
    simulator.faults.add({ action: 'quorumLost', forMs: 400 });
    expect(await client.run('DELETE', `${QEMU}/732`)).toMatch(/^unable to open file .* - Permission denied$/);
    await until(() => simulator.faults.list().length === 0);
    expect(await client.run('DELETE', `${QEMU}/732`)).toBe('OK');
  });

  test('is a cluster most of whose nodes are cut off', async () => {
    simulator.faults.add({ action: 'nodeDown', node: 'pve2' });
    simulator.faults.add({ action: 'nodeDown', node: 'pve3' });
    expect((await list('/cluster/status'))[0]).toMatchObject({ quorate: 0 });
    expect((await client.call('POST', '/pools', { poolid: 'p' })).reason).toContain('no quorum!');
  });
});

describe('clocks that are wrong', () => {
  test('show in dates, tasks and the time of nodes, and make tickets bad', async () => {
    const { cookie } = await logIn();
    simulator.faults.add({ action: 'clockSkew', seconds: -3600 });
    const wanted = Date.now() / 1000 - 3600;
    const near = (seconds: number) => Math.abs(seconds - wanted) < 5;
    const { headers, data } = await client.call('POST', `${QEMU}/9000/clone`, { newid: 740 });
    expect(near(Date.parse(headers.get('date') ?? '') / 1000)).toBe(true);
    expect(near(Number.parseInt(String(data).split(':')[4] ?? '', 16))).toBe(true);
    const { time } = await client.read('/nodes/pve1/time');
    expect(near(Number(time))).toBe(true);
    expect((await client.call('GET', '/version', {}, { headers: { cookie } })).status).toBe(401);
    const login = await logIn();
    expect(near(Number.parseInt(decodeURIComponent(login.cookie).split(':')[2] ?? '', 16))).toBe(true);
    expect((await client.call('GET', '/version', {}, { headers: { cookie: login.cookie } })).status).toBe(
      200,
    );
  });
});

describe('a guest', () => {
  test('never runs its agent', async () => {
    await client.run('POST', CLONE, { newid: 750 });
    simulator.faults.add({ action: 'agentNever', vmid: 750 });
    await client.run('POST', `${QEMU}/750/status/start`);
    await simulator.clock.advance(3_600_000);
    const { status, reason } = await client.call('POST', `${QEMU}/750/agent/ping`);
    expect([status, reason]).toEqual([500, 'QEMU guest agent is not running']);
    expect(simulator.faults.list()[0]?.hits).toBe(1);
  });

  test('does not hear the power button', async () => {
    await client.run('POST', CLONE, { newid: 751 });
    simulator.faults.add({ action: 'ignoreShutdown' });
    await client.run('POST', `${QEMU}/751/status/start`);
    expect(await client.run('POST', `${QEMU}/751/status/shutdown`, { timeout: 1 })).toBe(
      'VM quit/powerdown failed - got timeout',
    );
  });
});

describe('a rule', () => {
  const statuses = async (paths: string[]): Promise<number[]> => {
    const found: number[] = [];
    for (const path of paths) found.push((await client.call('GET', path)).status);
    return found;
  };
  const refusal = { action: 'status', status: 418, reason: 'no' } as const;

  test('lets calls pass by skip and is used up by count', async () => {
    simulator.faults.add({ ...refusal, path: '^/version', skip: 1, count: 2 });
    expect(await statuses(['/version', '/version', '/version', '/version'])).toEqual([200, 418, 418, 200]);
  });

  test('with an end hits all calls until then', async () => {
    simulator.faults.add({ ...refusal, forMs: 150 });
    expect(await statuses(['/version', '/version'])).toEqual([418, 418]);
    await until(() => simulator.faults.list().length === 0);
    expect(await statuses(['/version'])).toEqual([200]);
  });

  test('chooses calls by node and by VM', async () => {
    simulator.faults.add({ ...refusal, node: 'pve2', count: 9 });
    simulator.faults.add({ ...refusal, vmid: 9000, count: 9 });
    const paths = ['/nodes/pve1/status', '/nodes/pve2/status', `${QEMU}/9001/config`, `${QEMU}/9000/config`];
    expect(await statuses(paths)).toEqual([200, 418, 200, 418]);
  });

  test('chooses calls by user, whose tokens are meant too, or by token', async () => {
    const [user = '', name] = simulator.token.id.split('!');
    const others: FaultRule[] = ['root@pam', `${user}!other`].map((other) => ({ ...refusal, user: other }));
    for (const rule of others) simulator.faults.add(rule);
    expect(await statuses(['/version'])).toEqual([200]);
    simulator.faults.add({ ...refusal, user });
    simulator.faults.add({ ...refusal, user: `${user}!${name}` });
    expect(await statuses(['/version', '/version', '/version'])).toEqual([418, 418, 200]);
  });

  test('is told with its hits, and calls with what hit them', async () => {
    const id = simulator.faults.add({ ...refusal, path: '^/version' });
    await statuses(['/version', '/nodes']);
    expect(simulator.faults.list()).toMatchObject([{ id, hits: 1, rule: { action: 'status' } }]);
    expect(simulator.calls.slice(-2)).toMatchObject([
      { path: '/version', status: 418, faults: [{ id, action: 'status' }] },
      { path: '/nodes', status: 200, faults: [] },
    ]);
  });
});

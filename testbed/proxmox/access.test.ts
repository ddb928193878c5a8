import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ROUTES } from './dispatch.ts';
import permissions from './route-permissions.json' with { type: 'json' };
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { Answer, TestClient } from './test-client.ts';

let simulator: Simulator;
let admin: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  admin = createTestClient(simulator);
  for (const vmid of [101, 102]) await admin.run('POST', '/nodes/pve1/qemu', { vmid, name: `vm${vmid}` });
  await admin.call('POST', '/access/users', { userid: 'ann@pve', password: 'throwaway' });
});
afterAll(async () => {
  await admin.close();
  await simulator.close();
});

async function newToken(userid: string, name: string, privsep: 0 | 1 = 0): Promise<string> {
  const { data } = await admin.call('POST', `/access/users/${userid}/token/${name}`, { privsep });
  return `PVEAPIToken=${userid}!${name}=${(data as { value: string }).value}`;
}

async function newUser(userid: string): Promise<string> {
  await admin.call('POST', '/access/users', { userid });
  return newToken(userid, 'tok');
}

function as(
  authorization: string,
  method: string,
  path: string,
  params: Record<string, unknown> = {},
): Promise<Answer> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const hasBody = method !== 'GET' && method !== 'DELETE' && Object.keys(params).length > 0;
  return admin.call(method, path, params, { headers: { authorization, ...(hasBody ? type : {}) } });
}

function grant(path: string, roles: string, params: Record<string, unknown>): Promise<Answer> {
  return admin.call('PUT', '/access/acl', { path, roles, ...params });
}

const CONFIG = '/nodes/pve1/qemu/101/config';

test('every call has a rule about who may make it', () => {
  const rules = Object.keys(permissions);
  const missing = ROUTES.map(({ method, path }) => `${method} ${path}`).filter(
    (name) => !rules.includes(name),
  );
  expect(missing).toEqual([]);
});

describe('rights on a path', () => {
  test('reach what lies below, unless they are not to propagate', async () => {
    const token = await newUser('below@pve');
    await grant('/vms', 'PVEAuditor', { users: 'below@pve', propagate: 0 });
    expect((await as(token, 'GET', CONFIG)).reason).toBe('Permission check failed (/vms/101, VM.Audit)');
    await grant('/vms', 'PVEAuditor', { users: 'below@pve' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(200);
  });

  test('of a deeper level take the place of those above', async () => {
    const token = await newUser('deeper@pve');
    await grant('/', 'PVEVMAdmin', { users: 'deeper@pve' });
    await grant('/vms/102', 'NoAccess', { users: 'deeper@pve' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(200);
    const list = (await as(token, 'GET', '/nodes/pve1/qemu')).data as { vmid: number }[];
    expect(list.some(({ vmid }) => vmid === 101)).toBe(true);
    expect(list.some(({ vmid }) => vmid === 102)).toBe(false);
  });

  test('come from groups, and those of the user alone win over them', async () => {
    const token = await newUser('group@pve');
    await admin.call('POST', '/access/groups', { groupid: 'staff' });
    await admin.call('PUT', '/access/users/group@pve', { groups: 'staff' });
    await grant('/vms', 'PVEVMAdmin', { groups: 'staff' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(200);
    await grant('/vms', 'NoAccess', { users: 'group@pve' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(403);
  });

  test('come from the pool that a VM is in', async () => {
    const token = await newUser('pool@pve');
    await admin.call('POST', '/pools', { poolid: 'p1' });
    await admin.call('PUT', '/pools', { poolid: 'p1', vms: '101' });
    await grant('/pool/p1', 'PVEVMAdmin', { users: 'pool@pve' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(200);
    expect((await as(token, 'GET', '/nodes/pve1/qemu/102/config')).status).toBe(403);
    const created = await as(token, 'POST', '/nodes/pve1/qemu', { vmid: 190, pool: 'p1' });
    expect(created.status).toBe(200);
    expect((await as(token, 'POST', '/nodes/pve1/qemu', { vmid: 191 })).reason).toBe(
      'Permission check failed',
    );
  });
});

describe('a token with separated privileges', () => {
  test('may do what both it and its user may', async () => {
    await newUser('sep@pve');
    const token = await newToken('sep@pve', 'sep', 1);
    await grant('/vms', 'PVEVMAdmin', { users: 'sep@pve' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(403);
    await grant('/vms/101', 'Administrator', { tokens: 'sep@pve!sep' });
    expect((await as(token, 'GET', CONFIG)).status).toBe(200);
    expect((await as(token, 'GET', '/nodes/pve1/qemu/102/config')).status).toBe(403);
    const { data } = await as(token, 'GET', '/access/permissions', { path: '/vms/101' });
    const mine = (data as Record<string, Record<string, number>>)['/vms/101'] ?? {};
    expect([mine['VM.Clone'], mine['Sys.Modify']]).toEqual([1, undefined]);
  });
});

describe('a change of a VM', () => {
  test('asks for the privilege of each key, and for SDN.Use on the bridge', async () => {
    const token = await newUser('keys@pve');
    const roleid = 'Keys';
    await admin.call('POST', '/access/roles', {
      roleid,
      privs: 'VM.Audit,VM.Config.Options,VM.Config.Network',
    });
    await grant('/vms/101', roleid, { users: 'keys@pve' });
    const change = async (params: Record<string, unknown>): Promise<string> => {
      const { status, reason } = await as(token, 'PUT', CONFIG, params);
      return `${status} ${reason}`;
    };
    expect(await change({ description: 'x' })).toBe('200 OK');
    expect(await change({ cores: 2 })).toBe('403 Permission check failed (/vms/101, VM.Config.CPU)');
    expect(await change({ delete: 'memory' })).toBe(
      '403 Permission check failed (/vms/101, VM.Config.Memory)',
    );
    expect(await change({ scsi1: 'local-lvm:1' })).toBe(
      '403 Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)',
    );
    expect(await change({ net1: 'virtio,bridge=vmbr0' })).toBe(
      '403 Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)',
    );
    expect(await change({ args: '-foo' })).toBe("500 only root can set 'args' config");
  });
});

describe('the seeded token', () => {
  test('has the rights of an administrator until its ACL says otherwise', async () => {
    const other = await startSimulator({ speed: 0 });
    const client = createTestClient(other);
    expect((await client.call('GET', '/nodes/pve1/status')).status).toBe(200);
    const acl = { path: '/', users: 'berth@pve' };
    await client.call('PUT', '/access/acl', { ...acl, roles: 'PVEVMAdmin' });
    await client.call('PUT', '/access/acl', { ...acl, roles: 'Administrator', delete: 1 });
    expect((await client.call('GET', '/nodes/pve1/status')).reason).toBe(
      'Permission check failed (/nodes/pve1, Sys.Audit)',
    );
    await client.close();
    await other.close();
  });
});

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createConfigureVm, vmParameters } from './configure-vm.ts';
import { createProxmoxActivities } from './index.ts';
import { Cluster } from '../db/models/cluster.ts';
import { IpAddress } from '../db/models/ip-address.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { IpPool } from '../db/models/ip-pool.ts';
import { Plan } from '../db/models/plan.ts';
import { Server } from '../db/models/server.ts';
import { SshKey } from '../db/models/ssh-key.ts';
import { createPool } from '../db/create-pool.ts';
import { attempt, serverAfter } from '../tests/activity.ts';
import { giveSecret } from '../tests/order.ts';
import { createEstate, type Estate } from '../tests/stack.ts';

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});
afterAll(async () => estate.close());
afterEach(async () => {
  estate.simulator.faults.clear();
  await IpPool.query(estate.database).patch({ vlan: null });
  await Plan.query(estate.database).patch({ networkMbps: null });
});

const configOf = (vmid: number) => estate.simulator.state.vms[vmid]?.config ?? {};
const configure = async (work: Awaited<ReturnType<typeof serverAfter>>) =>
  attempt(createConfigureVm(estate.deps), work.claim);

const KEYS = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZvcnRlc3RzZm9ydGVzdHNmb3J0ZXN0c2ZvcnRlc3Rz ada+one@example',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFub3RoZXJhbm90aGVyYW5vdGhlcmFub3RoZXJhbm90 ada two',
];

it('gives the VM the ordered size, its marks, its network card and its user', async () => {
  const work = await serverAfter(estate, 'clone', 'web-9');
  await configure(work);
  const mac = work.server.macAddress?.toUpperCase();
  expect(configOf(work.vmid)).toMatchObject({
    name: 'web-9',
    sockets: 1,
    cores: 2,
    memory: '2048',
    onboot: 1,
    tags: 'berth',
    smbios1: `uuid=${work.server.id}`,
    net0: `virtio=${mac},bridge=vmbr0`,
    ciuser: 'debian',
    nameserver: '203.0.113.2',
    ipconfig0: expect.stringMatching(/^ip=203\.0\.113\.\d+\/24,gw=203\.0\.113\.1$/),
  });
  expect(configOf(work.vmid)).not.toHaveProperty('cipassword');
  expect(configOf(work.vmid)).not.toHaveProperty('sshkeys');
});

it('writes both families, the VLAN and the rate of the plan', async () => {
  const { database } = estate;
  await createPool(database, {
    cluster: 'default',
    network: '2001:db8:5::/64',
    gateway: '2001:db8:5::1',
    first: '2001:db8:5::10',
    count: 1,
    bridge: 'vmbr0',
    nameserver: [],
  });
  await IpPool.query(database).patch({ vlan: 120 });
  await Plan.query(database).patch({ networkMbps: 100 });
  const work = await serverAfter(estate, 'clone');
  const v6 = await IpAddress.query(database).findOne({ address: '2001:db8:5::10' }).throwIfNotFound();
  await IpLease.query(database).insert({ ipAddressId: v6.id, serverId: work.server.id });
  await configure(work);
  const { net0, ipconfig0 } = configOf(work.vmid);
  expect(ipconfig0).toMatch(
    /^ip=203\.0\.113\.\d+\/24,gw=203\.0\.113\.1,ip6=2001:db8:5::10\/64,gw6=2001:db8:5::1$/,
  );
  expect(net0).toContain('bridge=vmbr0');
  expect(net0).toContain('tag=120');
  expect(net0).toContain('rate=12.5'); // 100 Mbit/s in MB/s
});

it('hands over every SSH key as it is', async () => {
  const { database, customer } = estate;
  const work = await serverAfter(estate, 'clone');
  for (const [index, publicKey] of KEYS.entries()) {
    const key = await SshKey.query(database).insertAndFetch({
      accountId: customer.accountId,
      name: `key ${index}`,
      publicKey,
      fingerprint: `SHA256:${index}`,
    });
    await work.server.$relatedQuery('sshKeys', database).relate(key.id);
  }
  await configure(work);
  const written = decodeURIComponent(String(configOf(work.vmid)['sshkeys'])).split('\n');
  expect(written.toSorted()).toEqual(KEYS.toSorted());
});

it('changes nothing when it is repeated', async () => {
  const work = await serverAfter(estate, 'clone');
  await configure(work);
  const before = { ...configOf(work.vmid) };
  await configure(work);
  expect(configOf(work.vmid)).toEqual(before);
});

it('sets the password, and shows it in no error', async () => {
  const work = await serverAfter(estate, 'clone');
  await giveSecret(estate, work.server, 'passwordSecretId', 'hunter2-hunter2');
  const { configureVm } = createProxmoxActivities(estate.deps);
  for (const fault of [
    { action: 'status', status: 400, reason: 'Parameter verification failed.' },
    { action: 'status', status: 500, reason: 'got no worker upid' },
    { action: 'drop' },
  ] as const) {
    estate.simulator.faults.add({ method: 'PUT', path: '/config$', ...fault });
    const err = await attempt(configureVm, work.claim).catch((reason: unknown) => reason);
    expect(err).toBeInstanceOf(Error);
    const { message, stack, details, cause } = err as Error & { details?: unknown };
    expect(JSON.stringify([message, stack, details, String(cause)])).not.toContain('hunter2');
  }
  await attempt(configureVm, work.claim);
  expect(configOf(work.vmid)['cipassword']).toMatch(/^\$5\$/);
});

describe('user data', () => {
  let snippetsDir: string;
  let folder: string;
  const cluster = () => Cluster.query(estate.database).findById(estate.cluster.id);
  beforeEach(async () => {
    snippetsDir = await mkdtemp(join(tmpdir(), 'berth-snippets-'));
    folder = join(snippetsDir, 'snippets');
    await cluster().patch({ snippetsStorage: 'local', snippetsDir });
  });
  afterEach(async () => {
    await cluster().patch({ snippetsStorage: null, snippetsDir: null });
    await rm(snippetsDir, { recursive: true });
  });

  async function withUserData() {
    const work = await serverAfter(estate, 'clone');
    await giveSecret(estate, work.server, 'userDataSecretId', '#cloud-config\npackages: [nginx]\n');
    await configure(work);
    return { ...work, file: `berth-${work.server.id}.yaml` };
  }

  it('is given to the guest through the snippets directory', async () => {
    const work = await withUserData();
    await configure(work);
    expect(configOf(work.vmid)['cicustom']).toBe(`vendor=local:snippets/${work.file}`);
    expect(await readdir(folder)).toEqual([work.file]);
    expect(await readFile(join(folder, work.file), 'utf8')).toBe('#cloud-config\npackages: [nginx]\n');
    expect((await stat(join(folder, work.file))).mode & 0o007).toBe(0);
  });

  it("goes with the VM, a killed worker's draft too, and others' files stay", async () => {
    const { claim, file } = await withUserData();
    await writeFile(join(folder, `.${file}`), '#cloud-con');
    await writeFile(join(folder, 'berth-agent.yaml'), '#cloud-config\n');
    const { destroyVm } = createProxmoxActivities(estate.deps);
    await attempt(destroyVm, claim);
    await attempt(destroyVm, claim);
    expect(await readdir(folder)).toEqual(['berth-agent.yaml']);
  });
});

it('ends when there is no place for user data', async () => {
  const work = await serverAfter(estate, 'clone');
  await giveSecret(estate, work.server, 'userDataSecretId', '#cloud-config\n');
  await expect(configure(work)).rejects.toMatchObject({ type: 'proxmox_rejected', nonRetryable: true });
});

it('ends when the server holds no address', async () => {
  const server = Server.fromJson({ name: 'web-1', ipAddresses: [] }, { skipValidation: true });
  expect(() => vmParameters(server)).toThrow('The server holds no address');
});

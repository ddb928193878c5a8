import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findVm, loadVm } from './vm-context.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Server } from '../db/models/server.ts';
import { ServerAddress } from '../db/models/server-address.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import { queryRows } from '../db/query-rows.ts';
import { parseSmbiosUuid } from '../proxmox/vm-config.ts';
import type { SeedVm } from '../testbed/proxmox/seed-vm.ts';
import { attempt, claim } from '../tests/activity.ts';
import { buildImportedServer } from '../tests/builders.ts';
import { observe } from '../tests/observe.ts';
import { decide, paused, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';

const seed = (vmid: number): SeedVm => ({
  vmid,
  node: 'pve2',
  name: `vm-${vmid}.example.net`,
  cores: 2,
  memoryMib: 2_048,
  diskGib: 40,
  mac: `BC:24:11:00:01:${(vmid % 100).toString().padStart(2, '0')}`,
  ip: `192.0.2.${vmid % 100}/24`,
  isRunning: true,
});
/** One VM for each test. */
const VMIDS = Array.from({ length: 15 }, (_, index) => 101 + index);

let estate: WorkingEstate;
beforeAll(async () => {
  estate = await createWorkingEstate({ vms: VMIDS.map(seed) });
});
afterAll(() => estate.close());

const uuidAt = (vmid: number) => parseSmbiosUuid(String(estate.vmAt(vmid).config['smbios1']));
const stored = async ({ id }: Server) => Server.query(estate.database).findById(id).throwIfNotFound();
const volumesOf = (vmid: number) =>
  Object.values(estate.simulator.state.volumes).filter((volume) => volume.vmid === vmid).length;

/** A server bound to the VM of that id, by its name unless another identity is given. */
async function imported(vmid: number, overrides: Partial<Server> = {}): Promise<Server> {
  return buildImportedServer(estate.database, {
    accountId: estate.customer.accountId,
    clusterId: estate.cluster.id,
    vmid,
    vmIdentity: { name: seed(vmid).name, uuid: null },
    addresses: [`192.0.2.${vmid % 100}/24`],
    ...overrides,
  });
}

describe('an imported VM', () => {
  it('is powered off and on, and its configuration stays as it was', async () => {
    const server = await imported(101);
    const before = JSON.stringify(estate.vmAt(101).config);
    expect(await estate.carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
    expect([estate.vmAt(101).guest, (await stored(server)).powerState]).toEqual([null, 'stopped']);
    expect(await estate.carryOut(server, 'start')).toMatchObject({ status: 'succeeded' });
    expect(await estate.carryOut(server, 'reboot')).toMatchObject({ status: 'succeeded' });
    expect(await estate.carryOut(server, 'shutdown', { timeoutSeconds: 5 })).toMatchObject({
      status: 'succeeded',
    });
    expect(JSON.stringify(estate.vmAt(101).config)).toBe(before);
    expect(
      estate.simulator.calls.some(({ method, path }) => method === 'PUT' && path.includes('/101/')),
    ).toBe(false);
  });

  it('is deleted with its disks, VM id and addresses, and where it came from stays known', async () => {
    const server = await imported(102);
    await linkToSource(server);
    expect(await estate.carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect([estate.simulator.state.vms[102], volumesOf(102)]).toEqual([undefined, 0]);
    const serverId = server.id;
    expect(await VmidLease.query(estate.database).where({ serverId })).toEqual([]);
    expect(await IpLease.query(estate.database).where({ serverId })).toEqual([]);
    expect(await ServerAddress.query(estate.database).where({ serverId })).toEqual([]);
    expect(await stored(server)).toMatchObject({ lifecycle: 'deleted', nodeId: null });
    const known = await queryRows(estate.database, 'select 1 from provenance where target_id = ?', [
      serverId,
    ]);
    expect(known).toHaveLength(1);
  });

  it('loses no disk that only its id would tell', async () => {
    const server = await imported(103);
    const { volumes } = estate.simulator.state;
    const [key, disk] = Object.entries(volumes).find(([, volume]) => volume.vmid === 103) ?? [];
    if (!key || !disk) throw new Error('VM 103 has no disk');
    const foreign = key.replace('disk-0', 'disk-7');
    volumes[foreign] = { ...disk, volid: disk.volid.replace('disk-0', 'disk-7') };
    expect(await estate.carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect([volumes[key], volumes[foreign]?.volid]).toEqual([undefined, 'local-lvm:vm-103-disk-7']);
  });

  it('stays running while Proxmox protects it against removal, and is deleted once it no longer does', async () => {
    const server = await imported(104);
    estate.vmAt(104).config['protection'] = 1;
    const operation = await requestOperation(estate, server, 'terminate');
    await startWorkflow(estate.temporal, operation);
    const { errorCode, errorMessage } = await paused(estate, operation);
    expect([errorCode, errorMessage]).toEqual([
      'vm_protected',
      expect.stringContaining('protected against removal on Proxmox'),
    ]);
    expect(estate.vmAt(104).guest).not.toBeNull();
    estate.vmAt(104).config['protection'] = 0;
    await decide(estate, operation, 'resume');
    expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded', errorCode: null });
  });

  it('is watched like any other, also while its server is suspended', async () => {
    const active = await imported(105);
    const suspended = await imported(106, { lifecycle: 'suspended', suspendReason: 'Overdue on payment' });
    estate.vmAt(105).guest = null;
    estate.vmAt(106).node = 'pve3';
    await observe(estate);
    const seen = await Server.query(estate.database)
      .findByIds([active.id, suspended.id])
      .withGraphFetched('node');
    expect(new Map(seen.map(({ id, powerState, node }) => [id, [powerState, node?.name]]))).toEqual(
      new Map([
        [active.id, ['stopped', 'pve2']],
        [suspended.id, ['running', 'pve3']],
      ]),
    );
  });
});

describe('the identity of an imported VM', () => {
  it('is its name once, and from then on the SMBIOS uuid that was found', async () => {
    const server = await imported(107);
    expect(await estate.carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
    const name = seed(107).name;
    expect((await stored(server)).vmIdentity).toEqual({ name, uuid: uuidAt(107) });
    const { config } = estate.vmAt(107);
    config['name'] = 'renamed-by-its-owner';
    expect(await estate.carryOut(server, 'start')).toMatchObject({ status: 'succeeded' });
    Object.assign(config, { name, smbios1: 'uuid=00000000-0000-4000-8000-000000000000' });
    expect(await estate.carryOut(server, 'stop')).toMatchObject({
      status: 'failed',
      errorCode: 'vm_not_ours',
    });
    expect(estate.vmAt(107).guest).not.toBeNull();
  });

  it('is a uuid in whatever case it was recorded', async () => {
    const server = await imported(108, {
      vmIdentity: { name: 'old', uuid: uuidAt(108)?.toUpperCase() ?? '' },
    });
    expect(await estate.carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
  });

  it('stays the name as long as the VM has no uuid', async () => {
    const server = await imported(109);
    delete estate.vmAt(109).config['smbios1'];
    expect(await estate.carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
    expect((await stored(server)).vmIdentity).toEqual({ name: seed(109).name, uuid: null });
    estate.vmAt(109).config['name'] = 'another';
    expect(await estate.carryOut(server, 'start')).toMatchObject({ errorCode: 'vm_not_ours' });
  });

  it('is the name that Proxmox lists a nameless VM by', async () => {
    const server = await imported(115, { vmIdentity: { name: 'VM 115', uuid: null } });
    expect(await estate.carryOut(server, 'stop')).toMatchObject({
      status: 'failed',
      errorCode: 'vm_not_ours',
    });
    delete estate.vmAt(115).config['name'];
    expect(await estate.carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
  });

  it('is the uuid that was recorded first when two look at once', async () => {
    const server = await imported(114);
    const held = await claim(estate, await requestOperation(estate, server, 'stop'));
    const first = '6b3bd3d6-3f0e-4b28-9c8a-3f5b1d2f7e10';
    const found = await attempt(async () => {
      const vm = await loadVm(estate.deps, held);
      await server.$query(estate.database).patch({ vmIdentity: { name: seed(114).name, uuid: first } });
      return findVm(vm);
    }, held);
    expect(found?.isOurs).toBe(false);
    expect((await stored(server)).vmIdentity?.uuid).toBe(first);
  });

  it('is not Berth’s name for the server', async () => {
    const server = await imported(110);
    await server.$query(estate.database).patch({ name: 'renamed-in-berth' });
    expect(await estate.carryOut(server, 'stop')).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(110).config['name']).toBe(seed(110).name);
  });

  it.each([
    ['another name', 111, {}, { name: 'somebody-else' }],
    ['another uuid', 112, { uuid: '6b3bd3d6-3f0e-4b28-9c8a-3f5b1d2f7e10' }, {}],
  ])('leaves a VM with %s alone, also when its server is deleted', async (_what, vmid, known, config) => {
    const server = await imported(vmid, { vmIdentity: { name: seed(vmid).name, uuid: null, ...known } });
    // Berth's own marker proves nothing here: the VM was not made by Berth.
    Object.assign(estate.vmAt(vmid).config, { ...config, description: `berth:${server.id}` });
    const before = JSON.stringify(estate.vmAt(vmid));
    for (const action of ['start', 'shutdown', 'stop', 'reboot', 'reset'] as const)
      expect(await estate.carryOut(server, action)).toMatchObject({
        status: 'failed',
        errorCode: 'vm_not_ours',
      });
    expect(await estate.carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(JSON.stringify(estate.vmAt(vmid))).toBe(before);
    expect(volumesOf(vmid)).toBe(1);
    const serverId = server.id;
    expect(await VmidLease.query(estate.database).where({ serverId })).toEqual([]);
    expect(await ServerAddress.query(estate.database).where({ serverId })).toEqual([]);
    expect(await stored(server)).toMatchObject({ lifecycle: 'deleted' });
  });

  it('is not met by a clone that somebody is making under its id', async () => {
    const server = await imported(113);
    estate.simulator.state.vms[113] = {
      ...estate.vmAt(9_000),
      vmid: 113,
      node: 'pve2',
      config: { description: ' qmclone temporary file', lock: 'clone' },
    };
    expect(await estate.carryOut(server, 'terminate')).toMatchObject({ status: 'succeeded' });
    expect(estate.vmAt(113)).toMatchObject({ vmid: 113 });
  });
});

async function linkToSource({ id }: Server): Promise<void> {
  const [run] = await queryRows<{ id: string }>(
    estate.database,
    `insert into migration_runs (source, source_label, mapping, mapping_hash, dry_run)
     values ('whmcs', 'whmcs', '', '', false) returning id`,
  );
  await queryRows(
    estate.database,
    `insert into provenance (source, entity, source_id, target_id, content_hash, fields_hash, fields, added_by, changed_by)
     values ('whmcs', 'service', 1, ?, '', '', '{}', ?, ?)`,
    [id, run?.id ?? null, run?.id ?? null],
  );
}

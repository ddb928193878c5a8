import { describe, expect, it } from 'vitest';
import { compareVm, repairParameters, type SeenVm } from './compare-vm.ts';
import type { Server } from '../db/models/server.ts';
import { DRIFT_FIELDS, type DriftField } from '../contract/reconcile.ts';

const ID = '7a4f2c1e-90f3-4c58-8a1c-3f0b6f1a2b3c';
const OTHER = '11111111-2222-4333-8444-555555555555';
const OBSERVED_AT = new Date('2026-01-01T00:00:00Z');

const pool = {
  network: '203.0.113.0/24',
  gateway: '203.0.113.1',
  bridge: 'vmbr0',
  vlan: 42,
  nameservers: [],
};
const record = (overrides: object = {}): Server =>
  ({
    id: ID,
    name: 'web-1',
    lifecycle: 'active',
    vcpu: 4,
    memoryMib: 4096,
    diskGib: 40,
    macAddress: 'bc:24:11:00:00:01',
    vmIdentity: null,
    deleteProtection: false,
    powerState: 'running',
    powerObservedAt: OBSERVED_AT,
    node: { name: 'pve1' },
    plan: { networkMbps: 800 },
    ipAddresses: [{ address: '203.0.113.10', pool }],
    sshKeys: [],
    ...overrides,
  }) as unknown as Server; // the parts of a row that are compared

const config = (overrides: Record<string, string> = {}): Record<string, string> => ({
  name: 'web-1',
  sockets: '1',
  cores: '4',
  memory: '4096',
  boot: 'order=scsi0',
  scsi0: 'local-lvm:vm-100000-disk-0,size=40G',
  net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,rate=100,tag=42',
  ipconfig0: 'ip=203.0.113.10/24,gw=203.0.113.1',
  onboot: '1',
  tags: 'berth',
  description: `berth:${ID}\n`,
  smbios1: `uuid=${ID}`,
  ...overrides,
});
const seen: SeenVm = { node: 'pve1', power: 'running', askedAt: new Date('2026-01-01T00:01:00Z') };

const differing = (server: Server, values: Record<string, string>, at = seen) =>
  compareVm(server, values, at)
    .filter(({ agrees }) => !agrees)
    .map(({ field, record: ours, proxmox }) => [field, ours, proxmox]);

describe('a record beside its VM', () => {
  it('agrees in every field when the VM is as Berth made it', () => {
    const compared = compareVm(record(), config(), seen);
    expect(compared.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(compared.map(({ field }) => field)).toEqual(Object.keys(DRIFT_FIELDS));
  });

  it.each<[string, DriftField, string, string | null, Record<string, string>]>([
    ['another name', 'name', 'web-1', 'db-1', { name: 'db-1' }],
    ['more cores', 'vcpu', '4', '8', { cores: '8' }],
    ['more sockets', 'vcpu', '4', '8', { sockets: '2' }],
    ['more memory', 'memory', '4096', '8192', { memory: '8192' }],
    ['more memory as Proxmox 9 writes it', 'memory', '4096', '8192', { memory: 'current=8192' }],
    ['a grown disk', 'disk', '40', '60', { scsi0: 'local-lvm:vm-100000-disk-0,size=60G' }],
    ['no disk', 'disk', '40', null, { scsi0: 'none,media=cdrom' }],
    ['another MAC', 'mac', 'BC:24:11:00:00:01', 'BC:24:11:00:00:02', net({ mac: '02' })],
    ['another bridge', 'bridge', 'vmbr0', 'vmbr1', net({ bridge: 'vmbr1' })],
    ['no VLAN', 'vlan', '42', null, net({ tag: '' })],
    ['no limit', 'rate', '100', null, net({ rate: '' })],
    ['another address', 'address', 'ip=203.0.113.10/24,gw=203.0.113.1', 'ip=dhcp', { ipconfig0: 'ip=dhcp' }],
    ['no start at boot', 'onboot', 'yes', 'no', { onboot: '0' }],
    ['no tag', 'tag', 'berth', null, { tags: 'production' }],
    ['no marker', 'marker', `berth:${ID}`, null, { description: 'mine' }],
    ["another server's marker", 'marker', `berth:${ID}`, `berth:${OTHER}`, { description: `berth:${OTHER}` }],
    ['another uuid', 'uuid', ID, OTHER, { smbios1: `uuid=${OTHER}` }],
    ['protection', 'protection', 'no', 'yes', { protection: '1' }],
  ])('differs in one field with %s', (_what, field, ours, theirs, change) => {
    expect(differing(record(), config(change))).toEqual([[field, ours, theirs]]);
  });

  it('differs in node and power when the VM was seen elsewhere later', () => {
    expect(differing(record(), config(), { ...seen, node: 'pve2', power: 'stopped' })).toEqual([
      ['node', 'pve1', 'pve2'],
      ['power', 'running', 'stopped'],
    ]);
  });

  it('is not compared in node and power when the record was written later', () => {
    const askedAt = new Date('2025-12-31T23:59:00Z');
    expect(differing(record(), config(), { node: 'pve2', power: 'stopped', askedAt })).toEqual([]);
  });

  it('does not mind the order in which addresses are written, other tags, or words beside the marker', () => {
    const change = {
      ipconfig0: 'gw=203.0.113.1,ip=203.0.113.10/24',
      tags: 'berth;production',
      description: `a note\nberth:${ID}`,
    };
    expect(differing(record(), config(change))).toEqual([]);
  });

  it('needs no protection on Proxmox when Berth protects the server', () => {
    expect(differing(record({ deleteProtection: true }), config())).toEqual([]);
    expect(differing(record({ deleteProtection: true }), config({ protection: '1' }))).toEqual([]);
  });

  it('is compared in size, protection and place only when the server was imported', () => {
    const imported = record({ vmIdentity: { name: 'old', uuid: null }, macAddress: null, ipAddresses: [] });
    const compared = compareVm(imported, { name: 'old', cores: '4', memory: '2048' }, seen);
    expect(compared.map(({ field }) => field)).toEqual([
      'vcpu',
      'memory',
      'disk',
      'protection',
      'node',
      'power',
    ]);
  });

  it('need not start at boot while the server is suspended', () => {
    expect(differing(record({ lifecycle: 'suspended' }), config({ onboot: '0' }))).toEqual([]);
  });

  it('has the sizes Proxmox takes where the configuration says nothing', () => {
    const { cores: _cores, sockets: _sockets, memory: _memory, ...rest } = config();
    expect(differing(record({ vcpu: 1, memoryMib: 512 }), rest)).toEqual([]);
  });
});

/** A network card that differs in one thing. */
function net({ mac = '01', bridge = 'vmbr0', rate = 'rate=100', tag = 'tag=42' }): { net0: string } {
  return {
    net0: [`virtio=BC:24:11:00:00:${mac},bridge=${bridge},firewall=1`, rate, tag].filter(Boolean).join(','),
  };
}

describe('a repair', () => {
  it.each<[DriftField, Record<string, string>]>([
    ['name', { name: 'db-1' }],
    ['vcpu', { sockets: '2' }],
    ['memory', { memory: '8192' }],
    ['mac', net({ mac: '02' })],
    ['bridge', net({ bridge: 'vmbr1' })],
    ['vlan', net({ tag: '' })],
    ['rate', net({ rate: 'rate=5' })],
    ['address', { ipconfig0: 'ip=dhcp' }],
    ['onboot', { onboot: '0' }],
    ['tag', { tags: 'production' }],
    ['marker', { description: 'mine' }],
    ['uuid', { smbios1: `uuid=${OTHER},serial=abc` }],
    ['protection', { protection: '1' }],
  ])('of %s makes the VM agree', (field, change) => {
    const params = repairParameters(field, record(), config(change)) ?? {};
    const written = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)]));
    expect(differing(record(), config({ ...change, ...written }))).toEqual([]);
  });

  it('keeps what else stands in the same property', () => {
    const params = (field: DriftField, change: Record<string, string>) =>
      repairParameters(field, record(), config(change));
    expect(params('bridge', { net0: 'e1000=BC:24:11:00:00:09,bridge=vmbr9,firewall=1,mtu=1400' })).toEqual({
      net0: 'e1000=BC:24:11:00:00:09,bridge=vmbr0,firewall=1,mtu=1400',
    });
    expect(params('tag', { tags: 'a;b' })).toEqual({ tags: 'a;b;berth' });
    expect(params('marker', { description: 'mine' })).toEqual({ description: `mine\nberth:${ID}` });
    expect(params('uuid', { smbios1: `serial=abc,uuid=${OTHER}` })).toEqual({
      smbios1: `uuid=${ID},serial=abc`,
    });
  });

  it.each<DriftField>(['disk', 'node', 'power'])('of %s is not a matter of configuration', (field) => {
    expect(repairParameters(field, record(), config())).toBeNull();
  });
});

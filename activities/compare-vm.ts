import { bootDisk } from './boot-disk.ts';
import { vmParameters } from './configure-vm.ts';
import { markerOf } from './vm-context.ts';
import type { Server } from '../db/models/server.ts';
import {
  formatIpconfig,
  formatNet0,
  isTrue,
  parseNet0,
  parseProperties,
  parseSmbiosUuid,
} from '../proxmox/vm-config.ts';
import { DRIFT_FIELDS, type ComparedField, type DriftField } from '../contract/reconcile.ts';

type Values = Record<string, string>;

/** Where a node's list showed the VM, and when it was asked. */
export interface SeenVm {
  node: string;
  power: 'running' | 'stopped' | 'unknown';
  askedAt: Date;
}

/** Record and VM of one field; null is *nothing set*. */
type Pair = [record: string | null, proxmox: string | null];

/**
 * Every field of a server's record beside what its VM has. `values` is the VM's configuration with pending changes
 * merged in: what waits for a reboot counts as made. Of an imported server only what Berth knows of it is compared; node
 * and power only when the record has not been written since `seen`. The server comes with node, plan, template, addresses
 * with their pools, and keys.
 */
export function compareVm(server: Server, values: Values, seen: SeenVm): ComparedField[] {
  const pairs: Partial<Record<DriftField, Pair>> = {
    ...(server.vmIdentity ? {} : identityPairs(server, values)),
    ...sizePairs(server, values),
    ...networkPairs(server, values),
    ...protectionPair(server, values),
    ...placePairs(server, seen),
  };
  return (Object.keys(DRIFT_FIELDS) as DriftField[]).flatMap((field) => {
    const pair = pairs[field];
    if (!pair) return [];
    const [record, proxmox] = pair;
    const { title, owner } = DRIFT_FIELDS[field];
    return [{ field, title, owner, record, proxmox, agrees: record === proxmox }];
  });
}

const tagsOf = (values: Values): string[] => (values['tags'] ?? '').split(/[;,\s]+/).filter(Boolean);
const marksOf = (values: Values): string | null =>
  /berth:[0-9a-f-]{36}/.exec(values['description'] ?? '')?.[0] ?? null;
const yes = (flag: boolean): string => (flag ? 'yes' : 'no');

function identityPairs({ id, name, lifecycle }: Server, values: Values) {
  const marker = markerOf(id);
  const hasMarker = (values['description'] ?? '').includes(marker);
  return {
    name: [name, values['name'] ?? null],
    // A suspended server need not come up with its node.
    ...(lifecycle === 'suspended' ? {} : { onboot: ['yes', yes(isTrue(values['onboot'] ?? '0'))] }),
    tag: ['berth', tagsOf(values).includes('berth') ? 'berth' : null],
    marker: [marker, hasMarker ? marker : marksOf(values)],
    uuid: [id, parseSmbiosUuid(values['smbios1'])],
  } as Partial<Record<DriftField, Pair>>;
}

/** Proxmox leaves out what has its default: one socket, one core, 512 MiB. */
function sizePairs({ vcpu, memoryMib, diskGib }: Server, values: Values) {
  const cores = Number(values['sockets'] ?? 1) * Number(values['cores'] ?? 1);
  const memory = parseProperties(values['memory'] ?? '512', 'current')['current'] ?? null;
  const disk = bootDisk(values);
  return {
    vcpu: [String(vcpu), String(cores)],
    memory: [String(memoryMib), memory],
    disk: [String(diskGib), disk && String(disk.sizeGib)],
  } satisfies Partial<Record<DriftField, Pair>>;
}

function networkPairs(server: Server, values: Values): Partial<Record<DriftField, Pair>> {
  const wanted = networkOf(server);
  if (!wanted) return {};
  const net = values['net0'] ? parseNet0(values['net0']) : null;
  const text = (value: string | number | undefined): string | null =>
    value === undefined ? null : String(value);
  return {
    mac: [text(wanted.net.mac), text(net?.mac)],
    bridge: [text(wanted.net.bridge), text(net?.bridge)],
    vlan: [text(wanted.net.tag), text(net?.tag)],
    rate: [text(wanted.net.rateMBps), text(net?.rateMBps)],
    address: [addressesOf(wanted.ipconfig0), addressesOf(values['ipconfig0'] ?? '')],
  };
}

/** What Berth would write, or null where it does not configure the network, or holds no address to configure. */
function networkOf(server: Server) {
  if (!server.macAddress || server.vmIdentity || !server.ipAddresses?.length) return null;
  const { net0, ipconfig0 } = vmParameters(server);
  return { net: parseNet0(String(net0)), ipconfig0: String(ipconfig0) };
}

/** In one order, whatever order it was written in. */
function addressesOf(ipconfig: string): string | null {
  const { ip, gw, ip6, gw6 } = parseProperties(ipconfig, 'ip');
  return (
    formatIpconfig({
      ...(ip ? { ip } : {}),
      ...(gw ? { gateway: gw } : {}),
      ...(ip6 ? { ip6 } : {}),
      ...(gw6 ? { gateway6: gw6 } : {}),
    }) || null
  );
}

/** Berth's own protection needs none on Proxmox; one there that Berth does not know of makes deletions fail. */
function protectionPair({ deleteProtection }: Server, values: Values) {
  const isProtected = isTrue(values['protection'] ?? '0');
  const record = isProtected ? deleteProtection : false;
  return { protection: [yes(record), yes(isProtected)] } satisfies Partial<Record<DriftField, Pair>>;
}

function placePairs({ node, powerState, powerObservedAt }: Server, seen: SeenVm) {
  if (powerObservedAt && powerObservedAt > seen.askedAt) return {};
  return {
    node: [node?.name ?? null, seen.node],
    power: [powerState, seen.power],
  } satisfies Partial<Record<DriftField, Pair>>;
}

/**
 * What to write into the VM's configuration so that this field is as the record says; everything else in the same
 * property stays. Null for what is not a matter of configuration (disk, node, power).
 */
export function repairParameters(
  field: DriftField,
  server: Server,
  values: Values,
): Record<string, string | number> | null {
  switch (field) {
    case 'name':
      return { name: server.name };
    case 'vcpu':
      return { sockets: 1, cores: server.vcpu };
    case 'memory':
      return { memory: server.memoryMib };
    case 'mac':
    case 'bridge':
    case 'vlan':
    case 'rate':
      return repairedNet(field, server, values);
    case 'address': {
      const wanted = networkOf(server);
      return wanted && { ipconfig0: wanted.ipconfig0 };
    }
    case 'onboot':
      return { onboot: 1 };
    case 'tag':
      return { tags: [...tagsOf(values), 'berth'].join(';') };
    case 'marker':
      return { description: [values['description']?.trim(), markerOf(server.id)].filter(Boolean).join('\n') };
    case 'uuid':
      return { smbios1: withUuid(values['smbios1'] ?? '', server.id) };
    case 'protection':
      return { protection: 0 };
    case 'disk':
    case 'node':
    case 'power':
      return null;
  }
}

const NET_KEY = { mac: 'mac', bridge: 'bridge', vlan: 'tag', rate: 'rateMBps' } as const;

function repairedNet(field: keyof typeof NET_KEY, server: Server, values: Values) {
  const wanted = networkOf(server)?.net;
  if (!wanted) return null;
  const key = NET_KEY[field];
  const { [key]: _differs, ...kept } = values['net0'] ? parseNet0(values['net0']) : wanted;
  return { net0: formatNet0({ ...kept, ...(wanted[key] === undefined ? {} : { [key]: wanted[key] }) }) };
}

function withUuid(smbios1: string, uuid: string): string {
  const { uuid: _differs, ...rest } = parseProperties(smbios1, 'uuid');
  return [`uuid=${uuid}`, ...Object.entries(rest).map(([key, value]) => `${key}=${value}`)].join(',');
}

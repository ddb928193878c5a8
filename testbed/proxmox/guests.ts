import type { Cluster } from './cluster.ts';
import { findNode, findVolume } from './cluster.ts';
import type { Guest, Vm, VmConfig } from './cluster-state.ts';
import { diskKeys, isCdrom, macAddressOf, parseDrive, parseSize } from './vm-config.ts';

/** What a VM's guest does: when it has booted, what it answers, how busy it looks. */

const BOOT_MS = 5000;
const ADDRESS_MS = 1000;

export function bootGuest(cluster: Cluster, vm: Vm): Guest {
  const now = cluster.clock.now();
  const medium = bootMedium(cluster, vm);
  const system = medium ?? systemOf(cluster, vm);
  cluster.state.nextPid += 3;
  const concernsVm = (rule: { vmid?: number | undefined }): boolean => (rule.vmid ?? vm.vmid) === vm.vmid;
  return {
    pid: cluster.state.nextPid,
    startedAt: now,
    bootedAt: now + bootTime(cluster),
    paused: false,
    hasSystem: system !== null,
    system,
    // A rescue system knows nothing of the machine it runs on.
    agentNever: medium !== null || cluster.faults.hit('agentNever', concernsVm) !== undefined,
    ignoresShutdown: cluster.faults.hit('ignoreShutdown', concernsVm) !== undefined,
    config: { ...vm.config },
  };
}

/** Starts the guest's system anew without a new QEMU process. */
export function resetGuest(cluster: Cluster, guest: Guest): void {
  guest.bootedAt = cluster.clock.now() + bootTime(cluster);
  guest.paused = false;
}

function bootTime(cluster: Cluster): number {
  return cluster.scaled(cluster.state.bootMs ?? BOOT_MS);
}

/** The system on a CD that comes before all disks with one in the boot order. */
function bootMedium(cluster: Cluster, vm: Vm): string | null {
  const order = /order=([^,]*)/.exec(String(vm.config.boot ?? ''))?.[1]?.split(';') ?? [];
  for (const key of order) {
    if (vm.config[key] === undefined) continue;
    const drive = parseDrive(String(vm.config[key]));
    const system = findVolume(cluster, vm.node, drive.file)?.system;
    if (system) return isCdrom(drive) ? system : null;
  }
  return null;
}

/** The operating system on the first disk that has one. */
function systemOf(cluster: Cluster, vm: Vm): string | null {
  for (const key of diskKeys(vm.config)) {
    const drive = parseDrive(String(vm.config[key]));
    const system = isCdrom(drive) ? null : findVolume(cluster, vm.node, drive.file)?.system;
    if (system) return system;
  }
  return null;
}

/** Whether an `agent` value switches the agent on. */
export function isAgentEnabled(value: string | number | undefined): boolean {
  return /^(?:enabled=)?(?:1|on|yes|true)(?:,|$)/.test(String(value ?? '0'));
}

export const agentAnswers = (guest: Guest, now: number): boolean => untilAgentAnswers(guest, now) === 0;

/** Milliseconds, as far as can be told now. */
export function untilAgentAnswers({ hasSystem, agentNever, paused, bootedAt }: Guest, now: number): number {
  return hasSystem && !agentNever && !paused ? Math.max(0, bootedAt - now) : Infinity;
}

/** The guest's interfaces as its agent reports them; addresses follow a moment after the agent. */
export function guestInterfaces(cluster: Cluster, vm: Vm, guest: Guest): unknown[] {
  const statistics = (bytes: number): Record<string, number> => ({
    'rx-bytes': bytes,
    'rx-dropped': 0,
    'rx-errs': 0,
    'rx-packets': Math.ceil(bytes / 110),
    'tx-bytes': bytes,
    'tx-dropped': 0,
    'tx-errs': 0,
    'tx-packets': Math.ceil(bytes / 79),
  });
  const interfaces: unknown[] = [
    {
      name: 'lo',
      'hardware-address': '00:00:00:00:00:00',
      'ip-addresses': [
        { 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 },
        { 'ip-address': '::1', 'ip-address-type': 'ipv6', prefix: 128 },
      ],
      statistics: statistics(0),
    },
  ];
  const now = cluster.clock.now();
  const settled = now >= guest.bootedAt + cluster.scaled(ADDRESS_MS);
  for (let n = 0; n <= 31; n += 1) {
    const net = guest.config[`net${n}`];
    if (net === undefined) continue;
    const mac = macAddressOf(String(net));
    interfaces.push({
      name: `eth${n}`,
      'hardware-address': mac.toLowerCase(),
      ...(settled ? { 'ip-addresses': addressesOf(vm, guest, n, mac) } : {}),
      statistics: statistics(traffic(guest, now).netin),
    });
  }
  return interfaces;
}

/** A card's addresses with prefix lengths, once the guest has them. */
export function guestAddresses(cluster: Cluster, vm: Vm, guest: Guest, n: number): string[] {
  const net = guest.config[`net${n}`];
  if (net === undefined || cluster.clock.now() < guest.bootedAt + cluster.scaled(ADDRESS_MS)) return [];
  return addressesOf(vm, guest, n, macAddressOf(String(net))).map(
    (address) => `${address['ip-address']}/${address.prefix}`,
  );
}

interface GuestAddress {
  'ip-address': string;
  'ip-address-type': 'ipv4' | 'ipv6';
  prefix: number;
}

function addressesOf(vm: Vm, guest: Guest, n: number, mac: string): GuestAddress[] {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const group = (high: number, low: number): string => (high * 256 + low).toString(16);
  const interfaceId = [group(a ^ 2, b), group(c, 0xff), group(0xfe, d), group(e, f)].join(':');
  const given = ipConfigOf(guest, n);
  const addresses: GuestAddress[] = [];
  if (given.ip === 'dhcp') {
    const address = `10.20.${100 + (e % 100)}.${2 + ((vm.vmid + f) % 250)}`;
    addresses.push({ 'ip-address': address, 'ip-address-type': 'ipv4', prefix: 16 });
  } else if (given.ip) addresses.push(splitAddress(given.ip, 'ipv4'));
  if (given.ip6 === 'dhcp' || given.ip6 === 'auto') {
    const address = `2001:db8:20:0:${interfaceId}`;
    addresses.push({ 'ip-address': address, 'ip-address-type': 'ipv6', prefix: 64 });
  } else if (given.ip6) addresses.push(splitAddress(given.ip6, 'ipv6'));
  addresses.push({
    'ip-address': `fe80::${interfaceId}`,
    'ip-address-type': 'ipv6',
    prefix: 64,
  });
  return addresses;
}

function splitAddress(text: string, type: 'ipv4' | 'ipv6'): GuestAddress {
  const [address = '', prefix] = text.split('/');
  return { 'ip-address': address, 'ip-address-type': type, prefix: Number(prefix) };
}

/** Without an ipconfig a cloud-init guest asks DHCP. */
function ipConfigOf(guest: Guest, n: number): { ip?: string; ip6?: string } {
  const text = String(guest.config[`ipconfig${n}`] ?? '').trim();
  if (text === '') return { ip: 'dhcp' };
  return Object.fromEntries(text.split(',').map((part) => part.split('=') as [string, string]));
}

function traffic(guest: Guest, now: number): { netin: number; netout: number } {
  const seconds = Math.floor((now - guest.startedAt) / 1000);
  return guest.hasSystem ? { netin: 110 + seconds * 947, netout: seconds * 388 } : { netin: 110, netout: 0 };
}

/** The numbers of /nodes/{node}/qemu and status/current; only some of them while stopped. */
export function vmStatus(vm: Vm, now: number): Record<string, unknown> {
  const { config, guest } = vm;
  const { cpus, maxmem } = sizeOf((guest ?? vm).config);
  const status: Record<string, unknown> = {
    vmid: vm.vmid,
    name: config.name ?? `VM ${vm.vmid}`,
    status: guest ? 'running' : 'stopped',
    cpus,
    maxmem,
    maxdisk: bootDiskSize(vm),
    disk: 0,
    uptime: 0,
    cpu: 0,
    mem: 0,
    memhost: 0,
    netin: 0,
    netout: 0,
    diskread: 0,
    diskwrite: 0,
  };
  if (config.lock !== undefined) status.lock = config.lock;
  if (config.tags !== undefined && String(config.tags).trim() !== '') status.tags = config.tags;
  if (config.template) status.template = 1;
  if (config.serial0 !== undefined) status.serial = 1;
  if (guest) Object.assign(status, runningStatus(guest, maxmem, now));
  return status;
}

function isBooting(guest: Guest, now: number): boolean {
  return guest.hasSystem && now < guest.bootedAt;
}

/** The share of its processors that a guest takes. */
function loadOf(guest: Guest, now: number): number {
  const load = guest.paused ? 0 : isBooting(guest, now) ? 0.6 : 0.01;
  return load + Math.random() * 0.02;
}

/** The bytes a guest takes of those it has. */
function memoryOf(guest: Guest, maxmem: number, now: number): number {
  const share = guest.hasSystem ? (isBooting(guest, now) ? 0.18 : 0.34) : 0.06;
  return Math.floor(maxmem * share + Math.random() * (1 << 20));
}

/** Processors and bytes of memory that a configuration gives. */
function sizeOf(config: VmConfig): { cpus: number; maxmem: number } {
  return {
    cpus: Number(config.sockets ?? 1) * Number(config.cores ?? 1),
    maxmem: Number(/\d+/.exec(String(config.memory ?? 512))?.[0]) * 1024 ** 2,
  };
}

function runningStatus(guest: Guest, maxmem: number, now: number): Record<string, unknown> {
  const elapsed = now - guest.startedAt;
  const booting = isBooting(guest, now);
  const mem = memoryOf(guest, maxmem, now);
  const { netin, netout } = traffic(guest, now);
  return {
    pid: guest.pid,
    uptime: Math.floor(elapsed / 1000),
    cpu: loadOf(guest, now),
    mem,
    memhost: mem,
    netin,
    netout,
    diskread: guest.hasSystem ? 190_840_832 + Math.floor(elapsed / 1000) * 512 : 0,
    diskwrite: guest.hasSystem ? 20_971_520 + Math.floor(elapsed / 1000) * 4096 : 0,
    pressurecpufull: 0,
    pressurecpusome: booting ? 2.01 : 0,
    pressureiofull: 0,
    pressureiosome: 0,
    pressurememoryfull: 0,
    pressurememorysome: 0,
  };
}

/** What status/current adds to a VM's numbers. */
export function currentStatus(vm: Vm, now: number): Record<string, unknown> {
  const { guest } = vm;
  const status: Record<string, unknown> = {
    ...vmStatus(vm, now),
    qmpstatus: qmpStatus(vm),
    ha: { managed: 0 },
  };
  if (isAgentEnabled((guest ?? vm).config.agent)) status.agent = 1;
  if (String(vm.config.vga).startsWith('serial')) status.clipboard = null;
  if (guest) {
    const { netin, netout } = traffic(guest, now);
    const names = Object.keys(guest.config).filter((key) => /^net\d+$/.test(key));
    if (names.length > 0)
      status.nics = Object.fromEntries(
        names.map((key) => [`tap${vm.vmid}i${key.slice(3)}`, { netin, netout }]),
      );
    status['running-machine'] = 'pc-i440fx-10.0+pve1';
    status['running-qemu'] = '10.0.2';
  }
  return status;
}

export function qmpStatus(vm: Vm): string {
  if (!vm.guest) return 'stopped';
  return vm.guest.paused ? 'paused' : 'running';
}

function bootDiskSize(vm: Vm): number {
  const order = /order=([^,]*)/.exec(String(vm.config.boot ?? ''))?.[1]?.split(';') ?? [];
  const disks = diskKeys(vm.config);
  for (const key of [...order.filter((name) => disks.includes(name)), ...disks]) {
    const value = vm.config[key];
    const drive = parseDrive(String(value));
    if (!isCdrom(drive) && drive.options.size) return parseSize(drive.options.size);
  }
  return 0;
}

/** How busy a node looks: what it always needs and what its guests take. */
export function nodeUsage(cluster: Cluster, node: string): { cpu: number; mem: number } {
  const total = findNode(cluster, node);
  let cpu = 0.01;
  let mem = 3.1 * 1024 ** 3;
  const now = cluster.clock.now();
  for (const { guest } of cluster.index.vmsOn(node)) {
    if (!guest) continue;
    const { cpus, maxmem } = sizeOf(guest.config);
    cpu += (loadOf(guest, now) * cpus) / (total?.cpus ?? 1);
    mem += memoryOf(guest, maxmem, now);
  }
  return { cpu: Math.min(1, cpu), mem: Math.floor(Math.min(mem, total?.memory ?? mem)) };
}

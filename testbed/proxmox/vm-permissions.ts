import { badParameters, refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { findVm, findVolume } from './cluster.ts';
import type { VmConfig } from './cluster-state.ts';
import type { Values } from './parameters.ts';
import { forbidden, hasAny, requireAll, requireAny } from './permissions.ts';
import type { Call } from './route.ts';
import { diskKeys, isCdrom, parseDrive } from './vm-config.ts';
import { DISK_KEYS, isConfigKey } from './vm-config-parameters.ts';

function words(text: string): Set<string> {
  return new Set(text.split(/\s+/).filter(Boolean));
}

/** The privilege that each key of a VM's configuration asks for. */
const KEYS_OF: [privileges: string[], keys: Set<string>][] = [
  [['VM.Config.CPU'], words('affinity cores cpu cpulimit cpuunits numa smp sockets vcpus')],
  [['VM.Config.Memory'], words('allow-ksm balloon memory shares')],
  [
    ['VM.Config.HWType'],
    words('acpi arch audio0 hotplug kvm machine rng0 scsihw smbios1 tablet vga vmgenid watchdog'),
  ],
  [
    ['VM.Config.Options'],
    words(`agent autostart bios description keyboard localtime migrate_downtime migrate_speed name onboot ostype
      protection reboot spice_enhancements startdate startup tags tdf template`),
  ],
  [['VM.PowerMgmt'], words('freeze')],
  [['VM.Config.Disk'], words('boot bootdisk vmstatestorage')],
  [
    ['VM.Config.Cloudinit', 'VM.Config.Network'],
    words('cicustom cipassword citype ciupgrade ciuser nameserver searchdomain sshkeys'),
  ],
];

function privilegesFor(key: string): string[] | undefined {
  if (/^net\d+$/.test(key)) return ['VM.Config.Network'];
  if (/^ipconfig\d+$/.test(key)) return ['VM.Config.Cloudinit', 'VM.Config.Network'];
  if (/^numa\d+$/.test(key)) return ['VM.Config.CPU'];
  if (key === 'efidisk0' || key === 'tpmstate0') return ['VM.Config.Disk'];
  return KEYS_OF.find(([, keys]) => keys.has(key))?.[0];
}

/** Parameters of the calls that are no configuration. */
const CONTROL = words(`node vmid delete revert digest skiplock force background_delay import-working-storage
  start pool storage archive unique bwlimit live-restore ha-managed`);

interface Subject {
  cluster: Cluster;
  caller: string;
  vmid: number;
  /** A pool's rights count for a VM that is being made in it. */
  pool: string | undefined;
}

function checkVm({ cluster, caller, vmid, pool }: Subject, privileges: string[]): void {
  if (pool !== undefined && hasAny(cluster.plain, caller, `/pool/${pool}`, privileges)) return;
  requireAny(cluster.plain, caller, `/vms/${vmid}`, privileges);
}

function checkDevice(subject: Subject, key: string, value: string | undefined): void {
  const isHarmless =
    value === undefined || (key.startsWith('serial') && value === 'socket') || value === 'spice';
  if (!isHarmless) throw refuse(`only root can modify '${key}' config for real devices`);
  checkVm(subject, ['VM.Config.HWType']);
}

function checkKey(subject: Subject, key: string, value: string | undefined): void {
  // What is no key at all is refused later.
  if (!isConfigKey(key) || DISK_KEYS.includes(key) || key === 'cdrom' || /^unused\d+$/.test(key)) return;
  if (/^(?:serial|usb|hostpci|parallel)\d+$/.test(key)) {
    checkDevice(subject, key, value);
    return;
  }
  const privileges = privilegesFor(key);
  if (!privileges) throw refuse(`only root can set '${key}' config`);
  checkVm(subject, privileges);
  if (key === 'startup') requireAll(subject.cluster.state, subject.caller, '/', ['Sys.Modify']);
}

/** New disks need space on their storage, existing volumes have to be the VM's own. */
function checkStorages({ cluster, caller, vmid }: Subject, values: Values): void {
  for (const key of DISK_KEYS) {
    if (values[key] === undefined) continue;
    const { file } = parseDrive(String(values[key]));
    const [storage = '', name = ''] = file.split(/:(.*)/s);
    if (file === 'cdrom') requireAll(cluster.plain, caller, '/', ['Sys.Console']);
    if (name === '' || name === 'cloudinit') continue;
    const path = `/storage/${storage}`;
    if (/^\d+(?:\.\d+)?$/.test(name)) requireAll(cluster.plain, caller, path, ['Datastore.AllocateSpace']);
    else if (name.startsWith('iso/')) {
      requireAny(cluster.plain, caller, path, ['Datastore.AllocateSpace', 'Datastore.Audit']);
    } else if (!new RegExp(`(?:vm|base)-${vmid}-`).test(name)) {
      requireAll(cluster.plain, caller, path, ['Datastore.Allocate']);
    }
  }
}

function checkBridges({ cluster, caller }: Subject, values: VmConfig): void {
  for (const [key, value] of Object.entries(values)) {
    if (!/^net\d+$/.test(key)) continue;
    const { bridge, tag } = parseDrive(String(value)).options;
    if (bridge === undefined) continue;
    const path = `/sdn/zones/localnetwork/${bridge}`;
    requireAll(cluster.plain, caller, tag === undefined ? path : `${path}/${tag}`, ['SDN.Use']);
  }
}

/** A disk that a VM has or gets: changing it is not the same right as changing a CD drive. */
function checkDisks(subject: Subject, config: VmConfig, keys: string[], values: Values): void {
  for (const key of keys) {
    if (!DISK_KEYS.includes(key) && !/^unused\d+$/.test(key)) continue;
    const drives = [config[key], values[key]].filter((value) => value !== undefined);
    for (const drive of drives.map((value) => parseDrive(String(value)))) {
      checkVm(subject, [isCdrom(drive) ? 'VM.Config.CDROM' : 'VM.Config.Disk']);
    }
  }
}

function settingsOf(params: Values): Values {
  return Object.fromEntries(Object.entries(params).filter(([key]) => !CONTROL.has(key)));
}

function checkPool({ cluster, params }: Call): void {
  const { pool } = params;
  if (pool === undefined || cluster.state.pools.some(({ poolid }) => poolid === pool)) return;
  throw forbidden(`pool '${pool}' does not exist`);
}

function checkCreate(call: Call, subject: Subject): void {
  checkPool(call);
  const { cluster, caller, vmid, pool } = subject;
  const overwrites = call.params.archive !== undefined && call.params.force === 1;
  const mayOverwrite =
    overwrites &&
    findVm(cluster, call.node, vmid) !== undefined &&
    hasAny(cluster.state, caller, `/vms/${vmid}`, ['VM.Backup']);
  const places = [`/vms/${vmid}`, ...(pool === undefined ? [] : [`/pool/${pool}`])];
  if (!mayOverwrite && !places.some((path) => hasAny(cluster.plain, caller, path, ['VM.Allocate'])))
    throw forbidden();
  if (call.params.storage !== undefined) {
    requireAll(cluster.plain, caller, `/storage/${call.params.storage}`, ['Datastore.AllocateSpace']);
  }
  const settings = settingsOf(call.params);
  checkStorages(subject, settings);
  for (const [key, value] of Object.entries(settings)) checkKey(subject, key, String(value));
  checkBridges(subject, settings);
  if (call.params.start) checkVm(subject, ['VM.PowerMgmt']);
}

/** Looked for before anyone is told that only root may set it. */
function checkHookScript({ cluster, node, params }: Call): void {
  const { hookscript } = params;
  if (hookscript === undefined || findVolume(cluster, node, String(hookscript))) return;
  throw badParameters({ hookscript: `script '${hookscript}' does not exist\n` });
}

function checkUpdate(call: Call, subject: Subject): void {
  const { params, cluster, node, vmid } = call;
  if (params.skiplock !== undefined) throw badParameters({ skiplock: 'Only root may use this option.' });
  checkHookScript(call);
  const settings = settingsOf(params);
  const removed = String(params.delete ?? '')
    .split(/[;, ]+/)
    .filter(Boolean);
  checkStorages(subject, settings);
  for (const key of removed) checkKey(subject, key, undefined);
  for (const [key, value] of Object.entries(settings)) checkKey(subject, key, String(value));
  checkBridges(subject, settings);
  const config = findVm(cluster, node, vmid)?.config ?? {};
  checkDisks(subject, config, [...removed, ...Object.keys(settings)], settings);
}

function checkClone(call: Call, subject: Subject): void {
  checkPool(call);
  const { cluster, node, vmid, params } = call;
  const config = findVm(cluster, node, vmid)?.config ?? {};
  for (const key of diskKeys(config)) {
    const { file } = parseDrive(String(config[key]));
    const storage = params.storage ?? file.split(':')[0];
    if (!file.includes(':')) continue;
    requireAll(cluster.plain, subject.caller, `/storage/${storage}`, ['Datastore.AllocateSpace']);
  }
  checkBridges(subject, config);
}

/** What the handlers of VMs check by themselves: rights that depend on the values given. */
export function checkVmPermission(call: Call, route: string): void {
  if (call.isRoot) return;
  const { cluster, caller, vmid, params } = call;
  const pool = params.pool === undefined ? undefined : String(params.pool);
  const subject = { cluster, caller: caller.user, vmid, pool };
  switch (route) {
    case 'POST /nodes/{node}/qemu':
      checkCreate(call, subject);
      return;
    case 'PUT /nodes/{node}/qemu/{vmid}/config':
    case 'POST /nodes/{node}/qemu/{vmid}/config':
      checkUpdate(call, subject);
      return;
    case 'POST /nodes/{node}/qemu/{vmid}/clone':
      checkClone(call, subject);
      return;
    default:
  }
}

import { randomBytes } from 'node:crypto';

import { ApiError, refuse } from './api-error.ts';
import { isVncTicketGood, newVncTicket } from './authentication.ts';
import { findVolume, requireVm } from './cluster.ts';
import type { Vm, VmConfig } from './cluster-state.ts';
import { qmpStatus } from './guests.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { diskKeys, isCdrom, parseDrive } from './vm-config.ts';

const FOLDER = '/nodes/{node}/qemu/{vmid}';
const FIRST_PORT = 5900;
const SERIAL_LINES = ['serial0', 'serial1', 'serial2', 'serial3'];

/** Eight printable characters, as VNC takes no more. */
function newPassword(): string {
  return Array.from(randomBytes(8), (byte) => String.fromCharCode(33 + (byte % 94))).join('');
}

/** The first port that no console of the node has. */
function freePort({ cluster, node }: Call): number {
  const taken = new Set(
    cluster.state.tasks
      .filter((task) => task.type === 'vncproxy' && task.node === node && task.endtime === null)
      .map(({ args }) => Number(args.port)),
  );
  for (let port = FIRST_PORT; ; port += 1) if (!taken.has(port)) return port;
}

/** A ticket for the screen, and the task that waits for a client to come. */
function openVnc(call: Call): Record<string, unknown> {
  const { cluster, node, vmid, caller, params } = call;
  requireVm(cluster, node, vmid);
  const port = freePort(call);
  const signed = newVncTicket(cluster.state, { user: caller.user, path: `/vms/${vmid}`, port });
  // Before qemu-server 9.1.7 a password was made on demand only; without one the ticket was it.
  const isOld = cluster.state.release === '8.4';
  const own = isOld && !params['generate-password'] ? undefined : newPassword();
  const upid = startTask(call, 'vncproxy', vmid, { kind: 'vnc', port, password: own ?? signed });
  return {
    user: caller.user,
    port: String(port),
    upid,
    ticket: isOld ? signed : `${own}:${signed}`,
    cert: cluster.certificate,
    ...(own === undefined ? {} : { password: own }),
  };
}

/** A ticket for a serial line, and the task that waits for a client to come. */
function openTerminal(call: Call): Record<string, unknown> {
  const { cluster, node, vmid, caller, params } = call;
  const { config } = requireVm(cluster, node, vmid);
  const serial = String(params.serial ?? serialOf(config) ?? '');
  if (serial === '') throw refuse('unable to find a serial interface');
  if (config[serial] === undefined) throw refuse(`serial interface '${serial}' is not configured`);
  const port = freePort(call);
  const ticket = newVncTicket(cluster.state, { user: caller.user, path: `/vms/${vmid}`, port });
  const upid = startTask(call, 'vncproxy', vmid, { kind: 'term', port, serial });
  return { user: caller.user, port: String(port), upid, ticket };
}

/** The serial line that the display goes to, or else the first there is. */
function serialOf(config: VmConfig): string | undefined {
  const vga = /^(?:type=)?(serial\d)/.exec(String(config.vga))?.[1];
  return vga ?? SERIAL_LINES.find((name) => config[name] !== undefined);
}

function requireRunning({ cluster, node, vmid }: Call): Vm {
  const vm = requireVm(cluster, node, vmid);
  if (!vm.guest) throw refuse(`VM ${vmid} not running`);
  return vm;
}

/** Whether all disks can do it: snapshots need a format that has them, linked clones a base image. */
function hasFeature({ cluster, node, vmid, params }: Call): { hasFeature: number; nodes: string[] } {
  const vm = requireVm(cluster, node, vmid);
  const volumes = diskKeys(vm.config)
    .map((key) => parseDrive(String(vm.config[key])))
    .filter((drive) => !isCdrom(drive))
    .flatMap((drive) => findVolume(cluster, node, drive.file) ?? []);
  const isRawFile = volumes.some(({ format, volid }) => format === 'raw' && volid.includes('/'));
  const can = { snapshot: !isRawFile, clone: Boolean(vm.config.template), copy: true };
  return { hasFeature: can[params.feature as keyof typeof can] ? 1 : 0, nodes: [node] };
}

/** Consoles, as far as their tickets, and what else reaches into a running VM. */
export const consoleRoutes: Route[] = [
  {
    method: 'POST',
    path: `${FOLDER}/vncproxy`,
    isForwarded: true,
    handle: openVnc,
  },
  {
    method: 'POST',
    path: `${FOLDER}/termproxy`,
    isForwarded: true,
    handle: openTerminal,
  },
  {
    method: 'GET',
    path: `${FOLDER}/vncwebsocket`,
    handle: ({ cluster, vmid, caller, params }) => {
      const access = { user: caller.user, path: `/vms/${vmid}`, port: Number(params.port) };
      if (!isVncTicketGood(cluster.state, access, String(params.vncticket))) {
        throw new ApiError(401, 'permission denied - invalid PVEVNC ticket');
      }
      return { port: String(params.port) };
    },
  },
  {
    method: 'PUT',
    path: `${FOLDER}/sendkey`,
    isForwarded: true,
    handle: (call) => {
      requireRunning(call);
      return null;
    },
  },
  {
    method: 'POST',
    path: `${FOLDER}/monitor`,
    isForwarded: true,
    handle: (call) => {
      const vm = requireRunning(call);
      return call.params.command === 'info status' ? `VM status: ${qmpStatus(vm)}\r\n` : '';
    },
  },
  {
    method: 'GET',
    path: `${FOLDER}/feature`,
    handle: hasFeature,
  },
];

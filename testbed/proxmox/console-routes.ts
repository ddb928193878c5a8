import { randomBytes } from 'node:crypto';

import { ApiError, refuse } from './api-error.ts';
import { newTicket } from './authentication.ts';
import { findVolume, requireVm } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import { qmpStatus } from './guests.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import type { TaskWorker } from './tasks.ts';
import { diskKeys, isCdrom, parseDrive } from './vm-config.ts';

const FOLDER = '/nodes/{node}/qemu/{vmid}';
const FIRST_PORT = 5900;
const CONSOLE_WAIT_MS = 10_000;

/** Eight printable characters, as VNC takes no more. */
function newPassword(): string {
  return Array.from(randomBytes(8), (byte) => String.fromCharCode(33 + (byte % 94))).join('');
}

/** A ticket for a console, and the task that waits for a client to come. */
function openConsole(call: Call, type: 'vncproxy' | 'termproxy'): Record<string, unknown> {
  const { cluster, node, vmid, caller } = call;
  const vm = requireVm(cluster, node, vmid);
  if (
    type === 'termproxy' &&
    vm.config.serial0 === undefined &&
    !String(vm.config.vga).startsWith('serial')
  ) {
    throw refuse('unable to find a serial interface');
  }
  const waiting = cluster.state.tasks.filter(
    (task) => ['vncproxy', 'termproxy'].includes(task.type) && task.endtime === null,
  );
  const signed = newTicket(cluster.plain, caller.user).replace(/^PVE:[^:]+/, 'PVEVNC');
  const password = newPassword();
  const answer = {
    user: caller.user,
    port: String(FIRST_PORT + waiting.length),
    upid: startTask(call, type, vmid),
  };
  return type === 'termproxy'
    ? { ...answer, ticket: signed }
    : { ...answer, password, ticket: `${password}:${signed}`, cert: cluster.certificate };
}

const waitForClient: TaskWorker = async (cluster, work) => {
  await work.wait('client', cluster.scaled(CONSOLE_WAIT_MS, 50));
  throw new Error('connection timed out');
};

/** Workers of the tasks that wait for a console's client, by task type. */
export const consoleWorkers: Record<string, TaskWorker> = {
  vncproxy: waitForClient,
  termproxy: waitForClient,
};

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
    handle: (call) => openConsole(call, 'vncproxy'),
  },
  {
    method: 'POST',
    path: `${FOLDER}/termproxy`,
    isForwarded: true,
    handle: (call) => openConsole(call, 'termproxy'),
  },
  {
    method: 'GET',
    path: `${FOLDER}/vncwebsocket`,
    handle: () => {
      throw new ApiError(401, 'permission denied - invalid PVEVNC ticket');
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

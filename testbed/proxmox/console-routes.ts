import { randomInt } from 'node:crypto';

import { ApiError, refuse } from './api-error.ts';
import { signTicket } from './authentication.ts';
import type { ClusterState } from './cluster-state.ts';
import { requireVm } from './cluster.ts';
import { BOOLEAN, integer, NODE, STRING, VMID } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import type { TaskWorker } from './tasks.ts';

const VM: Parameters = { node: NODE, vmid: VMID };
const FIRST_PORT = 5900;
/** How long a console waits for its viewer. */
const WAIT_MS = 10_000;

function newPassword(): string {
  return Array.from({ length: 8 }, () => String.fromCodePoint(randomInt(33, 127))).join('');
}

/** A ticket for one console: `<password>:PVEVNC:<hex time>::<signature>`. */
function consoleTicket(state: ClusterState, password: string, path: string): string {
  const time = Math.floor(Date.now() / 1000)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
  return `${password}:PVEVNC:${time}::${signTicket(state, `${password}:${path}:${time}`)}`;
}

function openConsole(call: Call): unknown {
  const { cluster, node, vmid, caller } = call;
  requireVm(cluster, node, vmid);
  const open = cluster.state.tasks.filter(({ type, endtime }) => type === 'vncproxy' && endtime === null);
  const password = newPassword();
  const path = `/vms/${vmid}`;
  return {
    user: caller.user,
    ticket: consoleTicket(cluster.state, password, path),
    password,
    port: String(FIRST_PORT + open.length),
    cert: cluster.certificate,
    upid: startTask(call, 'vncproxy', vmid),
  };
}

/** Which features need what of a VM's disks: all here are files or thin volumes. */
function hasFeature({ cluster, node, vmid, params }: Call): unknown {
  const vm = requireVm(cluster, node, vmid);
  const isTemplate = Boolean(vm.config.template);
  const has = params.feature === 'clone' ? isTemplate : params.feature === 'snapshot' ? !isTemplate : true;
  return { hasFeature: Number(has), nodes: [node] };
}

/** What one does with a running VM's screen and keyboard; there is no picture behind the console. */
export const consoleRoutes: Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/vncproxy',
    isForwarded: true,
    parameters: { ...VM, websocket: BOOLEAN, 'generate-password': BOOLEAN },
    handle: openConsole,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/vncwebsocket',
    parameters: { ...VM, port: integer(5900, 5999), vncticket: { ...STRING, maxLength: 512 } },
    handle: () => {
      throw new ApiError(401, 'permission denied - invalid PVEVNC ticket');
    },
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/sendkey',
    isForwarded: true,
    parameters: { ...VM, key: { type: 'string' }, skiplock: BOOLEAN },
    handle: ({ cluster, node, vmid }) => {
      if (!requireVm(cluster, node, vmid).guest) throw refuse(`VM ${vmid} not running`);
      return null;
    },
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/monitor',
    isForwarded: true,
    parameters: { ...VM, command: { type: 'string' } },
    handle: ({ cluster, node, vmid, params }) => {
      const { guest } = requireVm(cluster, node, vmid);
      if (!guest) throw refuse(`VM ${vmid} not running`);
      const [word = ''] = String(params.command).split(' ');
      if (params.command !== 'info status') return `unknown command: '${word}'\r\n`;
      return `VM status: ${guest.paused ? 'paused' : 'running'}\r\n`;
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/feature',
    isForwarded: true,
    parameters: {
      ...VM,
      feature: { type: 'string', enum: ['snapshot', 'clone', 'copy'] },
      snapname: STRING,
    },
    handle: hasFeature,
  },
];

/** Nobody can connect, so every console ends as one without a viewer does. */
const waitForViewer: TaskWorker = async (cluster, work) => {
  await work.pause('viewer', cluster.scaled(WAIT_MS, 50));
  throw new Error('connection timed out');
};

export const consoleWorkers: Record<string, TaskWorker> = { vncproxy: waitForViewer };

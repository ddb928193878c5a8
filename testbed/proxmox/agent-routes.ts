import { ApiError, refuse } from './api-error.ts';
import { guestNames } from './cloud-init-routes.ts';
import { requireVm } from './cluster.ts';
import type { Guest, Vm } from './cluster-state.ts';
import { outputOf } from './guest-commands.ts';
import { agentAnswers, guestInterfaces, isAgentEnabled, resetGuest, untilAgentAnswers } from './guests.ts';
import { powerOff } from './power-workers.ts';
import type { Call, Route } from './route.ts';

const FOLDER = '/nodes/{node}/qemu/{vmid}/agent';
const FIRST_PID = 400;
const POWER_COMMAND_MS = 3000;
const SILENCE_MS = 3000;

interface Agent {
  call: Call;
  vm: Vm;
  guest: Guest;
}

/**
 * The guest of a VM whose agent answers. A silent one is waited for: QEMU hands a command over as soon as the agent opens its
 * channel (hw/char/virtio-console.c reads nothing from its socket before), so that one that starts in time answers at once.
 */
async function requireAgent(call: Call): Promise<Agent> {
  const { cluster, node, vmid } = call;
  const vm = requireVm(cluster, node, vmid);
  if (!isAgentEnabled((vm.guest ?? vm).config.agent)) throw refuse('No QEMU guest agent configured');
  if (!vm.guest) throw refuse(`VM ${vmid} is not running`);
  const { guest } = vm;
  if (!agentAnswers(guest, cluster.clock.now())) {
    await cluster.clock.sleep(
      Math.min(cluster.scaled(SILENCE_MS, 5), untilAgentAnswers(guest, cluster.clock.now())),
    );
    if (vm.guest !== guest || !agentAnswers(guest, cluster.clock.now()))
      throw refuse('QEMU guest agent is not running');
  }
  return { call, vm, guest };
}

const SYSTEM_INFO: Record<
  string,
  [id: string, name: string, version: string, codename: string, kernel: string]
> = {
  'debian-12': ['debian', 'Debian GNU/Linux', '12', 'bookworm', '6.1.0-38-cloud-amd64'],
  'debian-13': ['debian', 'Debian GNU/Linux', '13', 'trixie', '6.12.107+deb13-cloud-amd64'],
  'ubuntu-24.04': ['ubuntu', 'Ubuntu', '24.04', 'Noble Numbat', '6.8.0-79-generic'],
};

function osInfo({ guest }: Agent): Record<string, unknown> {
  const known = SYSTEM_INFO[guest.system ?? ''] ?? SYSTEM_INFO['debian-13'];
  const [id = '', name = '', version = '', codename = '', kernel = ''] = known ?? [];
  const build = kernel.startsWith('6.12.107') ? '6.12.107-1 (2026-08-29)' : kernel;
  return {
    id,
    name,
    'pretty-name': `${name} ${version} (${codename})`,
    version: `${version} (${codename})`,
    'version-id': version,
    machine: 'x86_64',
    'kernel-release': kernel,
    'kernel-version': `#1 SMP PREEMPT_DYNAMIC ${id === 'debian' ? 'Debian ' : ''}${build}`,
  };
}

const FILE_SYSTEMS = [
  {
    name: 'sda1',
    mountpoint: '/',
    type: 'ext4',
    'total-bytes': 2_969_006_080,
    'total-bytes-privileged': 3_133_616_128,
    'used-bytes': 384_483_328,
    disk: [
      {
        'bus-type': 'scsi',
        bus: 0,
        target: 0,
        unit: 0,
        dev: '/dev/sda1',
        serial: '0QEMU_QEMU_HARDDISK_drive-scsi0',
        'pci-controller': { domain: 0, bus: 0, slot: 5, function: 0 },
      },
    ],
  },
];

/** Commands a Debian 13 guest's agent knows; those marked with `-` answer only if they fail. */
const AGENT_COMMANDS = `exec exec-status file-close file-flush file-open file-read file-seek file-write
  fsfreeze-freeze fsfreeze-freeze-list fsfreeze-status fsfreeze-thaw fstrim get-cpustats get-disks get-diskstats
  get-fsinfo get-host-name get-load get-memory-block-info get-memory-blocks get-osinfo get-time get-timezone
  get-users get-vcpus info network-get-interfaces network-get-route ping set-memory-blocks set-time
  set-user-password set-vcpus -shutdown ssh-add-authorized-keys ssh-get-authorized-keys ssh-remove-authorized-keys
  -suspend-disk -suspend-hybrid -suspend-ram sync sync-delimited`.split(/\s+/);

type Answerer = (agent: Agent) => unknown;

const READERS: Record<string, Answerer> = {
  'get-fsinfo': () => FILE_SYSTEMS,
  'get-host-name': ({ vm, guest }) => ({ 'host-name': guestNames(vm, guest.config).hostname }),
  'get-memory-block-info': () => ({ size: 128 * 1024 ** 2 }),
  'get-memory-blocks': ({ guest }) =>
    Array.from({ length: Math.ceil(Number(guest.config.memory ?? 512) / 128) }, (_, index) => ({
      'phys-index': index,
      online: true,
      'can-offline': true,
    })),
  'get-osinfo': osInfo,
  'get-time': ({ call }) => call.cluster.clock.now() * 1_000_000,
  'get-timezone': () => ({ zone: 'UTC', offset: 0 }),
  'get-users': () => [],
  'get-vcpus': ({ guest }) =>
    Array.from({ length: Number(guest.config.cores ?? 1) * Number(guest.config.sockets ?? 1) }, (_, id) => ({
      'logical-id': id,
      online: true,
      'can-offline': id > 0,
    })),
  info: () => ({
    version: '10.0.13',
    supported_commands: AGENT_COMMANDS.map((command) => ({
      name: `guest-${command.replace(/^-/, '')}`,
      enabled: true,
      'success-response': !command.startsWith('-'),
    })),
  }),
  'network-get-interfaces': ({ call, vm, guest }) => guestInterfaces(call.cluster, vm, guest),
};

const WRITERS: Record<string, Answerer> = {
  'fsfreeze-freeze': () => 1,
  'fsfreeze-status': () => 'thawed',
  'fsfreeze-thaw': () => 1,
  fstrim: () => ({ paths: [{ path: '/', trimmed: 0, minimum: 0 }] }),
  ping: () => ({}),
  shutdown: ({ call, vm, guest }) => {
    endLater(call, vm, guest, () => powerOff(call.cluster, vm));
    return {};
  },
};
const NOT_SUPPORTED = ['suspend-disk', 'suspend-hybrid', 'suspend-ram'];
for (const command of NOT_SUPPORTED) {
  WRITERS[command] = () => {
    throw refuse(`Agent error: the command is not supported in this guest`);
  };
}

function answering(method: 'GET' | 'POST', command: string, answer: Answerer): Route {
  return {
    method,
    path: `${FOLDER}/${command}`,
    isForwarded: true,
    handle: async (call) => ({ result: await answer(await requireAgent(call)) }),
  };
}

/** Does something to a running guest a moment later, unless it ended meanwhile. */
function endLater({ cluster }: Call, vm: Vm, guest: Guest, act: () => void): void {
  cluster.clock.after(cluster.scaled(POWER_COMMAND_MS), () => {
    if (vm.guest === guest) act();
  });
}

const PROGRAMS = new Set(
  'bash cat echo false hostname id ip ls poweroff reboot sh shutdown systemctl true'.split(' '),
);

async function exec(call: Call): Promise<{ pid: number }> {
  const { vm, guest } = await requireAgent(call);
  const [program = '', ...rest] = String(call.params.command).split('\0');
  // The agent's answer names the program in typographic quotes, which break the server's answer.
  if (!program.startsWith('/') && !PROGRAMS.has(program)) throw new ApiError(596, 'Broken pipe');
  const isShell = /(?:^|\/)(?:ba|da)?sh$/.test(program) && rest[0] === '-c';
  const script = isShell ? (rest[1] ?? '') : [program, ...rest].join(' ');
  if (/\b(?:systemctl )?reboot\b/.test(script))
    endLater(call, vm, guest, () => resetGuest(call.cluster, guest));
  if (/\b(?:systemctl )?poweroff\b/.test(script)) endLater(call, vm, guest, () => powerOff(call.cluster, vm));
  const output = script
    .split(';')
    .map((command) => outputOf(call.cluster, vm, guest, command.trim()))
    .join('');
  guest.processes ??= {};
  const pid = FIRST_PID + Object.keys(guest.processes).length * 13;
  guest.processes[pid] = { exitcode: program.endsWith('false') ? 1 : 0, output };
  return { pid };
}

async function execStatus(call: Call): Promise<Record<string, unknown>> {
  const { guest } = await requireAgent(call);
  const process = guest.processes?.[Number(call.params.pid)];
  // The agent's own text has a broken placeholder.
  if (!process) throw refuse('Agent error: PID ld does not exist');
  const { exitcode, output } = process;
  return { exited: 1, exitcode, ...(output ? { 'out-data': output, 'out-truncated': 0 } : {}) };
}

async function readFile(call: Call): Promise<Record<string, unknown>> {
  const { vm, guest } = await requireAgent(call);
  const file = String(call.params.file);
  const content =
    guest.files?.[file] ??
    (file === '/etc/hostname' ? `${guestNames(vm, guest.config).hostname}\n` : undefined);
  if (content === undefined) {
    throw refuse(`Agent error: failed to open file '${file}' (mode: 'r'): No such file or directory`);
  }
  return { content, 'bytes-read': Buffer.byteLength(content) };
}

async function writeFile(call: Call): Promise<null> {
  const { guest } = await requireAgent(call);
  const { file, content } = call.params;
  const plain =
    call.params.encode === 0 ? Buffer.from(String(content), 'base64').toString() : String(content);
  guest.files = { ...guest.files, [String(file)]: plain };
  return null;
}

async function setPassword(call: Call): Promise<{ result: object }> {
  const { guest } = await requireAgent(call);
  const user = String(call.params.username);
  const [defaultUser] = String(guest.system ?? '').split('-');
  const known = ['root', String(guest.config.ciuser ?? '').trim() || defaultUser];
  if (!known.includes(user)) {
    throw refuse(
      `Agent error: child process has failed to set user password: chpasswd: (user ${user}) pam_chauthtok() failed, error:\n` +
        `Authentication token manipulation error\nchpasswd: (line 1, user ${user}) password not changed\n`,
    );
  }
  guest.passwords = { ...guest.passwords, [user]: String(call.params.password) };
  return { result: {} };
}

const COMMANDS = [...Object.keys(READERS), ...Object.keys(WRITERS)].toSorted();

/** /nodes/{node}/qemu/{vmid}/agent. */
export const agentRoutes: Route[] = [
  {
    method: 'GET',
    path: FOLDER,
    handle: () =>
      [...COMMANDS, 'exec', 'exec-status', 'file-read', 'file-write', 'set-user-password'].map((name) => ({
        name,
      })),
  },
  {
    method: 'POST',
    path: FOLDER,
    isForwarded: true,
    handle: async (call) => {
      const answer = READERS[String(call.params.command)] ?? WRITERS[String(call.params.command)];
      return { result: await answer?.(await requireAgent(call)) };
    },
  },
  ...Object.entries(READERS).map(([command, answer]) => answering('GET', command, answer)),
  ...Object.entries(WRITERS).map(([command, answer]) => answering('POST', command, answer)),
  {
    method: 'POST',
    path: `${FOLDER}/exec`,
    isForwarded: true,
    handle: exec,
  },
  {
    method: 'GET',
    path: `${FOLDER}/exec-status`,
    isForwarded: true,
    handle: execStatus,
  },
  {
    method: 'GET',
    path: `${FOLDER}/file-read`,
    isForwarded: true,
    handle: readFile,
  },
  {
    method: 'POST',
    path: `${FOLDER}/file-write`,
    isForwarded: true,
    handle: writeFile,
  },
  {
    method: 'POST',
    path: `${FOLDER}/set-user-password`,
    isForwarded: true,
    handle: setPassword,
  },
];

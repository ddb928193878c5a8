import { findToken } from './access-state.ts';
import { isVncTicketGood } from './authentication.ts';
import { StreamClosed } from './byte-stream.ts';
import type { ByteStream } from './byte-stream.ts';
import type { Cluster } from './cluster.ts';
import { findVm } from './cluster.ts';
import type { Guest, Vm } from './cluster-state.ts';
import { hasAny } from './permissions.ts';
import { serveRfb } from './rfb-server.ts';
import { drawScreen } from './screen.ts';
import type { ScreenState } from './screen.ts';
import { createSerialConsole } from './serial-console.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';

const CONSOLE_WAIT_MS = 10_000;
/** A client is no part of the simulated time: however fast that is, it needs a moment to connect. */
const LEAST_WAIT_MS = 2000;
const LOOK_MS = 200;

/** The consoles that wait for a client or have one, by node and port. */
export type Consoles = Map<string, (stream: ByteStream) => void>;

export function consoleKey(node: string, port: number): string {
  return `${node}:${port}`;
}

/** Listens on a console's port; one client is let in, and only for a while. */
async function accept(cluster: Cluster, work: TaskWork): Promise<ByteStream> {
  const key = consoleKey(work.record.node, Number(work.record.args.port));
  const { signal } = work;
  let callOff = (): void => undefined;
  let stop: (() => void) | undefined;
  try {
    return await new Promise<ByteStream>((resolve, reject) => {
      stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop);
      callOff = cluster.clock.after(cluster.scaled(CONSOLE_WAIT_MS, LEAST_WAIT_MS), () =>
        reject(new Error('connection timed out')),
      );
      cluster.consoles.set(key, resolve);
    });
  } finally {
    callOff();
    if (stop) signal.removeEventListener('abort', stop);
    cluster.consoles.delete(key);
  }
}

/** Lets something run with a client until that is gone or the task is told to end. */
async function withClient(
  cluster: Cluster,
  work: TaskWork,
  serve: (stream: ByteStream) => Promise<void>,
): Promise<void> {
  const stream = await accept(cluster, work);
  const close = (): void => stream.close();
  work.signal.addEventListener('abort', close);
  try {
    await serve(stream);
  } catch (err) {
    if (!(err instanceof StreamClosed)) throw err;
  } finally {
    work.signal.removeEventListener('abort', close);
    stream.close();
  }
  work.signal.throwIfAborted();
}

function stateOf({ clock }: Cluster, guest: Guest): ScreenState {
  if (guest.paused) return 'paused';
  if (!guest.hasSystem) return 'no system';
  return clock.now() >= guest.bootedAt ? 'running' : 'booting';
}

/** Task vncproxy: hands one client on to QEMU's VNC server. */
const serveVnc: TaskWorker = async (cluster, work) => {
  const { node, id, args } = work.record;
  if (args.kind === 'term') return serveTerminal(cluster, work);
  return withClient(cluster, work, async (stream) => {
    const vm = findVm(cluster, node, Number(id));
    const guest = vm?.guest;
    if (!vm || !guest) {
      work.log(`VM ${id} not running`);
      throw new Error('Failed to run vncproxy.');
    }
    await serveRfb(stream, {
      name: `QEMU (${vm.config.name ?? `VM ${id}`})`,
      password: String(args.password),
      draw: () => drawScreen(vm.vmid, stateOf(cluster, guest)),
      isOn: () => vm.guest === guest,
    });
  });
};

/** Task vncproxy of a terminal: the program termproxy checks the client's ticket and runs `qm terminal`. */
async function serveTerminal(cluster: Cluster, work: TaskWork): Promise<void> {
  const { node, id, args } = work.record;
  const remote = `/usr/sbin/qm terminal ${id} -escape 0 -iface ${String(args.serial)}`;
  const command = `/usr/bin/termproxy ${String(args.port)} --path /vms/${id} --perm VM.Console -- ${remote}`;
  const failed = (): Error => new Error(`command '${command}' failed: exit code 1`);
  let isIn = false;
  try {
    await withClient(cluster, work, async (stream) => {
      isIn = await logIn(cluster, work, stream);
      if (!isIn) return;
      stream.write('OK');
      const vm = findVm(cluster, node, Number(id));
      if (vm?.guest) await connectSerial(cluster, vm, vm.guest, stream, String(args.serial));
      else stream.write(`VM ${id} not running\r\n`);
    });
  } catch (err) {
    if (err instanceof Error && err.message === 'connection timed out') throw failed();
    throw err;
  }
  if (!isIn) throw failed();
}

/** The first line is `user:ticket`; both have to be those the console was opened for. */
async function logIn({ state }: Cluster, work: TaskWork, stream: ByteStream): Promise<boolean> {
  const { id, args } = work.record;
  const [, user = '', ticket = ''] = /^([^:]+):(.+)$/.exec(await stream.readUntil('\n')) ?? [];
  const access = { user, path: `/vms/${id}`, port: Number(args.port) };
  // The programs of 8.4 do not know how to check a token's ticket.
  const isRefusedToken = state.release === '8.4' && findToken(state, user) !== undefined;
  return (
    !isRefusedToken &&
    isVncTicketGood(state, access, ticket) &&
    hasAny(state, user, access.path, ['VM.Console'])
  );
}

/** What xterm.js sends: `0:<bytes>:<data>` is typed, `1:<columns>:<rows>:` a new size, `2` a sign of life. */
async function connectSerial(
  cluster: Cluster,
  vm: Vm,
  guest: Guest,
  stream: ByteStream,
  serial: string,
): Promise<void> {
  const terminal = createSerialConsole(cluster, vm, guest);
  stream.write(`starting serial terminal on interface ${serial}\r\n`);
  const timer = setInterval(() => {
    if (vm.guest !== guest) return stream.close();
    const said = terminal.look();
    if (said !== '') stream.write(said);
  }, LOOK_MS);
  try {
    for (;;) {
      const kind = (await stream.read(1)).toString();
      if (kind === '2') continue;
      if (kind !== '0' && kind !== '1') return;
      await stream.read(1);
      const first = Number(await stream.readUntil(':'));
      if (kind === '1') await stream.readUntil(':');
      else {
        const shown = terminal.type((await stream.read(first)).toString());
        if (shown !== '') stream.write(shown);
      }
    }
  } finally {
    clearInterval(timer);
  }
}

/** Workers of the tasks that serve a console, by task type. */
export const consoleWorkers: Record<string, TaskWorker> = { vncproxy: serveVnc };

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startSimulator } from '../../testbed/proxmox/simulator.ts';
import { seedStandalone } from '../../testbed/proxmox/standalone-seed.ts';

const run = promisify(execFile);
const PROXMOXER = 'proxmoxer==2.3.0';
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berth');
/** Far more than a client needs; one that hangs ends then. */
const RUN_MS = 120_000;
const INSTALL_MS = 240_000;
const SPEED = 0.02;

/** A client that cannot be run here, and why. */
interface Skipped {
  skipped: string;
}

/** What a client printed: one line per step, and how many steps there were. */
interface Ran {
  output: string;
  passed: boolean;
}

export interface RealClient {
  name: string;
  /** Installs or builds it in the user's cache; answers the command, or why there is none. */
  prepare: () => Promise<string[] | Skipped>;
}

function messageOf(err: unknown): string {
  const { stderr, message } = err as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').slice(-3).join(' ');
}

async function hasCommand(command: string, argument: string): Promise<boolean> {
  return run(command, [argument]).then(
    () => true,
    () => false,
  );
}

async function prepareProxmoxer(): Promise<string[] | Skipped> {
  if (!(await hasCommand('python3', '--version'))) return { skipped: 'there is no python3' };
  const folder = join(CACHE, PROXMOXER.replace('==', '-'));
  const python = join(folder, 'bin', 'python');
  const script = join(import.meta.dirname, 'proxmoxer_client.py');
  try {
    await run(python, ['-c', 'import proxmoxer, requests, websocket']);
  } catch {
    try {
      await run('python3', ['-m', 'venv', folder], { timeout: INSTALL_MS });
      await run(python, ['-m', 'pip', 'install', '--quiet', PROXMOXER, 'requests', 'websocket-client'], {
        timeout: INSTALL_MS,
      });
    } catch (err) {
      return { skipped: `${PROXMOXER} cannot be installed: ${messageOf(err)}` };
    }
  }
  return [python, script];
}

/** Builds one of the Go programs beside this file. */
async function prepareGo(name: string): Promise<string[] | Skipped> {
  if (!(await hasCommand('go', 'version'))) return { skipped: 'there is no go' };
  const program = join(CACHE, `${name}-client`);
  const cwd = join(import.meta.dirname, name);
  try {
    await run('go', ['build', '-o', program, '.'], { cwd, timeout: INSTALL_MS });
  } catch (err) {
    return { skipped: `it cannot be built: ${messageOf(err)}` };
  }
  return [program];
}

/** Programs made for the real thing, with the steps they carry out here. */
export const REAL_CLIENTS: RealClient[] = [
  { name: 'proxmoxer 2.3 (Python)', prepare: prepareProxmoxer },
  { name: 'go-proxmox v0.8.2 (Go)', prepare: () => prepareGo('go-proxmox') },
  // The provider itself comes from registries only; these are its calls, read as strictly as it does.
  { name: 'the calls of Terraform’s bpg/proxmox (Go)', prepare: () => prepareGo('terraform-calls') },
];

/** Runs a client against a simulator of its own on a free port. */
export async function runClient({ prepare }: RealClient): Promise<Ran | Skipped> {
  const command = await prepare();
  if ('skipped' in command) return command;
  const [program = '', ...args] = command;
  const simulator = await startSimulator({ speed: SPEED, state: seedStandalone({ nodes: 2 }) });
  const folder = await mkdtemp(join(tmpdir(), 'real-client-'));
  try {
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, simulator.ca);
    const { hostname, port } = new URL(simulator.url);
    const env = {
      ...process.env,
      PROXMOX_HOST: hostname,
      PROXMOX_PORT: port,
      PROXMOX_CA: ca,
      PROXMOX_ROOT_PASSWORD: simulator.rootPassword,
    };
    return await run(program, args, { env, timeout: RUN_MS }).then(
      ({ stdout }) => ({ output: stdout, passed: true }),
      (err: { stdout?: string; stderr?: string }) => ({
        output: `${err.stdout ?? ''}${err.stderr ?? ''}`,
        passed: false,
      }),
    );
  } finally {
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  }
}

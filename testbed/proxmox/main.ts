import { readFile } from 'node:fs/promises';

import { Command, InvalidArgumentError } from 'commander';

import { startControlServer } from './control-server.ts';
import type { SeedVm } from './seed-vm.ts';
import { startSimulator } from './simulator.ts';

/** Runs the simulator as a process; prints one line of JSON when it listens. */
const options = new Command('proxmox-simulator')
  .description('A simulated Proxmox VE cluster')
  .option('--port <port>', 'HTTPS port of the API, 0 for a free one', parseAmount, 8006)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--control-port <port>', 'port for faults and state, 0 for a free one', parseAmount, 0)
  .option('--state-file <file>', 'keeps the cluster in this file')
  .option('--vms <file>', 'VMs that a new cluster has, one as JSON per line')
  .option('--nodes <number>', 'nodes of a new cluster: pve1, pve2, …', parseAmount, 3)
  .option('--no-templates', 'a new cluster has no templates')
  .option('--speed <factor>', 'multiplies durations: 1 realistic, 0 immediate', parseAmount, 1)
  .parse()
  .opts<{
    port: number;
    host: string;
    controlPort: number;
    stateFile?: string;
    nodes: number;
    vms?: string;
    templates: boolean;
    speed: number;
  }>();

const {
  PROXMOX_TOKEN_ID: id = 'berth@pve!berth',
  PROXMOX_TOKEN_SECRET: secret,
  PROXMOX_ROOT_PASSWORD: rootPassword,
} = process.env;

const simulator = await startSimulator({
  port: options.port,
  host: options.host,
  speed: options.speed,
  nodes: options.nodes,
  templates: options.templates,
  ...(options.stateFile === undefined ? {} : { stateFile: options.stateFile }),
  ...(secret ? { token: { id, secret } } : {}),
  ...(rootPassword ? { rootPassword } : {}),
  ...(options.vms === undefined ? {} : { vms: await readVms(options.vms) }),
});
const control = await startControlServer(simulator, options.controlPort);
async function stop(): Promise<void> {
  await control.close();
  await simulator.close();
  process.exit(0);
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());

// Printed last: whoever reads it may end this process at once.
const { url, fingerprint, token, ca } = simulator;
process.stdout.write(`${JSON.stringify({ url, fingerprint, controlUrl: control.url, token, ca })}\n`);

async function readVms(file: string): Promise<SeedVm[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  // Whoever names the file vouches for its shape.
  return lines.map((line) => JSON.parse(line) as SeedVm);
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0)) throw new InvalidArgumentError('It is no number.');
  return amount;
}

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { Command, InvalidArgumentError, Option } from 'commander';

import { startControlServer } from './control-server.ts';
import { addFaultsOf } from './fault-rule.ts';
import { howToReach } from './how-to-reach.ts';
import type { Release } from './privileges.ts';
import { fillCluster } from './seed-calls.ts';
import type { SeedCall } from './seed-calls.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';

/** `npm run proxmox`: a simulated Proxmox VE by itself, for whoever tries a client. */

interface Options {
  port: number;
  host: string;
  nodes: number;
  rootPassword?: string;
  seed?: string;
  speed: number;
  pveVersion: Release;
  faults?: string;
  state?: string;
  controlPort?: number;
  json?: true;
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0)) throw new InvalidArgumentError('It is no number.');
  return amount;
}

function parseNodes(text: string): number {
  const nodes = parseAmount(text);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 32) {
    throw new InvalidArgumentError('It is no number from 1 to 32.');
  }
  return nodes;
}

const options = new Command('proxmox')
  .description('Starts a simulated Proxmox VE that answers HTTPS like the real one.')
  .option('--port <port>', 'HTTPS port of the API, 0 for a free one', parseAmount, 8006)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--nodes <number>', 'nodes of a new cluster: pve1, pve2, …', parseNodes, 1)
  .option('--root-password <password>', 'password of root@pam (made up if it is not given)')
  .option('--seed <file>', 'JSON list of API calls that fill a new cluster')
  .option('--speed <factor>', 'multiplies durations: 1 realistic, 0 immediate', parseAmount, 1)
  .addOption(
    new Option('--pve-version <version>', 'what a new cluster answers as')
      .choices(['8.4', '9.2'])
      .default('9.2'),
  )
  .option('--faults <file>', 'JSON list of faults to begin with')
  .option('--state <folder>', 'keeps the cluster in this folder and goes on with it at the next start')
  .option('--control-port <port>', 'port for faults and state, 0 for a free one', parseAmount)
  .option('--json', 'prints one line of JSON for programs instead of a text')
  .parse()
  .opts<Options>();

async function readList<T>(file: string | undefined): Promise<T[]> {
  if (file === undefined) return [];
  const list: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${file} is no JSON list`);
  // Whoever names the file vouches for its shape.
  return list as T[];
}

async function run(): Promise<void> {
  const stateFile = options.state === undefined ? undefined : join(options.state, 'cluster.json');
  const seed = await readList<SeedCall>(options.seed);
  const rootPassword = options.rootPassword === undefined ? {} : { rootPassword: options.rootPassword };
  const state = seedStandalone({ nodes: options.nodes, release: options.pveVersion, ...rootPassword });
  const isKept = stateFile !== undefined && existsSync(stateFile);
  if (!isKept && seed.length > 0) await fillCluster(state, seed);
  const { port, host, speed } = options;
  const kept = stateFile === undefined ? {} : { stateFile };
  const simulator = await startSimulator({ port, host, speed, state, ...kept, ...rootPassword });
  if (options.faults !== undefined) {
    try {
      addFaultsOf(await readFile(options.faults, 'utf8'), options.faults, simulator.faults.add);
    } catch (err) {
      await simulator.close();
      throw err;
    }
  }
  const control =
    options.controlPort === undefined ? undefined : await startControlServer(simulator, options.controlPort);

  const folder = options.state ?? (await mkdtemp(join(tmpdir(), 'proxmox-')));
  const caFile = join(resolve(folder), 'ca.pem');
  await writeFile(caFile, simulator.ca);
  const stop = async (): Promise<void> => {
    await control?.close();
    await simulator.close();
    if (options.state === undefined) await rm(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());

  // Printed last: whoever reads it may end this process at once.
  const { url, fingerprint, token, ca } = simulator;
  const about = { url, fingerprint, controlUrl: control?.url, token, ca, caFile };
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...about, rootPassword: simulator.rootPassword })}\n`
      : howToReach(simulator, about),
  );
}

run().catch((err: unknown) => {
  process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n`);
  process.exitCode = 1;
});

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Simulator } from './simulator.ts';

export interface SimulatorProcess {
  child: ChildProcess;
  controlUrl: string;
  simulator: Simulator;
  /** Makes a call at the control port. */
  control<T>(method: string, path: string, body?: unknown): Promise<T>;
  kill(): Promise<void>;
}

/** Runs the simulator as a process of its own, for tests; it keeps its state in `folder`. */
export async function spawnSimulator(
  folder: string,
  speed: number,
  env: Record<string, string> = {},
): Promise<SimulatorProcess> {
  const main = join(import.meta.dirname, 'main.ts');
  const args = ['--port', '0', '--speed', String(speed), '--state-file', join(folder, 'state.json')];
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const simulator = JSON.parse(line) as Simulator & { controlUrl: string };
  const { controlUrl } = simulator;
  return {
    child,
    controlUrl,
    simulator,
    async control<T>(method: string, path: string, body?: unknown) {
      const res = await fetch(`${controlUrl}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await res.json()) as T;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ClusterState } from './cluster-state.ts';
import { createTestClient, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';
import { spawnSimulator } from './test-process.ts';
import type { SimulatorProcess } from './test-process.ts';
import { parseDrive } from './vm-config.ts';

let folder: string;
let running: SimulatorProcess;
let client: TestClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-kill-'));
});
afterEach(async () => {
  await client.close();
  await running.kill();
  await rm(folder, { recursive: true, force: true });
});

/** What clients were told, of each VM. */
interface Told {
  vmid: number;
  /** Tasks that began, and how those ended that were seen to end. */
  tasks: Map<string, string | undefined>;
  description: number;
  isDestroyed: boolean;
}

async function start(): Promise<void> {
  running = await spawnSimulator(folder, 0.02);
  client = createTestClient(running.simulator);
}

/** Makes, changes, starts, stops and removes VMs until the server is gone. */
async function work(told: Told, answered: () => void): Promise<void> {
  const vm = `/nodes/pve1/qemu/${told.vmid}`;
  const doTask = async (method: string, path: string, params = {}): Promise<void> => {
    const { data, status } = await client.call(method, path, params);
    if (status !== 200) throw new Error(`${method} ${path}: ${status}`);
    answered();
    told.tasks.set(String(data), undefined);
    told.tasks.set(String(data), await client.exitOf(data));
  };
  await doTask('POST', '/nodes/pve1/qemu/9000/clone', { newid: told.vmid, full: 1 });
  for (let n = 1; n <= 10; n += 1) {
    await client.call('PUT', `${vm}/config`, { description: String(n) });
    told.description = n;
    answered();
  }
  await doTask('POST', `${vm}/status/start`);
  await doTask('POST', `${vm}/status/stop`);
  if (told.vmid % 2 === 0) return;
  await doTask('DELETE', vm);
  told.isDestroyed = true;
}

/** Lets eight clients work and kills the server after a number of answers. */
async function workUntilKilled(firstId: number, answers: number): Promise<Told[]> {
  let left = answers;
  const answered = (): void => {
    left -= 1;
    if (left === 0) running.child.kill('SIGKILL');
  };
  const all = Array.from({ length: 8 }, (_, n): Told => {
    return { vmid: firstId + n, tasks: new Map(), description: 0, isDestroyed: false };
  });
  await Promise.allSettled(all.map((told) => work(told, answered)));
  await client.close();
  return all;
}

function expectTold(state: ClusterState, { vmid, tasks, description, isDestroyed }: Told): void {
  for (const [upid, exitstatus] of tasks) {
    const task = state.tasks.find((one) => one.upid === upid);
    expect(task).toMatchObject(exitstatus ? { upid, exitstatus } : { upid });
  }
  if (isDestroyed) expect(state.vms[vmid]).toBeUndefined();
  // The one that was under way may have been kept before it could be answered.
  else if (description > 0 && state.vms[vmid]) {
    expect([description, description + 1]).toContain(Number(state.vms[vmid].config['description']));
  }
}

/** Nothing is half done: no locks, each disk has its volume and each volume its VM. */
function expectWhole({ vms, volumes }: ClusterState): void {
  for (const vm of Object.values(vms)) {
    expect(vm.config).not.toHaveProperty('lock');
    for (const key of ['scsi0', 'ide2']) {
      const { file } = parseDrive(String(vm.config[key]));
      expect(volumes[`${vm.node}/${file}`]).toMatchObject({ vmid: vm.vmid });
    }
  }
  expect(Object.values(volumes).filter(({ content, vmid }) => content === 'images' && !vms[vmid])).toEqual(
    [],
  );
}

test('a kill -9 at any moment under load loses nothing that was answered and leaves nothing half done', async () => {
  for (let round = 0; round < 5; round += 1) {
    await start();
    const answers = 1 + Math.floor(Math.random() * 100);
    const told = await workUntilKilled(200 + 10 * round, answers);
    await running.kill();
    // As if the last thing had been written half.
    await appendFile(join(folder, 'state.json'), '[["vms","9000",{"vmid":9000,"no');
    await start();
    const state = await running.control<ClusterState>('GET', '/state');
    for (const one of told) expectTold(state, one);
    // What was running goes on and ends.
    const now = (): Promise<ClusterState> => running.control('GET', '/state');
    await until(async () => (await now()).tasks.every(({ endtime }) => endtime !== null));
    const ended = await now();
    expect(new Set(ended.tasks.map(({ exitstatus }) => exitstatus))).toEqual(new Set(['OK']));
    expectWhole(ended);
    await client.close();
    await running.kill();
  }
});

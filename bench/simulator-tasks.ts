/** Makes one call, notes how long it took under a name, and answers its `data`. */
export type MakeCall = (name: string, method: string, path: string, form?: string) => Promise<unknown>;

const POLL_EVERY_MS = 2_000;
const FIRST_VMID = 200_000;

interface LoadedVm {
  vmid: number;
  folder: string;
  /** Which of its steps comes next. */
  step: number;
}

interface RunningTask {
  vm: LoadedVm;
  upid: string;
  pollAt: number;
}

/**
 * Keeps that many tasks running: VMs that are cloned, started, stopped and deleted again and again, each task polled every 2 s.
 * `largeVm` answers a VM that is stopped, to be cloned.
 */
export function createTaskLoad(
  call: MakeCall,
  { tasks, nodes, largeVm }: { tasks: number; nodes: number; largeVm: () => { vmid: number; node: string } },
) {
  const idle: LoadedVm[] = [];
  const running: RunningTask[] = [];
  let vms = 0;

  function addVm(): void {
    idle.push({ vmid: FIRST_VMID + vms, folder: '', step: 0 });
    vms += 1;
  }

  /** Of a large VM, or a linked one of a template. */
  async function clone(vm: LoadedVm): Promise<unknown> {
    const n = Math.floor(Math.random() * nodes);
    const isFull = Math.random() < 0.5;
    const source = isFull ? largeVm() : { vmid: 9_000 + 10 * n, node: `pve${n + 1}` };
    vm.folder = `/nodes/${source.node}/qemu`;
    const form = `newid=${vm.vmid}&full=${Number(isFull)}`;
    return call('POST clone', 'POST', `${vm.folder}/${source.vmid}/clone`, form);
  }

  async function begin(vm: LoadedVm): Promise<void> {
    const { vmid, folder, step } = vm;
    const steps = [
      () => clone(vm),
      () => call('POST start', 'POST', `${folder}/${vmid}/status/start`, ''),
      () => call('POST stop', 'POST', `${folder}/${vmid}/status/stop`, ''),
      () => call('DELETE vm', 'DELETE', `${folder}/${vmid}`),
    ];
    const upid = String(await steps[step]?.());
    vm.step = (step + 1) % steps.length;
    running.push({ vm, upid, pollAt: performance.now() + POLL_EVERY_MS });
  }

  async function poll(task: RunningTask): Promise<void> {
    const path = `/nodes/${task.upid.split(':')[1]}/tasks/${encodeURIComponent(task.upid)}`;
    const data = await call('GET task status', 'GET', `${path}/status`);
    const { status, exitstatus } = data as { status: string; exitstatus?: string };
    if (status !== 'stopped') {
      running.push({ ...task, pollAt: performance.now() + POLL_EVERY_MS });
      return;
    }
    await call('GET task log', 'GET', `${path}/log?limit=500`);
    if (exitstatus !== 'OK') throw new Error(`${task.upid} ended with ${exitstatus}`);
    idle.push(task.vm);
  }

  return {
    /** Does the next thing that is due; false when there is none. */
    async step(): Promise<boolean> {
      // Tasks wait in the order of their polls, since all are polled as often.
      if (running[0] && running[0].pollAt <= performance.now()) {
        await poll(running.shift() as RunningTask);
        return true;
      }
      const vm = idle.shift();
      if (vm) await begin(vm);
      return vm !== undefined;
    },
    /** Counts the tasks that really run, and adds VMs as long as they are too few. */
    async count(): Promise<number> {
      const lists = await Promise.all(
        Array.from({ length: nodes }, (_, n) =>
          call('GET active tasks', 'GET', `/nodes/pve${n + 1}/tasks?source=active&limit=0`),
        ),
      );
      const count = lists.reduce<number>((sum, list) => sum + (list as unknown[]).length, 0);
      for (let n = count; n < tasks; n += 1) addVm();
      return count;
    },
  };
}

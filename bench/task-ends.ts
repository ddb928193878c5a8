import type { Simulator } from '../testbed/proxmox/simulator.ts';

export interface TaskEnd {
  upid: string;
  node: string;
  /** Milliseconds since 1970, up to `LOOK_MS` late. Proxmox itself records seconds only. */
  at: number;
}

const LOOK_MS = 5;

/** Notes the moment at which each task ends, by looking at the simulator's state. */
export function watchTaskEnds({ state }: Simulator): { all: TaskEnd[]; close(): void } {
  const all: TaskEnd[] = [];
  const running = new Set<(typeof state.tasks)[number]>();
  let known = '';
  const look = () => {
    for (const task of state.tasks.toReversed()) {
      if (task.upid === known) break;
      running.add(task);
    }
    known = state.tasks.at(-1)?.upid ?? known;
    for (const task of running) {
      if (task.endtime === null) continue;
      all.push({ upid: task.upid, node: task.node, at: Date.now() });
      running.delete(task);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return { all, close: () => clearInterval(timer) };
}

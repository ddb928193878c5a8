import type { Simulator } from '../testbed/proxmox/simulator.ts';

/** Why Berth asked: to follow tasks, to see whether a guest answers, to keep the record fresh, or to get on with a step. */
export type CallKind = 'task polls' | 'agent pings' | 'watcher' | 'steps';

interface Call {
  node: string;
  kind: CallKind;
  at: number;
}

/** A node's list of VMs and the cluster's of nodes are asked for by the watcher alone, storages and templates by its sync. */
const KINDS: [CallKind, RegExp][] = [
  ['task polls', /^\/nodes\/[^/]+\/tasks/],
  ['agent pings', /\/agent\//],
  ['watcher', /^\/nodes(?:\/[^/]+\/(?:qemu|storage|qemu\/9\d{3}\/config))?$/],
];

/** The calls the simulator has seen since `fromAt` (milliseconds since 1970), by node and kind. */
export function callsSince(simulator: Simulator, fromAt: number): Call[] {
  const [oldest] = simulator.calls;
  if (oldest && oldest.at > fromAt && simulator.calls.length >= 2_000)
    throw new Error('more calls than the simulator remembers: measure for a shorter time');
  return simulator.calls
    .filter(({ at }) => at >= fromAt)
    .map(({ path, at }) => {
      const [pathname = ''] = path.split('?');
      return {
        node: /^\/nodes\/([^/]+)/.exec(pathname)?.[1] ?? '',
        kind: KINDS.find(([, pattern]) => pattern.test(pathname))?.[0] ?? 'steps',
        at,
      };
    });
}

import type { Simulator } from '../testbed/proxmox/simulator.ts';

type Call = Simulator['calls'][number];

/** Why Berth asked: to follow tasks, to see whether a guest answers, to keep the record fresh, or to get on with a step. */
export type CallKind = 'task polls' | 'agent pings' | 'watcher' | 'steps';

/** Nodes, a node's VMs and storages, a template's configuration and guests' addresses are read by the watcher alone. */
const KINDS: [CallKind, RegExp][] = [
  ['task polls', /^\/nodes\/[^/]+\/tasks/],
  ['agent pings', /\/agent\/ping$/],
  [
    'watcher',
    /^\/nodes(?:\/[^/]+\/(?:qemu|storage|qemu\/9\d{3}\/config|qemu\/\d+\/agent\/network-get-interfaces))?$/,
  ],
];

export function kindOf({ path }: Call): CallKind {
  const [pathname = ''] = path.split('?');
  return KINDS.find(([, pattern]) => pattern.test(pathname))?.[0] ?? 'steps';
}

/** The node a call is about; empty for those about the cluster. */
export function nodeOf({ path }: Call): string {
  return /^\/nodes\/([^/?]+)/.exec(path)?.[1] ?? '';
}

/** Keeps every call to the simulator, which itself remembers only the last 2,000. */
export function keepCalls({ calls }: Simulator): { all: Call[]; close(): void } {
  const all: Call[] = [];
  let last: Call | undefined;
  const look = () => {
    const fresh = calls.slice(last ? calls.lastIndexOf(last) + 1 : 0);
    for (const call of fresh) all.push(call);
    last = fresh.at(-1) ?? last;
  };
  const timer = setInterval(look, 100);
  return { all, close: () => clearInterval(timer) };
}

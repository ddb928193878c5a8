import { randomUUID } from 'node:crypto';

/**
 * Something that goes wrong on purpose. `method` and `path` (a regular expression on the path below
 * /api2/json) choose calls; `skip` lets that many pass first, `count` (1 by default) says how many are hit.
 * agentNever, ignoreShutdown and nodeDown are not tied to a call and hold until cleared.
 */
export type FaultRule = {
  method?: string;
  path?: string;
  count?: number;
  skip?: number;
  /** before: nothing happened; after: the effect is done and only the answer suffers. */
  when?: 'before' | 'after';
} & FaultAction;

type FaultAction =
  | { action: 'drop' }
  | { action: 'hang' }
  | { action: 'delay'; ms: number }
  | { action: 'status'; status: number; reason: string }
  /** The task that the call starts fails with this exit status. */
  | { action: 'failTask'; message: string; atPercent?: number }
  /** The task that the call starts is killed: locks and half-made volumes stay behind. */
  | { action: 'staleLock'; atPercent?: number }
  /** The task that the call starts takes longer by this much. */
  | { action: 'slowTask'; ms: number }
  /** Guests started while this holds never run their agent. */
  | { action: 'agentNever'; vmid?: number }
  /** Guests started while this holds do not hear the power button. */
  | { action: 'ignoreShutdown'; vmid?: number }
  | { action: 'nodeDown'; node: string };

type ActionName = FaultAction['action'];
/** A rule of one of these actions. */
export type FaultOf<A extends ActionName> = FaultRule & { action: A };

interface ListedFault {
  id: string;
  rule: FaultRule;
  hits: number;
}

export interface Faults {
  add(rule: FaultRule): string;
  /** Ends one rule, or all. */
  clear(id?: string): void;
  list(): ListedFault[];
  /** Uses up one matching rule of a kind, if there is one. */
  take<A extends ActionName>(
    actions: readonly A[],
    call: { method: string; path: string },
    when?: 'before' | 'after',
  ): FaultOf<A> | undefined;
  /** A standing rule about a VM. */
  holdsForVm(action: 'agentNever' | 'ignoreShutdown', vmid: number): boolean;
  isNodeDown(node: string): boolean;
}

export function createFaults(): Faults {
  const rules: (ListedFault & { seen: number })[] = [];

  function add(rule: FaultRule): string {
    if (rule.path !== undefined) new RegExp(rule.path);
    const id = randomUUID();
    rules.push({ id, rule, hits: 0, seen: 0 });
    return id;
  }

  function take<A extends ActionName>(
    actions: readonly A[],
    call: { method: string; path: string },
    when?: 'before' | 'after',
  ): FaultOf<A> | undefined {
    for (const entry of rules) {
      const { rule } = entry;
      if (!actions.some((action) => action === rule.action)) continue;
      if (when && (rule.when ?? 'before') !== when) continue;
      if (rule.method && rule.method.toUpperCase() !== call.method) continue;
      if (rule.path && !new RegExp(rule.path).test(call.path)) continue;
      if (entry.hits >= (rule.count ?? 1)) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.skip ?? 0)) continue;
      entry.hits += 1;
      return rule as FaultOf<A>;
    }
    return undefined;
  }

  return {
    add,
    take,
    clear: (id) => {
      const kept = id === undefined ? [] : rules.filter((entry) => entry.id !== id);
      rules.splice(0, rules.length, ...kept);
    },
    list: () => rules.map(({ id, rule, hits }) => ({ id, rule, hits })),
    holdsForVm: (action, vmid) =>
      rules.some(({ rule }) => rule.action === action && (rule.vmid === undefined || rule.vmid === vmid)),
    isNodeDown: (node) => rules.some(({ rule }) => rule.action === 'nodeDown' && rule.node === node),
  };
}

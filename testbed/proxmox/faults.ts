import { randomUUID } from 'node:crypto';

import { parseFault } from './fault-rule.ts';
import type { FaultAction, FaultOf, FaultRule } from './fault-rule.ts';

interface ListedFault {
  id: string;
  rule: FaultRule;
  /** How many calls, connections, tasks or guests it has hit. */
  hits: number;
}

/** A call as rules look at it. */
export interface FaultCall {
  method: string;
  /** Below /api2/json, without the query. */
  path: string;
  /** The user or token that the call names, proven or not; '' if it names none. */
  user: string;
  /** What has hit it. */
  faults: { id: string; action: FaultAction }[];
}

export interface TakenFault<A extends FaultAction> {
  rule: FaultOf<A>;
  /** Aborts when the rule ends. */
  ended: AbortSignal;
}

export interface Faults {
  /** Answers the rule's id. Throws FaultRefused for a rule that cannot be used. */
  add(rule: FaultRule): string;
  /** Ends one rule, or all, at once; false if there is no such rule. */
  clear(id?: string): boolean;
  list(): ListedFault[];
  /** Uses up one matching rule of a kind, if there is one. */
  take<A extends FaultAction>(
    actions: readonly A[],
    call: FaultCall,
    when?: 'before' | 'after',
  ): TakenFault<A> | undefined;
  /** A rule that holds for whatever `fits` says; counts as a hit, of a call if one is given. */
  hit<A extends FaultAction>(
    action: A,
    fits?: (rule: FaultOf<A>) => boolean,
    call?: FaultCall,
  ): FaultOf<A> | undefined;
  /** Like `hit`, but only looks. */
  holds<A extends FaultAction>(action: A, fits?: (rule: FaultOf<A>) => boolean): boolean;
  isNodeDown(node: string): boolean;
  /** Tells of a login, since tickets outlive the faults that were there before them. */
  noteTicket(ticket: string): void;
  /** Says whether a fault makes a ticket a bad one. What is no ticket is left alone. */
  hitsTicket(ticket: string, call: FaultCall): boolean;
}

interface Entry extends ListedFault {
  seen: number;
  pattern: RegExp | undefined;
  ending: AbortController;
  timer: NodeJS.Timeout | undefined;
  /** Tickets that are newer than the rule. */
  tickets: Set<string>;
}

/** Rules of this process: they are not kept with the cluster. `onChange` hears which there are now. */
export function createFaults(
  known: { nodes: string[]; storages: string[] },
  onChange: (rules: FaultRule[]) => void,
): Faults {
  const entries: Entry[] = [];

  function tell(): void {
    onChange(entries.map(({ rule }) => rule));
  }

  function add(given: FaultRule): string {
    // Not all come from typed code.
    const rule = parseFault(given, known);
    const id = randomUUID();
    const timer = rule.forMs === undefined ? undefined : setTimeout(() => clear(id), rule.forMs);
    timer?.unref();
    const pattern = 'path' in rule && rule.path !== undefined ? new RegExp(rule.path) : undefined;
    const ending = new AbortController();
    entries.push({ id, rule, hits: 0, seen: 0, pattern, ending, timer, tickets: new Set() });
    tell();
    return id;
  }

  function clear(id?: string): boolean {
    const ended = entries.filter((entry) => id === undefined || entry.id === id);
    for (const entry of ended) {
      entries.splice(entries.indexOf(entry), 1);
      clearTimeout(entry.timer);
      entry.ending.abort();
    }
    tell();
    return id === undefined || ended.length > 0;
  }

  function mark(entry: Entry, call: FaultCall | undefined): void {
    entry.hits += 1;
    call?.faults.push({ id: entry.id, action: entry.rule.action });
  }

  function take<A extends FaultAction>(
    actions: readonly A[],
    call: FaultCall,
    when?: 'before' | 'after',
  ): TakenFault<A> | undefined {
    for (const entry of entries) {
      const { rule } = entry;
      if (!isOf(rule, actions)) continue;
      if (when && phaseOf(rule) !== when) continue;
      if (!fitsCall(entry, call) || entry.hits >= limitOf(rule)) continue;
      entry.seen += 1;
      if (entry.seen <= (('skip' in rule && rule.skip) || 0)) continue;
      mark(entry, call);
      return { rule, ended: entry.ending.signal };
    }
    return undefined;
  }

  function find<A extends FaultAction>(
    action: A,
    fits: (rule: FaultOf<A>) => boolean = () => true,
  ): { entry: Entry; rule: FaultOf<A> } | undefined {
    for (const entry of entries) {
      const { rule } = entry;
      if (isOf(rule, [action]) && fits(rule)) return { entry, rule };
    }
    return undefined;
  }

  return {
    add,
    take,
    clear,
    list: () => entries.map(({ id, rule, hits }) => ({ id, rule, hits })),
    hit: (action, fits, call) => {
      const found = find(action, fits);
      if (found) mark(found.entry, call);
      return found?.rule;
    },
    holds: (action, fits) => find(action, fits) !== undefined,
    isNodeDown: (node) => find('nodeDown', (rule) => rule.node === node) !== undefined,
    noteTicket: (ticket) => {
      for (const { rule, tickets } of entries) if (rule.action === 'expireTicket') tickets.add(ticket);
    },
    hitsTicket: (ticket, call) => {
      const user = /^PVE:([^:]*):/.exec(ticket)?.[1];
      if (user === undefined) return false;
      const entry = entries.find(
        ({ rule, tickets }) =>
          rule.action === 'expireTicket' && isUser(rule.user, user) && !tickets.has(ticket),
      );
      if (entry) mark(entry, call);
      return entry !== undefined;
    },
  };
}

function isOf<A extends FaultAction>(rule: FaultRule, actions: readonly A[]): rule is FaultOf<A> {
  return actions.some((action) => action === rule.action);
}

/** What spoils an answer needs one. */
function phaseOf(rule: FaultRule): 'before' | 'after' {
  if (['empty', 'truncate', 'resetIdle', 'slow'].includes(rule.action)) return 'after';
  return ('when' in rule && rule.when) || 'before';
}

function limitOf(rule: FaultRule): number {
  if (rule.action === 'slow') return Infinity;
  return ('count' in rule ? rule.count : undefined) ?? (rule.forMs === undefined ? 1 : Infinity);
}

function fitsCall({ rule, pattern }: Entry, { method, path, user }: FaultCall): boolean {
  if (!('method' in rule || 'path' in rule || 'node' in rule || 'vmid' in rule || 'user' in rule))
    return true;
  const wanted: {
    method?: string | undefined;
    node?: string | undefined;
    vmid?: number | undefined;
    user?: string | undefined;
  } = rule;
  if (wanted.method !== undefined && wanted.method !== method) return false;
  if (wanted.node !== undefined && wanted.node !== /^\/nodes\/([^/]+)/.exec(path)?.[1]) return false;
  const vmid = /^\/nodes\/[^/]+\/(?:qemu|lxc)\/(\d+)/.exec(path)?.[1];
  if (wanted.vmid !== undefined && wanted.vmid !== Number(vmid)) return false;
  if (!isUser(wanted.user, user)) return false;
  return pattern === undefined || pattern.test(path);
}

/** A user stands for its tokens too. */
function isUser(wanted: string | undefined, user: string): boolean {
  return wanted === undefined || wanted === user || wanted === user.split('!')[0];
}

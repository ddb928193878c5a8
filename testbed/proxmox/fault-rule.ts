import { isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

/** Something that goes wrong on purpose, and how a rule for it has to look. */

const Milliseconds = z.int().min(0).max(86_400_000);
const Percent = z.number().min(0).max(100);
const Vmid = z.int().min(100).max(999_999_999);

/** A rule that ends by itself after so many milliseconds; without it, when it is deleted. */
const ending = { forMs: Milliseconds.min(1).optional() };

/** Which calls a rule is about; all that is said has to fit. */
const calls = {
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']).optional(),
  /** On the path below /api2/json, without the query. */
  path: z.string().superRefine(checkPattern).optional(),
  /** The node that the path names. */
  node: z.string().optional(),
  /** The VM that the path names. */
  vmid: Vmid.optional(),
  /** A user such as `root@pam`, which includes its tokens, or one token such as `root@pam!ci`. */
  user: z.string().includes('@', 'must be USER@REALM or USER@REALM!TOKEN').optional(),
};

const counted = {
  ...calls,
  ...ending,
  /** How many calls are let through first. */
  skip: z.int().min(0).optional(),
  /** How many calls are hit: 1, or with `forMs` all. */
  count: z.int().min(1).optional(),
};

/** before: nothing happened; after: the effect is done and only the answer suffers. */
const when = { when: z.enum(['before', 'after']).optional() };

const Rule = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('drop'), ...counted, ...when }),
  z.strictObject({ action: z.literal('hang'), ...counted, ...when }),
  z.strictObject({ action: z.literal('delay'), ms: Milliseconds, ...counted, ...when }),
  z.strictObject({
    action: z.literal('status'),
    status: z.int().min(200).max(599),
    reason: z.string().regex(/^[^\r\n]*$/, 'must be one line'),
    headers: z.record(z.string().regex(/^[\w-]+$/, 'is no header name'), z.string()).optional(),
    /** Without it what the real server sends with that status. */
    body: z.string().optional(),
    ...counted,
    ...when,
  }),
  /** The page of a reverse proxy whose way to the API is broken. */
  z.strictObject({
    action: z.literal('gateway'),
    status: z.union([z.literal(502), z.literal(503), z.literal(504)], 'must be 502, 503 or 504').optional(),
    ...counted,
    ...when,
  }),
  /** The answer without its body. */
  z.strictObject({ action: z.literal('empty'), ...counted }),
  /** The connection ends after so many bytes of the body; without `bytes` after the half. */
  z.strictObject({
    action: z.literal('truncate'),
    bytes: z.int().min(0).optional(),
    chunked: z.boolean().optional(),
    ...counted,
  }),
  /** The call is answered; the next one on the same connection is met by a reset. */
  z.strictObject({ action: z.literal('resetIdle'), ...counted }),
  /** New connections are reset in the middle of the TLS handshake. */
  z.strictObject({
    action: z.literal('resetTls'),
    skip: counted.skip,
    count: counted.count,
    ...ending,
  }),
  /** The task that the call starts fails with this exit status. */
  z.strictObject({
    action: z.literal('failTask'),
    message: z.string().min(1),
    atPercent: Percent.optional(),
    ...counted,
  }),
  /** The task that the call starts is killed: locks and half-made volumes stay behind. */
  z.strictObject({ action: z.literal('staleLock'), atPercent: Percent.optional(), ...counted }),
  /** The task that the call starts takes longer by this much. */
  z.strictObject({ action: z.literal('slowTask'), ms: Milliseconds, ...counted }),
  /** All answers are late by this much. */
  z.strictObject({ action: z.literal('slow'), ms: Milliseconds, ...calls, ...ending }),
  /** Tickets issued before are good no more. */
  z.strictObject({ action: z.literal('expireTicket'), user: calls.user, ...ending }),
  /** Guests started while this holds never run their agent. */
  z.strictObject({ action: z.literal('agentNever'), vmid: Vmid.optional(), ...ending }),
  /** Guests started while this holds do not hear the power button. */
  z.strictObject({ action: z.literal('ignoreShutdown'), vmid: Vmid.optional(), ...ending }),
  /** A node is cut off from the others; its VMs run on. */
  z.strictObject({
    action: z.literal('nodeDown'),
    node: z.string(),
    reason: z.enum(['No route to host', 'Connection refused', 'Connection timed out']).optional(),
    ...ending,
  }),
  z.strictObject({ action: z.literal('quorumLost'), ...ending }),
  /** Nothing is left of a storage, on one node or wherever it is. */
  z.strictObject({
    action: z.literal('fillStorage'),
    storage: z.string(),
    node: z.string().optional(),
    ...ending,
  }),
  /** The nodes' clocks are wrong by this much. */
  z.strictObject({ action: z.literal('clockSkew'), seconds: z.int(), ...ending }),
]);

export type FaultRule = z.infer<typeof Rule>;
export type FaultAction = FaultRule['action'];
/** A rule of one of these actions. */
export type FaultOf<A extends FaultAction> = Extract<FaultRule, { action: A }>;

const ACTIONS = Rule.options.map((option) => option.shape.action.value);

/** A rule that cannot be used: what is wrong with which field, and what to write instead. */
export class FaultRefused extends Error {
  override name = 'FaultRefused';
  readonly problems: { path: (string | number)[]; message: string }[];

  constructor(problems: { path: (string | number)[]; message: string }[]) {
    super(
      problems.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': ')).join('; '),
    );
    this.problems = problems;
  }
}

/** What a rule may name; anything else is a mistake in it. */
interface Known {
  nodes: string[];
  storages: string[];
}

/** Checks a rule. Throws FaultRefused, which names each field that is wrong. */
export function parseFault(value: unknown, { nodes, storages }: Known): FaultRule {
  const parsed = Rule.safeParse(value);
  if (!parsed.success) throw new FaultRefused(parsed.error.issues.flatMap(describeIssue));
  const rule = parsed.data;
  const problems = [
    ...('node' in rule ? unknownName('node', rule.node, nodes) : []),
    ...('storage' in rule ? unknownName('storage', rule.storage, storages) : []),
  ];
  if (problems.length > 0) throw new FaultRefused(problems);
  return rule;
}

function unknownName(field: string, name: string | undefined, known: string[]): FaultRefused['problems'] {
  if (name === undefined || known.includes(name)) return [];
  return [{ path: [field], message: `there is no ${field} '${name}'; there are ${known.join(', ')}` }];
}

function describeIssue(issue: z.core.$ZodIssue): FaultRefused['problems'] {
  // JSON has no symbols.
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: 'is no field of this action; leave it out',
    }));
  }
  if (issue.code === 'invalid_union' && path[0] === 'action') {
    return [{ path, message: `must be one of ${ACTIONS.join(', ')}` }];
  }
  return [{ path, message: issue.message }];
}

function checkPattern(text: string, ctx: z.RefinementCtx): void {
  try {
    RegExp(text);
  } catch (err) {
    ctx.addIssue({ code: 'custom', message: err instanceof Error ? err.message : String(err) });
  }
}

/**
 * Gives each rule of a JSON list to `add`. Throws an error with one line `FILE:LINE: FIELD: what is wrong` per mistake; what
 * was right has been added by then.
 */
export function addFaultsOf(text: string, file: string, add: (rule: FaultRule) => void): void {
  const lines = new LineCounter();
  // JSON is YAML too, and that reader tells where things stand.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const [broken] = document.errors;
  if (broken) throw new Error(`${file}:${lineOf(broken.pos[0])}: not JSON: ${broken.message}`);
  const list = document.contents;
  if (!isSeq(list)) throw new Error(`${file}:1: must be a JSON list of faults, such as [{"action": "drop"}]`);
  const mistakes: string[] = [];
  for (const item of list.items) {
    try {
      // `add` checks the rule.
      add((isNode(item) ? item.toJS(document) : item) as FaultRule);
    } catch (err) {
      if (!(err instanceof FaultRefused)) throw err;
      for (const problem of err.problems) {
        const line = lineOf(offsetOf(item, problem.path[0]));
        mistakes.push(`${file}:${line}: ${new FaultRefused([problem]).message}`);
      }
    }
  }
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
}

/** Where a field of a rule stands, or the rule if it has no such field. */
function offsetOf(item: unknown, field: string | number | undefined): number {
  const pair = isMap(item) ? item.items.find(({ key }) => isNode(key) && String(key) === field) : undefined;
  const node = isNode(pair?.key) ? pair.key : item;
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0;
}

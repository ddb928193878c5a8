/**
 * What a caller may do about a failure:
 * `retry` nothing happened, try later · `locked` wait for the lock, then try again · `exists` what was asked for is already there ·
 * `missing` the thing is gone or was never there · `final` trying again cannot help · `unknown` the call may have worked, look again ·
 * `unreachable` no node answered, nothing was started · `auth` credentials, privileges or certificate.
 */
export type ProxmoxErrorKind =
  | 'retry'
  | 'locked'
  | 'exists'
  | 'missing'
  | 'final'
  | 'unknown'
  | 'unreachable'
  | 'auth';

export type ProxmoxErrorCode =
  | 'agent_not_configured'
  | 'agent_not_running'
  | 'already_running'
  | 'config_changed'
  | 'guest_did_not_shut_down'
  | 'hotplug_pending'
  | 'no_quorum'
  | 'node_missing'
  | 'outcome_unknown'
  | 'proxmox_auth_failed'
  | 'proxmox_bad_answer'
  | 'proxmox_busy'
  | 'proxmox_rejected'
  | 'proxmox_unreachable'
  | 'proxmox_untrusted'
  | 'storage_full'
  | 'storage_unavailable'
  | 'task_failed'
  | 'task_interrupted'
  | 'task_unknown'
  | 'template_in_use'
  | 'template_missing'
  | 'vm_gone'
  | 'vm_locked'
  | 'vm_not_running'
  | 'vm_protected'
  | 'vm_running'
  | 'vmid_taken';

export interface ProxmoxErrorFields {
  kind: ProxmoxErrorKind;
  code: ProxmoxErrorCode;
  /** Proxmox's own text, first line. */
  reason: string;
  /** HTTP status; absent when no answer came or a task failed. */
  status?: number;
  /** Text per refused parameter (400 only). */
  errors?: Record<string, string>;
  /** True when the call may have taken effect although it failed. */
  sent: boolean;
  cause?: unknown;
}

/** Any failure of Proxmox or of the way to it. Carries no header, body or credential. */
export class ProxmoxError extends Error {
  override name = 'ProxmoxError';
  readonly kind: ProxmoxErrorKind;
  readonly code: ProxmoxErrorCode;
  readonly reason: string;
  readonly status?: number;
  readonly errors?: Record<string, string>;
  readonly sent: boolean;

  constructor(fields: ProxmoxErrorFields) {
    super(describe(fields), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.kind = fields.kind;
    this.code = fields.code;
    this.reason = fields.reason;
    if (fields.status !== undefined) this.status = fields.status;
    if (fields.errors !== undefined) this.errors = fields.errors;
    this.sent = fields.sent;
  }

  /** The same failure, understood better by someone who knows what was asked. */
  as(meaning: Partial<Pick<ProxmoxErrorFields, 'kind' | 'code' | 'sent'>>): ProxmoxError {
    const { kind, code, reason, status, errors, sent, cause } = this;
    return new ProxmoxError({
      kind,
      code,
      reason,
      sent,
      cause,
      ...(status === undefined ? {} : { status }),
      ...(errors === undefined ? {} : { errors }),
      ...meaning,
    });
  }
}

export type TaskOutcome = { ok: true; warnings: number } | { ok: false; error: ProxmoxError };

type Rule = [RegExp, ProxmoxErrorKind, ProxmoxErrorCode];

const FULL =
  /no space left on device|not enough free space|out of space|disk quota exceeded|insufficient free space|free space in thin pool \S+ reached threshold/i;

/**
 * Texts of qemu-server, pve-storage and pve-guest-common 8.x and 9.x, as synchronous 500 or as a task's exit status.
 * The first match wins, so causes stand before the symptoms that quote them.
 */
const TEXT_RULES: Rule[] = [
  [FULL, 'final', 'storage_full'],
  [/received interrupt|interrupted by signal|unexpected status/i, 'unknown', 'task_interrupted'],
  [/(?:VM|CT) is locked\b/, 'locked', 'vm_locked'],
  [
    /can't lock file '[^']*\/(?:qemu-server|lxc)\/lock-|pve-migrate-\d+'|guest migration lock/,
    'locked',
    'vm_locked',
  ],
  [/no quorum|cluster not ready|\/etc\/pve\/.*permission denied/i, 'retry', 'no_quorum'],
  [
    /can't (?:lock file|acquire lock)|cfs-lock|lock request timeout|locked command timed out/,
    'retry',
    'proxmox_busy',
  ],
  [
    /unexpected state change|fork worker|got no worker upid|starting worker failed|ipcc_send_rec|too many redirections/i,
    'retry',
    'proxmox_busy',
  ],
  [
    /(?:VM|CT) \d+ already exists|config file already exists|\.conf' failed: File exists/,
    'exists',
    'vmid_taken',
  ],
  [/VM \d+ already running/, 'exists', 'already_running'],
  [
    /Configuration file '[^']*' does not exist|unable to find configuration file for VM/,
    'missing',
    'vm_gone',
  ],
  [/no such task/, 'missing', 'task_unknown'],
  [/checksum mismatch \(file change|detected modified configuration/, 'retry', 'config_changed'],
  [/(?:hostname|address) lookup (?:for )?'/, 'unreachable', 'proxmox_unreachable'],
  [/no such cluster node/, 'final', 'node_missing'],
  [/storage '[^']*' is not online|unable to activate storage/, 'retry', 'storage_unavailable'],
  [
    /storage '[^']*' (?:does not exist|is disabled|is not available on node)|no such storage/i,
    'final',
    'storage_unavailable',
  ],
  [/No QEMU guest agent configured/, 'final', 'agent_not_configured'],
  [
    /QEMU guest agent is not running|(?:command 'guest-[^']*'|qga command).*got timeout/,
    'retry',
    'agent_not_running',
  ],
  [/is running - destroy failed|you can't convert a VM to template if VM is running/, 'final', 'vm_running'],
  [/VM \d+ (?:is )?not running/, 'final', 'vm_not_running'],
  [/protection mode enabled/, 'final', 'vm_protected'],
  [/still in use by linked clone/, 'final', 'template_in_use'],
  [/quit\/powerdown failed|VM is paused - cannot shutdown/, 'final', 'guest_did_not_shut_down'],
  [/got timeout/, 'retry', 'proxmox_busy'],
];

/** The only texts that make a 400 anything but the caller's mistake. */
const PARAMETER_RULES: Rule[] = [
  [/^no such task/, 'missing', 'task_unknown'],
  [/^(?:VM|CT) \d+ already exists/, 'exists', 'vmid_taken'],
  [/^hotplug problem/, 'final', 'hotplug_pending'],
];

/** Statuses that speak for themselves; 59x come from pveproxy's own hop to pvedaemon or another node. */
const STATUS_RULES: Record<number, [ProxmoxErrorKind, ProxmoxErrorCode]> = {
  401: ['auth', 'proxmox_auth_failed'],
  403: ['auth', 'proxmox_auth_failed'],
  429: ['retry', 'proxmox_busy'],
  502: ['unknown', 'outcome_unknown'],
  503: ['retry', 'proxmox_busy'],
  504: ['unknown', 'outcome_unknown'],
  595: ['unreachable', 'proxmox_unreachable'],
  596: ['unknown', 'outcome_unknown'],
  597: ['unknown', 'outcome_unknown'],
  598: ['unknown', 'outcome_unknown'],
  599: ['unknown', 'outcome_unknown'],
};

/** What an HTTP answer of 400 and above means: by status first, by text second. */
export function classifyAnswer(
  status: number,
  reason: string,
  errors?: Record<string, string>,
): ProxmoxError {
  const [kind, code] = meaningOf(status, reason, errors);
  // A 500 from the handler itself may come after part of the work was done (config keys are written one by one).
  const sent =
    kind === 'unknown' || code === 'hotplug_pending' || (status === 500 && code === 'proxmox_rejected');
  return new ProxmoxError({
    kind,
    code,
    status,
    reason: firstLine(reason),
    sent,
    ...(errors ? { errors } : {}),
  });
}

/**
 * What a task's exit status means. `OK` and `WARNINGS: n` are success; `unexpected status` and interrupts are unknown. One that
 * only tells which command failed is explained by the log, if some of it is at hand.
 */
export function classifyTaskExit(exitStatus: string, logTail: string[] = []): TaskOutcome {
  if (exitStatus === 'OK') return { ok: true, warnings: 0 };
  const warnings = /^WARNINGS: (\d+)/.exec(exitStatus);
  if (warnings) return { ok: true, warnings: Number(warnings[1]) };
  const isFull = logTail.some((line) => FULL.test(line));
  const [, kind, code] =
    ruleFor(TEXT_RULES, exitStatus) ?? ([FULL, 'final', isFull ? 'storage_full' : 'task_failed'] as const);
  return { ok: false, error: new ProxmoxError({ kind, code, reason: firstLine(exitStatus), sent: true }) };
}

/** A failure without an answer. `sent` says whether bytes of a changing request may have reached Proxmox. */
export function classifyTransport(error: unknown, sent: boolean): ProxmoxError {
  const reason = error instanceof Error ? transportReason(error) : String(error);
  if (isTrustFailure(error)) {
    return new ProxmoxError({ kind: 'auth', code: 'proxmox_untrusted', reason, sent: false, cause: error });
  }
  return new ProxmoxError({
    kind: sent ? 'unknown' : 'unreachable',
    code: sent ? 'outcome_unknown' : 'proxmox_unreachable',
    reason,
    sent,
    cause: error,
  });
}

function meaningOf(
  status: number,
  reason: string,
  errors: Record<string, string> | undefined,
): [ProxmoxErrorKind, ProxmoxErrorCode] {
  const known = STATUS_RULES[status];
  if (known) return known;
  if (status === 400) {
    for (const text of Object.values(errors ?? {})) {
      const rule = ruleFor(PARAMETER_RULES, text);
      if (rule) return [rule[1], rule[2]];
    }
    return ['final', 'proxmox_rejected'];
  }
  if (status !== 500) return ['final', 'proxmox_rejected'];
  const rule = ruleFor(TEXT_RULES, reason);
  return rule ? [rule[1], rule[2]] : ['final', 'proxmox_rejected'];
}

function ruleFor(rules: Rule[], text: string): Rule | undefined {
  return rules.find(([pattern]) => pattern.test(text));
}

function isTrustFailure(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_(?:GET|VERIFY)|SELF_SIGNED|DEPTH_ZERO|FINGERPRINT_MISMATCH)/.test(
    code,
  );
}

function transportReason(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = firstLine(error.message);
  return code && !text.includes(code) ? `${text || error.name} (${code})` : text || code || error.name;
}

function describe({ status, reason, errors }: ProxmoxErrorFields): string {
  const details = Object.entries(errors ?? {}).map(
    ([name, text]) => `${name}: ${text.trim().replaceAll(/\s+/g, ' ')}`,
  );
  return [status, reason, details.length > 0 ? `(${details.join('; ')})` : ''].filter(Boolean).join(' ');
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').trim();
}

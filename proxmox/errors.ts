import {
  EXHAUSTED,
  PARAMETER_RULES,
  STATUS_RULES,
  STAYS_PENDING,
  TEXT_RULES,
  UNAPPLIED,
} from './error-rules.ts';
import type { ProxmoxErrorCode, ProxmoxErrorKind, Rule } from './error-rules.ts';

export type { ProxmoxErrorCode, ProxmoxErrorKind } from './error-rules.ts';

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
  /** The end of the log of the task that failed. */
  log?: string[];
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
  /** The end of the log of the task that failed. */
  readonly log: string[];

  constructor(fields: ProxmoxErrorFields) {
    super(describe(fields), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.kind = fields.kind;
    this.code = fields.code;
    this.reason = fields.reason;
    if (fields.status !== undefined) this.status = fields.status;
    if (fields.errors !== undefined) this.errors = fields.errors;
    this.sent = fields.sent;
    this.log = fields.log ?? [];
  }

  /** The same failure, understood better by someone who knows what was asked. */
  as(meaning: Partial<Pick<ProxmoxErrorFields, 'kind' | 'code' | 'sent' | 'reason'>>): ProxmoxError {
    const { kind, code, reason, status, errors, sent, log, cause } = this;
    return new ProxmoxError({
      kind,
      code,
      reason,
      sent,
      log,
      cause,
      ...(status === undefined ? {} : { status }),
      ...(errors === undefined ? {} : { errors }),
      ...meaning,
    });
  }
}

export type TaskOutcome = { ok: true; warnings: number } | { ok: false; error: ProxmoxError };

/** What an HTTP answer other than 200 means: by status first, by text second. */
export function classifyAnswer(
  status: number,
  reason: string,
  errors?: Record<string, string>,
): ProxmoxError {
  const [kind, code] = meaningOf(status, reason, errors);
  // A 500 from the handler itself may come after part of the work was done (config keys are written one by one), and a change
  // that cannot be applied yet stays in the configuration.
  const sent =
    kind === 'unknown' ||
    (status === 500 && kind === 'final') ||
    Object.values(errors ?? {}).some((text) => STAYS_PENDING.test(text));
  return new ProxmoxError({
    kind,
    code,
    status,
    reason: firstLine(reason),
    sent,
    ...(errors ? { errors } : {}),
  });
}

/** When (a migration), how bad, and the exit status once more. */
const LOG_PREFIX =
  /^(?:[\d-]{10} [\d:]{8} )?(?:(?:TASK )?ERROR: )?(?:migration aborted \(duration [\d:]+\): )?/;
/** Exit statuses that only say that there was an error, which the log names. */
const VAGUE_EXIT = /^(?:migration (?:aborted|problems)|job errors|command 'ha-manager )/;

/**
 * What a task's exit status means. `OK` and `WARNINGS: n` are success; `unexpected status` and interrupts are unknown. One that
 * does not tell the cause is explained by the log, if some of it is at hand.
 */
export function classifyTaskExit(exitStatus: string, logTail: string[] = []): TaskOutcome {
  if (exitStatus === 'OK') return { ok: true, warnings: 0 };
  const warnings = /^WARNINGS: (\d+)/.exec(exitStatus);
  if (warnings) return { ok: true, warnings: Number(warnings[1]) };
  const reason = firstLine(exitStatus);
  const failed = (fields: Pick<ProxmoxErrorFields, 'kind' | 'code' | 'reason'>): TaskOutcome => ({
    ok: false,
    error: new ProxmoxError({ ...fields, sent: true, log: logTail }),
  });
  const rule = ruleFor(TEXT_RULES, exitStatus);
  if (rule) return failed({ kind: rule[1], code: rule[2], reason });
  const isVague = VAGUE_EXIT.test(exitStatus);
  for (const line of logTail.toReversed()) {
    const cause = line.replace(LOG_PREFIX, '');
    const told = !cause.endsWith('check log') && ruleFor(isVague ? TEXT_RULES : EXHAUSTED, cause);
    if (told)
      return failed({ kind: told[1], code: told[2], reason: isVague ? `${reason}: ${cause}` : reason });
  }
  return failed({ kind: 'final', code: 'task_failed', reason });
}

/** A failure without an answer. `sent` says whether bytes of a changing request may have reached Proxmox. */
export function classifyTransport(error: unknown, sent: boolean): ProxmoxError {
  const reason = error instanceof Error ? transportReason(error) : 'failed without an error';
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
      const rule = UNAPPLIED.test(text)
        ? ruleFor(TEXT_RULES, text.replace(UNAPPLIED, ''))
        : ruleFor(PARAMETER_RULES, text);
      if (rule) return [rule[1], rule[2]];
    }
    return ['final', 'proxmox_rejected'];
  }
  if (status === 500) {
    const rule = ruleFor(TEXT_RULES, reason);
    return rule ? [rule[1], rule[2]] : ['final', 'proxmox_rejected'];
  }
  // Proxmox itself has no others: 59x and those of gateways may follow an effect, the rest is of something in between.
  return status > 500 ? ['unknown', 'outcome_unknown'] : ['final', 'proxmox_bad_answer'];
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

import type { OperationStatus } from '../contract/operations.ts';
import type { Issue, Problem, ProblemCode } from '../contract/problem.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish, say } from '../contract/sayings.ts';

interface RefusalOptions {
  /** A text by its code, or words that have none: Proxmox's, or what an operation's table says of cancelling. */
  detail?: Said | string;
  issues?: Problem['issues'];
  operation?: Problem['operation'];
  findings?: Problem['findings'];
  headers?: Record<string, string>;
}

/** A request that is refused for a reason the caller may know; middleware/problem.ts turns it into the answer. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly title: Said;
  readonly status: number;
  readonly code: ProblemCode;
  readonly options: RefusalOptions;

  constructor(status: number, code: ProblemCode, title: Said, options: RefusalOptions = {}) {
    super(inEnglish(title));
    this.title = title;
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

/** A field that is refused, and why. */
export const issueOf = (field: string, said: Said): Issue => ({ field, message: inEnglish(said), said });

/** As many as help: a body of 1 MB may have 100,000 unknown fields, whose answer would be ten times as long. */
const MOST_ISSUES = 100;

export class InvalidInput extends Refusal {
  override name = 'InvalidInput';
  /** Names the first hundred. */
  constructor(issues: Iterable<Issue>) {
    super(422, 'invalid_input', say('input_unusable'), {
      issues: Iterator.from(issues).take(MOST_ISSUES).toArray(),
    });
  }
}

export class InvalidJson extends Refusal {
  override name = 'InvalidJson';
  constructor() {
    super(400, 'invalid_json', say('body_no_json'));
  }
}

export class UnsupportedMediaType extends Refusal {
  override name = 'UnsupportedMediaType';
  constructor(detail = say('send_as_json')) {
    super(415, 'unsupported_media_type', say('body_not_json'), { detail });
  }
}

export class PayloadTooLarge extends Refusal {
  override name = 'PayloadTooLarge';
  constructor() {
    super(413, 'payload_too_large', say('body_too_large'));
  }
}

export class InvalidIdempotencyKey extends Refusal {
  override name = 'InvalidIdempotencyKey';
  constructor() {
    super(400, 'invalid_idempotency_key', say('key_unusable'));
  }
}

export class IdempotencyKeyReused extends Refusal {
  override name = 'IdempotencyKeyReused';
  constructor() {
    super(422, 'idempotency_key_reused', say('key_reused'), {
      detail: say('use_new_key'),
    });
  }
}

export class Unauthenticated extends Refusal {
  override name = 'Unauthenticated';
  constructor() {
    super(401, 'unauthenticated', say('not_logged_in'), {
      detail: say('send_token'),
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  }
}

export class SessionExpired extends Refusal {
  override name = 'SessionExpired';
  constructor() {
    super(401, 'session_expired', say('session_over'), {
      detail: say('refresh_or_log_in'),
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    });
  }
}

export class InvalidCredentials extends Refusal {
  override name = 'InvalidCredentials';
  constructor() {
    super(401, 'invalid_credentials', say('credentials_wrong'));
  }
}

/** The password was right, and is not enough. */
export class SecondFactorRequired extends Refusal {
  override name = 'SecondFactorRequired';
  constructor() {
    super(401, 'second_factor_required', say('factor_needed'), {
      detail: say('send_code'),
    });
  }
}

export class InvalidCode extends Refusal {
  override name = 'InvalidCode';
  constructor() {
    super(401, 'invalid_code', say('code_wrong'), {
      detail: say('wait_for_code'),
    });
  }
}

export class InvalidPasskey extends Refusal {
  override name = 'InvalidPasskey';
  constructor() {
    super(401, 'invalid_passkey', say('passkey_wrong'), {
      detail: say('try_other_passkey'),
    });
  }
}

export class InvalidLink extends Refusal {
  override name = 'InvalidLink';
  constructor(detail = say('ask_for_link')) {
    super(410, 'invalid_link', say('link_over'), { detail });
  }
}

export class Forbidden extends Refusal {
  override name = 'Forbidden';
  constructor(title: Said, detail?: Said) {
    super(403, 'forbidden', title, detail === undefined ? {} : { detail });
  }
}

export class NotFound extends Refusal {
  override name = 'NotFound';
  constructor(title = say('nothing_here')) {
    super(404, 'not_found', title);
  }
}

export class MethodNotAllowed extends Refusal {
  override name = 'MethodNotAllowed';
  constructor() {
    super(405, 'method_not_allowed', say('wrong_method'));
  }
}

export class ServerProtected extends Refusal {
  override name = 'ServerProtected';
  constructor({ id, name }: { id: string; name: string }, against: 'delete' | 'rebuild') {
    super(
      409,
      'server_protected',
      say(against === 'delete' ? 'delete_protected' : 'rebuild_protected', { server: name }),
      { detail: say('lift_protection', { id, field: `{"${against}Protection": false}` }) },
    );
  }
}

export class InvalidState extends Refusal {
  override name = 'InvalidState';
  constructor(title: Said, detail: Said) {
    super(409, 'invalid_state', title, { detail });
  }
}

export class InRescue extends InvalidState {
  override name = 'InRescue';
  constructor({ id, name }: { id: string; name: string }) {
    super(say('in_rescue', { server: name }), say('leave_rescue_first', { id }));
  }
}

interface RefusedOperation {
  id: string;
  type: string;
  status: OperationStatus;
}
const statusOf = ({ status }: RefusedOperation): Said => say(`operation_${status}`);

export class NotCancellable extends Refusal {
  override name = 'NotCancellable';
  constructor(operation: RefusedOperation, reason: string) {
    super(409, 'not_cancellable', say('cannot_be_cancelled', { status: statusOf(operation) }), {
      detail: reason,
      operation,
    });
  }
}

export class NotPaused extends Refusal {
  override name = 'NotPaused';
  constructor(operation: RefusedOperation, decision: string) {
    const title =
      operation.status === 'needs_attention'
        ? say('cannot_be_decided', { decision })
        : say('waits_for_nothing', { status: statusOf(operation) });
    super(409, 'not_paused', title, { detail: say('see_decisions'), operation });
  }
}

export class QuotaExceeded extends Refusal {
  override name = 'QuotaExceeded';
  constructor(title: Said, detail: Said) {
    super(422, 'quota_exceeded', title, { detail });
  }
}

export class NoCapacity extends Refusal {
  override name = 'NoCapacity';
  constructor(title = say('no_room_for_size'), detail = say('choose_smaller')) {
    super(422, 'no_capacity', title, { detail });
  }
}

export class DiskShrink extends Refusal {
  override name = 'DiskShrink';
  constructor(diskGib: { plan: number; server: number }) {
    super(422, 'disk_shrink', say('no_shrinking'), {
      detail: say('keep_disk'),
      issues: [issueOf('planId', say('disk_would_shrink', diskGib))],
    });
  }
}

export class NoAddressLeft extends Refusal {
  override name = 'NoAddressLeft';
  constructor() {
    super(422, 'no_address_left', say('no_free_address'), {
      detail: say('delete_unneeded'),
    });
  }
}

export class UserDataUnsupported extends Refusal {
  override name = 'UserDataUnsupported';
  constructor() {
    super(422, 'user_data_unsupported', say('no_user_data_here'), {
      detail: say('leave_user_data_out'),
    });
  }
}

export class RescueUnsupported extends Refusal {
  override name = 'RescueUnsupported';
  constructor() {
    super(422, 'rescue_unsupported', say('no_rescue_here'), {
      detail: say('ask_for_rescue', { body: '{"rescueIso": "local:iso/…"}' }),
    });
  }
}

export class NameTaken extends Refusal {
  override name = 'NameTaken';
  constructor(title: Said) {
    super(409, 'name_taken', title, { detail: say('choose_other_name') });
  }
}

export class ClusterUnusable extends Refusal {
  override name = 'ClusterUnusable';
  constructor(findings: NonNullable<Problem['findings']>) {
    super(422, 'cluster_unusable', say('cluster_not_usable'), {
      detail: say('see_findings'),
      findings,
    });
  }
}

export class RateLimited extends Refusal {
  override name = 'RateLimited';
  constructor(retryAfterSeconds: number) {
    super(429, 'rate_limited', say('too_many_attempts'), {
      detail: say('again_in_seconds', { seconds: retryAfterSeconds }),
      headers: { 'Retry-After': String(retryAfterSeconds) },
    });
  }
}

export class Unavailable extends Refusal {
  override name = 'Unavailable';
  constructor() {
    super(503, 'unavailable', say('database_away'), {
      detail: say('again_in_a_few'),
      headers: { 'Retry-After': '5' },
    });
  }
}

export class ClusterUnreachable extends Refusal {
  override name = 'ClusterUnreachable';
  constructor(cause: string | null) {
    super(503, 'unavailable', say('cluster_silent'), {
      detail: cause ?? say('see_worker'),
      headers: { 'Retry-After': '5' },
    });
  }
}

export class AdoptionRefused extends Refusal {
  override name = 'AdoptionRefused';
  constructor(title: Said, detail: Said) {
    super(409, 'conflict', title, { detail });
  }
}

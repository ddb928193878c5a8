import type { Issue, Problem, ProblemCode } from '../contract/problem.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish, say } from '../contract/sayings.ts';

interface RefusalOptions {
  detail?: string;
  issues?: Problem['issues'];
  operation?: Problem['operation'];
  findings?: Problem['findings'];
  headers?: Record<string, string>;
}

/** A request that is refused for a reason the caller may know; middleware/problem.ts turns it into the answer. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  readonly code: ProblemCode;
  readonly options: RefusalOptions;

  constructor(status: number, code: ProblemCode, title: string, options: RefusalOptions = {}) {
    super(title);
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

/** A field that is refused, and why. */
export const issueOf = (field: string, said: Said): Issue => ({ field, message: inEnglish(said), said });

export class InvalidInput extends Refusal {
  override name = 'InvalidInput';
  constructor(issues: Issue[]) {
    super(422, 'invalid_input', 'Some of the input cannot be used.', { issues });
  }
}

export class InvalidJson extends Refusal {
  override name = 'InvalidJson';
  constructor() {
    super(400, 'invalid_json', 'The request body is not valid JSON.');
  }
}

export class UnsupportedMediaType extends Refusal {
  override name = 'UnsupportedMediaType';
  constructor() {
    super(415, 'unsupported_media_type', 'The request body must be JSON.', {
      detail: 'Send it with Content-Type: application/json.',
    });
  }
}

export class PayloadTooLarge extends Refusal {
  override name = 'PayloadTooLarge';
  constructor() {
    super(413, 'payload_too_large', 'The request body is larger than 1 MB.');
  }
}

export class InvalidIdempotencyKey extends Refusal {
  override name = 'InvalidIdempotencyKey';
  constructor() {
    super(400, 'invalid_idempotency_key', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
}

export class IdempotencyKeyReused extends Refusal {
  override name = 'IdempotencyKeyReused';
  constructor() {
    super(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.', {
      detail: 'Use a new key for a new request.',
    });
  }
}

export class Unauthenticated extends Refusal {
  override name = 'Unauthenticated';
  constructor() {
    super(401, 'unauthenticated', 'You are not logged in.', {
      detail: 'Send Authorization: Bearer with the accessToken of POST /login.',
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  }
}

export class SessionExpired extends Refusal {
  override name = 'SessionExpired';
  constructor() {
    super(401, 'session_expired', 'Your session has ended.', {
      detail: 'Refresh it with POST /refresh, or log in again.',
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    });
  }
}

export class InvalidCredentials extends Refusal {
  override name = 'InvalidCredentials';
  constructor() {
    super(401, 'invalid_credentials', 'The e-mail address or the password is wrong.');
  }
}

/** The password was right, and is not enough. */
export class SecondFactorRequired extends Refusal {
  override name = 'SecondFactorRequired';
  constructor() {
    super(401, 'second_factor_required', 'A code of your second factor is needed.', {
      detail: 'Send it as `code`, with the same e-mail address and password.',
    });
  }
}

export class InvalidCode extends Refusal {
  override name = 'InvalidCode';
  constructor() {
    super(401, 'invalid_code', 'This code is wrong, or has been used.', {
      detail: 'Wait for the next one of your app, or use a recovery code.',
    });
  }
}

export class InvalidPasskey extends Refusal {
  override name = 'InvalidPasskey';
  constructor() {
    super(401, 'invalid_passkey', 'Nobody can log in with this passkey.', {
      detail: 'Try again, use another one, or log in with the password.',
    });
  }
}

export class InvalidLink extends Refusal {
  override name = 'InvalidLink';
  constructor(detail = 'Ask your provider for a new one.') {
    super(410, 'invalid_link', 'This link has expired or has been used.', { detail });
  }
}

export class Forbidden extends Refusal {
  override name = 'Forbidden';
  constructor(title: string, detail?: string) {
    super(403, 'forbidden', title, detail === undefined ? {} : { detail });
  }
}

export class NotFound extends Refusal {
  override name = 'NotFound';
  constructor(title = 'There is nothing here.') {
    super(404, 'not_found', title);
  }
}

export class MethodNotAllowed extends Refusal {
  override name = 'MethodNotAllowed';
  constructor() {
    super(405, 'method_not_allowed', 'This method cannot be used here.');
  }
}

export class ServerProtected extends Refusal {
  override name = 'ServerProtected';
  constructor({ id, name }: { id: string; name: string }, against: 'delete' | 'rebuild') {
    super(
      409,
      'server_protected',
      `${name} is protected against ${against === 'delete' ? 'deletion' : 'rebuilding'}.`,
      {
        detail: `Lift the protection first: PATCH /servers/${id} with {"${against}Protection": false}, or on the server's page.`,
      },
    );
  }
}

export class InvalidState extends Refusal {
  override name = 'InvalidState';
  constructor(title: string, detail: string) {
    super(409, 'invalid_state', title, { detail });
  }
}

export class InRescue extends InvalidState {
  override name = 'InRescue';
  constructor({ id, name }: { id: string; name: string }) {
    super(
      `${name} cannot do this while it is in the rescue system.`,
      `Leave it first: DELETE /servers/${id}/rescue, or on the server's page.`,
    );
  }
}

export class NotCancellable extends Refusal {
  override name = 'NotCancellable';
  constructor(operation: { id: string; type: string; status: string }, reason: string) {
    super(409, 'not_cancellable', `This operation cannot be cancelled any more: ${operation.status}.`, {
      detail: reason,
      operation,
    });
  }
}

export class NotPaused extends Refusal {
  override name = 'NotPaused';
  constructor(operation: { id: string; type: string; status: string }, decision: string) {
    const title =
      operation.status === 'needs_attention'
        ? `This operation cannot do this at its present step: ${decision}.`
        : `This operation does not wait for a decision: it is ${operation.status}.`;
    super(409, 'not_paused', title, { detail: 'Its `decisions` say what can be decided.', operation });
  }
}

export class QuotaExceeded extends Refusal {
  override name = 'QuotaExceeded';
  constructor(title: string, detail: string) {
    super(422, 'quota_exceeded', title, { detail });
  }
}

export class NoCapacity extends Refusal {
  override name = 'NoCapacity';
  constructor(
    title = 'There is no room for a server of this size at the moment.',
    detail = 'Choose a smaller plan, or try again later.',
  ) {
    super(422, 'no_capacity', title, { detail });
  }
}

export class DiskShrink extends Refusal {
  override name = 'DiskShrink';
  constructor(diskGib: { plan: number; server: number }) {
    super(422, 'disk_shrink', 'A disk cannot be made smaller.', {
      detail: 'Send "keepDisk": true to change processors and memory and keep the disk as it is.',
      issues: [issueOf('planId', say('disk_would_shrink', diskGib))],
    });
  }
}

export class NoAddressLeft extends Refusal {
  override name = 'NoAddressLeft';
  constructor() {
    super(422, 'no_address_left', 'There is no free IP address at the moment.', {
      detail: 'Try again later, or delete a server you no longer need.',
    });
  }
}

export class UserDataUnsupported extends Refusal {
  override name = 'UserDataUnsupported';
  constructor() {
    super(422, 'user_data_unsupported', 'userData cannot be used here.', {
      detail: 'Leave it out; this location has no storage for cloud-init snippets.',
    });
  }
}

export class RescueUnsupported extends Refusal {
  override name = 'RescueUnsupported';
  constructor() {
    super(422, 'rescue_unsupported', 'There is no rescue system at this location.', {
      detail:
        'Ask your provider to set one up: PATCH /admin/clusters/<id> with {"rescueIso": "local:iso/…"}.',
    });
  }
}

export class NameTaken extends Refusal {
  override name = 'NameTaken';
  constructor(title: string) {
    super(409, 'name_taken', title, { detail: 'Choose another name.' });
  }
}

export class ClusterUnusable extends Refusal {
  override name = 'ClusterUnusable';
  constructor(findings: NonNullable<Problem['findings']>) {
    super(422, 'cluster_unusable', 'Berth cannot work with this cluster yet; nothing was saved.', {
      detail: 'Each of the findings says what to do about it.',
      findings,
    });
  }
}

export class RateLimited extends Refusal {
  override name = 'RateLimited';
  constructor(retryAfterSeconds: number) {
    super(429, 'rate_limited', 'Too many attempts.', {
      detail: `Try again in ${retryAfterSeconds} seconds.`,
      headers: { 'Retry-After': String(retryAfterSeconds) },
    });
  }
}

export class Unavailable extends Refusal {
  override name = 'Unavailable';
  constructor() {
    super(503, 'unavailable', 'Berth cannot reach its database.', {
      detail: 'Try again in a few seconds.',
      headers: { 'Retry-After': '5' },
    });
  }
}

export class ClusterUnreachable extends Refusal {
  override name = 'ClusterUnreachable';
  constructor(cause: string | null) {
    super(503, 'unavailable', 'The cluster could not be asked in time.', {
      detail: cause ?? 'Make sure that a worker runs and Temporal can be reached, then try again.',
      headers: { 'Retry-After': '5' },
    });
  }
}

export class AdoptionRefused extends Refusal {
  override name = 'AdoptionRefused';
  constructor(title: string, detail: string) {
    super(409, 'conflict', title, { detail });
  }
}

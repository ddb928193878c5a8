import { cancelAt } from '../contract/operations.ts';
import type { Operation } from '../db/models/operation.ts';
import type { CurrentUser } from './current-user.ts';
import { Refusal } from './errors.ts';
import { say } from '../contract/sayings.ts';
import type { Said } from '../contract/said.ts';

/** Another operation holds the server; says what the one who asks can do about it. */
export class ServerBusy extends Refusal {
  override name = 'ServerBusy';
  constructor(operation: Operation, role: CurrentUser['role']) {
    super(409, 'server_busy', say('server_is_busy', { operation: say(`name_${operation.type}`) }), {
      detail: wayOut(operation, role),
      operation,
    });
  }
}

function wayOut(operation: Operation, role: CurrentUser['role']): Said {
  const { possible, effect, by } = cancelAt(operation);
  if (!possible) return say('wait_as', { why: effect });
  if (by === 'admin' && role !== 'admin') return say('wait_or_ask');
  return say('wait_or_cancel');
}

import { definitionOf } from '../contract/operation-table.ts';
import { cancelAt } from '../contract/operations.ts';
import type { Operation } from '../db/models/operation.ts';
import type { CurrentUser } from './current-user.ts';
import { Refusal } from './errors.ts';

/** Another operation holds the server; says what the one who asks can do about it. */
export class ServerBusy extends Refusal {
  override name = 'ServerBusy';
  constructor(operation: Operation, role: CurrentUser['role']) {
    super(409, 'server_busy', `This server is busy: ${definitionOf(operation.type).name} has not finished.`, {
      detail: wayOut(operation, role),
      operation,
    });
  }
}

function wayOut(operation: Operation, role: CurrentUser['role']): string {
  const { possible, effect, by } = cancelAt(operation);
  if (!possible) return `${effect} Wait for it to finish.`;
  if (by === 'admin' && role !== 'admin') return 'Wait for it to finish; only your provider can cancel it.';
  return 'Wait for it to finish, or cancel it.';
}

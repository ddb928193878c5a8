import type { Deps } from './deps.ts';
import { queryRows } from '../db/query-rows.ts';

export function createSettleMail({ database }: Pick<Deps, 'database'>) {
  /** Records what became of a mail, its outcome or the code of a failure; the first one counts. */
  return async function settleMail({ mailId, outcome }: { mailId: string; outcome: string }): Promise<void> {
    await queryRows(
      database,
      'update mails set outcome = ?, settled_at = now() where id = ? and settled_at is null',
      [outcome, mailId],
    );
  };
}

import { raw } from 'objection';
import {
  ListAccountsQuery,
  ManagedAccount,
  ManagedAccountList,
  UpdateAccount,
} from '../../contract/people.ts';
import { Account } from '../../db/models/account.ts';
import { audit } from '../audit.ts';
import { decodeCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { toPage } from '../page.ts';
import { listAccounts, PEOPLE_SORT, readAccount } from '../people-rows.ts';
import { toManagedAccountView } from '../views/people.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Administration';

/** All accounts with their quota, for administrators. */
export function accountRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/accounts',
      tag: TAG,
      summary: 'All accounts with their members, the latest first',
      auth: 'admin',
      query: ListAccountsQuery,
      answers: { 200: { description: 'One page', schema: ManagedAccountList } },
      problems: ['invalid_input'],
      async handle(ctx, { query }) {
        const rows = await listAccounts(database, query, decodeCursor(PEOPLE_SORT, query.cursor));
        ctx.body = toPage(rows, { limit: query.limit, sort: PEOPLE_SORT, toView: toManagedAccountView });
      },
    }),
    endpoint({
      method: 'patch',
      path: '/admin/accounts/:id',
      tag: TAG,
      summary: 'Change how many servers an account may have, or suspend it',
      auth: 'admin',
      params: ById,
      body: UpdateAccount,
      answers: { 200: { description: 'The account as it is now', schema: ManagedAccount } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, body: { maxServers, suspended } }) {
        const row = await database.transaction(async (trx) => {
          const changed = await Account.query(trx)
            .findById(id)
            .patch({
              ...(maxServers === undefined ? {} : { maxServers }),
              ...(suspended === undefined
                ? {}
                : { suspendedAt: suspended ? raw('coalesce(suspended_at, now())') : null }),
            });
          if (changed === 0) throw new NotFound(say('account_unknown'));
          const deed = { userId: currentUser(ctx).id, accountId: id, subjectId: id };
          await audit(trx, ctx, { ...deed, action: 'account.update', details: { maxServers, suspended } });
          return readAccount(trx, id);
        });
        ctx.body = row && toManagedAccountView(row);
      },
    }),
  ];
}

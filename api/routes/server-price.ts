import { ServerPrice } from '../../contract/servers.ts';
import { Server } from '../../db/models/server.ts';
import { queryRows } from '../../db/query-rows.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { findWithin } from '../reach.ts';
import { say } from '../../contract/sayings.ts';

/** What a server costs, as far as anybody has told Berth. */
export function serverPriceRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/servers/:id/price',
      tag: 'Servers',
      summary: 'What a server costs, for those who may order',
      auth: 'bearer',
      permission: 'manage',
      params: ById,
      answers: { 200: { description: 'The price, if it is known', schema: ServerPrice } },
      problems: ['not_found', 'forbidden'],
      async handle(ctx, { params: { id } }) {
        const server = await findWithin(
          () => Server.query(database).findById(id).whereNull('deletedAt'),
          currentUser(ctx),
          { columns: ['account_id', 'id'], missing: new NotFound(say('server_unknown')) },
        );
        // It was that of the plan the server came with.
        const [price = null] = server.planId
          ? []
          : await queryRows<NonNullable<ServerPrice['price']>>(
              database,
              `select amount::text, currency, cycle, next_due::text as "nextDue" from server_billing where server_id = ?`,
              [server.id],
            );
        ctx.body = { price } satisfies ServerPrice;
      },
    }),
  ];
}

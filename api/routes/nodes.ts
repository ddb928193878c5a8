import { Node as NodeView, NodeList, UpdateNode } from '../../contract/nodes.ts';
import { listNodeUse } from '../../db/capacity.ts';
import { Node } from '../../db/models/node.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { toNodeView } from '../views/node.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Clusters';

/** Nodes with their capacity, and their maintenance, for administrators. */
export function nodeRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/nodes',
      tag: TAG,
      summary: 'All nodes: what they have, and what of it has been given to servers',
      auth: 'admin',
      answers: { 200: { description: 'All of them', schema: NodeList } },
      async handle(ctx) {
        ctx.body = { items: (await listNodeUse(database)).map(toNodeView), nextCursor: null };
      },
    }),
    endpoint({
      method: 'patch',
      path: '/admin/nodes/:id',
      tag: TAG,
      summary: 'Begin or end maintenance: whether servers are put on it or moved to it',
      auth: 'admin',
      params: ById,
      body: UpdateNode,
      answers: { 200: { description: 'The node as it is now', schema: NodeView } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, body: { acceptsServers } }) {
        const rows = await database.transaction(async (trx) => {
          const changed = await Node.query(trx).findById(id).patch({ acceptsServers });
          if (changed === 0) throw new NotFound(say('node_not_known'));
          const deed = { userId: currentUser(ctx).id, action: 'node.update', subjectId: id };
          await audit(trx, ctx, { ...deed, details: { acceptsServers } });
          return listNodeUse(trx, id);
        });
        ctx.body = rows.map(toNodeView)[0];
      },
    }),
  ];
}

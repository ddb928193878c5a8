import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { MigrateServer, MigrationTarget } from '../contract/server-changes.ts';
import { freeMemoryByNode } from '../db/capacity.ts';
import { Node } from '../db/models/node.ts';
import type { Server } from '../db/models/server.ts';
import type { CurrentUser } from './current-user.ts';
import { InvalidInput, issueOf, InvalidState } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { acceptedReply, insertOperation, lockServer } from './request-operation.ts';
import { inEnglish, say } from '../contract/sayings.ts';
import type { Said } from '../contract/said.ts';

interface Request {
  ctx: Context;
  user: CurrentUser;
  id: string;
  input: MigrateServer;
}

/**
 * Records the wish to move a server. What its VM and the other node say to that is found out by the operation; refused
 * here is what the record alone rules out.
 */
export async function migrateServer(
  trx: Knex.Transaction,
  { ctx, user, id, input }: Request,
): Promise<Reply> {
  const server = await lockServer(trx, user, id);
  const params = { targetNode: input.node };
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'migrate', params });
  if (server.lifecycle !== 'active' && server.lifecycle !== 'suspended')
    throw new InvalidState(
      say('cannot_move_while', {
        server: server.name,
        lifecycle: say(`server_${server.lifecycle}`),
      }),
      say('only_built_moves'),
    );
  await checkNode(trx, server, input.node);
  return acceptedReply(trx, id, operationId);
}

/** The nodes of a server's cluster besides its own, each with what the record alone knows against it. */
export async function migrationTargets(
  database: Knex,
  { id, clusterId, nodeId, memoryMib }: Server,
): Promise<MigrationTarget[]> {
  const nodes = await Node.query(database).where({ clusterId }).orderBy('name');
  const freeOn = await freeMemoryByNode(database, clusterId, id);
  const others = nodes.filter((node) => node.id !== nodeId);
  return others.map((node) => {
    const free = Math.max(0, freeOn.get(node.id) ?? 0);
    const lack = free < memoryMib ? say('node_too_full', { free, needed: memoryMib }) : null;
    const said = awayBecause(node) ?? lack;
    return {
      node: node.name,
      freeMemoryMib: free,
      obstacle: said && inEnglish(said),
      ...(said ? { obstacleSaid: said } : {}),
    };
  });
}

function awayBecause({ name, status, acceptsServers }: Node): Said | null {
  if (status !== 'online') return say('node_has_status', { node: name, status });
  return acceptsServers ? null : say('node_in_maintenance', { node: name });
}

async function checkNode(trx: Knex, { name, clusterId, nodeId }: Server, wanted: string): Promise<void> {
  const nodes = await Node.query(trx).where({ clusterId }).orderBy('name');
  const node = nodes.find((other) => other.name === wanted);
  if (!node) {
    const names = nodes.map((other) => other.name).join(', ');
    throw new InvalidInput([issueOf('node', say('nodes_are', { nodes: names }))]);
  }
  if (node.id === nodeId)
    throw new InvalidInput([issueOf('node', say('server_on_node', { server: name, node: wanted }))]);
  const away = awayBecause(node);
  if (away) throw new InvalidInput([issueOf('node', say('choose_other_node', { reason: away }))]);
}

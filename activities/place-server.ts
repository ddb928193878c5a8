import type { Deps } from './deps.ts';
import { finalFailure, passingFailure } from './failures.ts';
import { lockClaim } from './report-steps.ts';
import { nodesWithRoom } from '../db/capacity.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { Template } from '../db/models/template.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';
import { reasoned } from './reasoned.ts';

export interface Placement {
  node: string;
  reason: string;
  reasonSaid?: Said;
  template: string;
  templateVmid: number;
}

export function createPlaceServer({ database }: Pick<Deps, 'database'>) {
  /** Puts the server on the least loaded node that has its template and room for it. A repeat keeps the node. */
  return async function placeServer(claim: OperationClaim): Promise<Placement> {
    return database.transaction(async (trx) => {
      await lockClaim(claim, trx);
      const server = await Server.query(trx).findById(claim.serverId).throwIfNotFound();
      if (!server.templateId) throw finalFailure('internal_error', 'an imported server cannot be placed');
      const template = await Template.query(trx).findById(server.templateId).throwIfNotFound();
      if (server.nodeId) {
        const node = await Node.query(trx).findById(server.nodeId).throwIfNotFound();
        const source = await TemplateVm.query(trx).findById([template.id, node.id]);
        if (!source)
          throw finalFailure(
            'template_missing',
            say('no_template_now', { node: node.name, template: template.name }),
          );
        return {
          node: node.name,
          ...reasoned(say('chosen_before')),
          template: template.name,
          templateVmid: source.vmid,
        };
      }
      // Two placements at once would both see the same room.
      await Cluster.query(trx).findById(server.clusterId).forUpdate();
      const { clusterId, memoryMib, diskGib } = server;
      const wanted = { clusterId, templateId: template.id, memoryMib, diskGib };
      const candidates = await nodesWithRoom(trx, wanted);
      const [best] = candidates;
      if (!best && !(await Node.query(trx).findOne({ clusterId, status: 'online' })))
        throw passingFailure('proxmox_unreachable', say('no_node_online'));
      if (!best) {
        throw finalFailure('no_capacity', say('no_node_with_room', { template: template.name, memoryMib }));
      }
      await server.$query(trx).patch({ nodeId: best.nodeId });
      const gib = Math.floor(best.freeMemoryMib / 1024);
      const { nodeName: node, templateVmid } = best;
      const reason = say('most_free', { gib, count: candidates.length });
      return { node, ...reasoned(reason), template: template.name, templateVmid };
    });
  };
}

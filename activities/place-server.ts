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

export interface Placement {
  node: string;
  reason: string;
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
          throw finalFailure('template_missing', `${node.name} has no template ${template.name} any more`);
        return {
          node: node.name,
          reason: 'chosen before',
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
        throw passingFailure('proxmox_unreachable', 'No node of the cluster is online at the moment');
      if (!best) {
        const message = `No node has the template ${template.name} and ${memoryMib} MiB of memory free`;
        throw finalFailure('no_capacity', message);
      }
      await server.$query(trx).patch({ nodeId: best.nodeId });
      const free = Math.floor(best.freeMemoryMib / 1024);
      const reason = `most free memory (${free} GiB) of ${candidates.length} with room`;
      return { node: best.nodeName, reason, template: template.name, templateVmid: best.templateVmid };
    });
  };
}

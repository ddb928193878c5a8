import type { Deps } from './deps.ts';
import { lockClaim } from './report-steps.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { ServerAddress } from '../db/models/server-address.ts';
import { Server } from '../db/models/server.ts';
import { VmidLease } from '../db/models/vmid-lease.ts';
import type { OperationClaim } from '../contract/temporal.ts';

export function createReleaseLeases({ database }: Pick<Deps, 'database'>) {
  /** Gives back the VM id, the addresses and the room on the node. Call it only once the VM is gone. */
  return async function releaseLeases(claim: OperationClaim): Promise<void> {
    await database.transaction(async (trx) => {
      await lockClaim(claim, trx);
      await VmidLease.query(trx).delete().where('serverId', claim.serverId);
      await IpLease.query(trx).delete().where('serverId', claim.serverId);
      await ServerAddress.query(trx).delete().where('serverId', claim.serverId);
      await Server.query(trx).findById(claim.serverId).patch({ nodeId: null });
    });
  };
}

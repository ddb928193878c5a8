import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { RebuildServer } from '../contract/server-changes.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Server } from '../db/models/server.ts';
import { Template } from '../db/models/template.ts';
import { TemplateVm } from '../db/models/template-vm.ts';
import type { SecretBox } from '../db/secrets.ts';
import type { CurrentUser } from './current-user.ts';
import { InvalidInput, InvalidState, issueOf, ServerProtected, UserDataUnsupported } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { checkActionFits } from './power-action.ts';
import { acceptedReply, insertOperation, lockServer } from './request-operation.ts';
import { saveSshKeys } from './save-ssh-keys.ts';
import { sealSecret } from './seal-secret.ts';
import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';

interface Wish {
  ctx: Context;
  user: CurrentUser;
  id: string;
  input: RebuildServer;
  secretBox: SecretBox;
}

/** Requests that a server be built anew: checks, its secrets and its pending `rebuild`, all in `trx`. */
export async function rebuildServer(
  trx: Knex.Transaction,
  { ctx, user, id, input, secretBox }: Wish,
): Promise<Reply> {
  const server = await lockServer(trx, user, id);
  const { templateId, password, userData } = input;
  const isGivenKeys = input.sshKeys !== undefined || input.sshKeyIds !== undefined;
  const sshKeyIds = await saveSshKeys(trx, server.accountId, input);
  const params = { templateId, ...(isGivenKeys ? { sshKeyIds } : {}) };
  // First the operation: a live one says more than the state it has brought about.
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'rebuild', params });
  if (server.rebuildProtection) throw new ServerProtected(server, 'rebuild');
  checkActionFits(server);
  if (!server.templateId || !server.macAddress) {
    throw new InvalidState(say('not_built_here', { server: server.name }), say('order_instead'));
  }
  await checkTemplate(trx, server, templateId);
  if (userData !== undefined) {
    const cluster = await Cluster.query(trx).findById(server.clusterId).throwIfNotFound();
    if (!cluster.snippetsStorage) throw new UserDataUnsupported();
  }
  const seal = async (purpose: string, plaintext: string | undefined) =>
    plaintext === undefined ? null : sealSecret(trx, secretBox, purpose, plaintext);
  await Server.query(trx)
    .findById(id)
    .patch({
      passwordSecretId: await seal('server-password', password),
      userDataSecretId: await seal('server-user-data', userData),
    });
  return acceptedReply(trx, id, operationId);
}

async function checkTemplate(trx: Knex, server: Server, templateId: string): Promise<void> {
  const template = await Template.query(trx).findById(templateId).where('enabled', true);
  const refuse = (said: Said) => new InvalidInput([issueOf('templateId', said)]);
  if (!template) throw refuse(say('no_such_template'));
  if (server.nodeId && !(await TemplateVm.query(trx).findById([templateId, server.nodeId])))
    throw refuse(say('template_elsewhere', { template: template.name }));
  if (template.minDiskGib > server.diskGib)
    throw refuse(
      say('disk_of_server_small', {
        template: template.name,
        gib: template.minDiskGib,
        has: server.diskGib,
      }),
    );
}

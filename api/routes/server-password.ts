import { ResetPassword } from '../../contract/server-changes.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InRescue } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { checkActionFits } from '../power-action.ts';
import { acceptedReply, insertOperation, lockServer } from '../request-operation.ts';
import { sealSecret } from '../seal-secret.ts';

/** The password inside a server. */
export function serverPasswordRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix' | 'secretBox'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/servers/:id/password',
      tag: 'Servers',
      summary: 'Set the password of the user inside a server',
      auth: 'bearer',
      permission: 'operate',
      idempotent: true,
      params: ById,
      body: ResetPassword,
      answers: ACCEPTED,
      problems: ['not_found', 'invalid_input', 'server_busy', 'invalid_state'],
      async handle(ctx, { params: { id }, body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, async (trx) => {
          const server = await lockServer(trx, user, id);
          const passwordSecretId = await sealSecret(trx, deps.secretBox, 'server-password', body.password);
          const operationId = await insertOperation(trx, ctx, {
            user,
            server,
            type: 'reset_password',
            params: { passwordSecretId, allowReboot: body.allowReboot },
          });
          checkActionFits(server);
          if (server.rescue) throw new InRescue(server);
          return acceptedReply(trx, id, operationId);
        });
      },
    }),
  ];
}

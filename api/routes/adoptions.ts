import { AdoptionPreview, AdoptVm, PreviewAdoption, type VmInspection } from '../../contract/adoptions.ts';
import { Cluster } from '../../db/models/cluster.ts';
import { adoptVm } from '../adopt-vm.ts';
import { previewAdoption } from '../adoption-preview.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { InvalidInput, issueOf } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { say } from '../../contract/sayings.ts';

/** VMs that were there before Berth, and become servers. */
export function adoptionRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix' | 'inspectVm'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/admin/adoptions/preview',
      tag: 'Adoption',
      summary: 'Show what adopting a VM would record and change',
      auth: 'admin',
      body: PreviewAdoption,
      answers: { 200: { description: 'The preview; nothing was changed', schema: AdoptionPreview } },
      problems: ['invalid_input', 'unavailable'],
      async handle(ctx, { body }) {
        ctx.body = await previewAdoption(deps.database, body, await lookAt(deps, body));
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/adoptions',
      tag: 'Adoption',
      summary: 'Bind a VM that was there before to an account, as it was shown',
      auth: 'admin',
      idempotent: true,
      body: AdoptVm,
      answers: ACCEPTED,
      problems: ['invalid_input', 'conflict', 'unavailable'],
      async handle(ctx, { body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, async (trx) =>
          adoptVm(trx, { ctx, user, input: body, vm: await lookAt(deps, body) }),
        );
      },
    }),
  ];
}

async function lookAt(
  { database, inspectVm }: Pick<Deps, 'database' | 'inspectVm'>,
  { clusterId, vmid }: PreviewAdoption,
): Promise<VmInspection> {
  if (!(await Cluster.query(database).findById(clusterId)))
    throw new InvalidInput([issueOf('clusterId', say('no_such_cluster'))]);
  const vm = await inspectVm({ clusterId, vmid });
  if (!vm) throw new InvalidInput([issueOf('vmid', say('no_such_vm'))]);
  return vm;
}

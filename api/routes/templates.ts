import type { Knex } from 'knex';
import { ManagedTemplate, ManagedTemplateList, UpdateTemplate } from '../../contract/catalog.ts';
import { Template } from '../../db/models/template.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Catalog';

/** All templates that were ever found on a node, for administrators. */
export function templateRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/templates',
      tag: TAG,
      summary: 'All templates with the nodes that hold them; workers find them by their tag on Proxmox',
      auth: 'admin',
      answers: { 200: { description: 'All of them', schema: ManagedTemplateList } },
      async handle(ctx) {
        ctx.body = { items: await readTemplates(database), nextCursor: null };
      },
    }),
    endpoint({
      method: 'patch',
      path: '/admin/templates/:id',
      tag: TAG,
      summary: 'Take a template off the offer, or change what new servers made from it need',
      auth: 'admin',
      params: ById,
      body: UpdateTemplate,
      answers: { 200: { description: 'The template as it is now', schema: ManagedTemplate } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, body }) {
        ctx.body = await database.transaction(async (trx) => {
          const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
          if ((await Template.query(trx).findById(id).patch(changes)) === 0)
            throw new NotFound(say('template_unknown'));
          const deed = { userId: currentUser(ctx).id, action: 'template.update', subjectId: id };
          await audit(trx, ctx, { ...deed, details: changes });
          return (await readTemplates(trx, id))[0];
        });
      },
    }),
  ];
}

async function readTemplates(trx: Knex, id: string | null = null): Promise<ManagedTemplate[]> {
  return queryRows<ManagedTemplate>(
    trx,
    `select t.id, t.name, t.os_name as "osName", t.os_version as "osVersion", t.default_user as "defaultUser",
       t.min_disk_gib as "minDiskGib", t.ready_when as "readyWhen", t.enabled,
       (select count(*)::int from servers s where s.template_id = t.id and s.deleted_at is null) as servers,
       coalesce((
         select json_agg(json_build_object('cluster', c.name, 'node', n.name, 'vmid', tv.vmid, 'storage', tv.storage)
           order by c.name, n.name)
         from template_vms tv join nodes n on n.id = tv.node_id join clusters c on c.id = n.cluster_id
         where tv.template_id = t.id), '[]') as places
     from templates t where ?::uuid is null or t.id = ?::uuid order by t.name`,
    [id, id],
  );
}

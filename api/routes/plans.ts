import type { Knex } from 'knex';
import { CreatePlan, ManagedPlan, ManagedPlanList, UpdatePlan } from '../../contract/catalog.ts';
import { Plan } from '../../db/models/plan.ts';
import { queryRows } from '../../db/query-rows.ts';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NameTaken, NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { say } from '../../contract/sayings.ts';

const TAG = 'Catalog';

const PLANS = `
  select p.id, p.name, p.vcpu, p.memory_mib as "memoryMib", p.disk_gib as "diskGib", p.traffic_gib as "trafficGib",
    p.network_mbps as "networkMbps", p.enabled,
    (select count(*)::int from servers s where s.plan_id = p.id and s.deleted_at is null) as servers
  from plans p`;

/** All plans, also those on offer no more, for administrators. */
export function planRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/admin/plans',
      tag: TAG,
      summary: 'All plans, smallest first',
      auth: 'admin',
      answers: { 200: { description: 'All of them', schema: ManagedPlanList } },
      async handle(ctx) {
        const order = 'order by p.enabled desc, p.memory_mib, p.vcpu, p.disk_gib, p.name';
        ctx.body = { items: await queryRows<ManagedPlan>(database, `${PLANS} ${order}`), nextCursor: null };
      },
    }),
    endpoint({
      method: 'post',
      path: '/admin/plans',
      tag: TAG,
      summary: 'Add a plan, which can be ordered from now on',
      auth: 'admin',
      body: CreatePlan,
      answers: { 201: { description: 'Added', schema: ManagedPlan } },
      problems: ['invalid_input', 'name_taken'],
      async handle(ctx, { body }) {
        ctx.body = await database.transaction(async (trx) => {
          await checkName(trx, body.name, null);
          const { id } = await Plan.query(trx).insertAndFetch(body);
          const deed = { userId: currentUser(ctx).id, action: 'plan.create', subjectId: id };
          await audit(trx, ctx, { ...deed, details: body });
          return readPlan(trx, id);
        });
        ctx.status = 201;
      },
    }),
    endpoint({
      method: 'patch',
      path: '/admin/plans/:id',
      tag: TAG,
      summary: 'Change a plan, or take it off the offer; servers keep the size they have',
      auth: 'admin',
      params: ById,
      body: UpdatePlan,
      answers: { 200: { description: 'The plan as it is now', schema: ManagedPlan } },
      problems: ['not_found', 'invalid_input', 'name_taken'],
      async handle(ctx, { params: { id }, body }) {
        ctx.body = await database.transaction(async (trx) => {
          if (body.name !== undefined) await checkName(trx, body.name, id);
          const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
          if ((await Plan.query(trx).findById(id).patch(changes)) === 0)
            throw new NotFound(say('plan_unknown'));
          const deed = { userId: currentUser(ctx).id, action: 'plan.update', subjectId: id };
          await audit(trx, ctx, { ...deed, details: changes });
          return readPlan(trx, id);
        });
      },
    }),
  ];
}

async function readPlan(trx: Knex, id: string): Promise<ManagedPlan | undefined> {
  return (await queryRows<ManagedPlan>(trx, `${PLANS} where p.id = ?`, [id]))[0];
}

async function checkName(trx: Knex, name: string, except: string | null): Promise<void> {
  const other = await Plan.query(trx).findOne({ name });
  if (other && other.id !== except) throw new NameTaken(say('plan_exists', { name }));
}

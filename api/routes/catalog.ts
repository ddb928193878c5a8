import { OPERATION_TYPES } from '../../contract/operation-table.ts';
import {
  AvailabilityList,
  AvailabilityQuery,
  OperationTypeList,
  PlanList,
  TemplateList,
} from '../../contract/catalog.ts';
import { Plan } from '../../db/models/plan.ts';
import { Template } from '../../db/models/template.ts';
import { TemplateVm } from '../../db/models/template-vm.ts';
import { findAvailability } from '../availability.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { toOperationTypeView, toPlanView, toTemplateView } from '../views/catalog.ts';

/** What can be ordered. */
export function catalogRoutes({ database }: Pick<Deps, 'database'>): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/plans',
      tag: 'Catalog',
      summary: 'The plans on offer, smallest first',
      auth: 'bearer',
      answers: { 200: { description: 'All of them', schema: PlanList } },
      async handle(ctx) {
        const plans = await Plan.query(database)
          .where('enabled', true)
          .orderBy(['memoryMib', 'vcpu', 'diskGib', 'name']);
        ctx.body = { items: plans.map(toPlanView), nextCursor: null };
      },
    }),
    endpoint({
      method: 'get',
      path: '/templates',
      tag: 'Catalog',
      summary: 'The operating systems on offer: those some node holds',
      auth: 'bearer',
      answers: { 200: { description: 'All of them', schema: TemplateList } },
      async handle(ctx) {
        const templates = await Template.query(database)
          .where('enabled', true)
          .whereExists(TemplateVm.query(database).whereColumn('templateVms.templateId', 'templates.id'))
          .orderBy('name');
        ctx.body = { items: templates.map(toTemplateView), nextCursor: null };
      },
    }),
    endpoint({
      method: 'get',
      path: '/availability',
      tag: 'Catalog',
      summary: 'Where there is room for which plan, and how long building a server takes there',
      auth: 'bearer',
      query: AvailabilityQuery,
      answers: { 200: { description: 'Every location and plan', schema: AvailabilityList } },
      problems: ['invalid_input'],
      async handle(ctx, { query: { templateId } }) {
        ctx.body = { items: await findAvailability(database, templateId), nextCursor: null };
      },
    }),
    endpoint({
      method: 'get',
      path: '/operation-types',
      tag: 'Catalog',
      summary: 'What can be done with a server: steps, ways to fail, and what a cancel or a roll back does',
      auth: 'bearer',
      answers: { 200: { description: 'All of them', schema: OperationTypeList } },
      handle(ctx) {
        ctx.body = { items: OPERATION_TYPES.map(toOperationTypeView), nextCursor: null };
      },
    }),
  ];
}

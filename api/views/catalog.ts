import { CODES_OF_ANY_STEP, definitionOf, type OperationType } from '../../contract/operation-table.ts';
import type { OperationTypeView } from '../../contract/catalog.ts';
import type { Plan, Template } from '../../contract/catalog.ts';
import type { Plan as PlanRow } from '../../db/models/plan.ts';
import type { Template as TemplateRow } from '../../db/models/template.ts';

export function toPlanView(row: PlanRow): Plan {
  const { id, name, vcpu, memoryMib, diskGib, trafficGib, networkMbps } = row;
  return { id, name, vcpu, memoryMib, diskGib, trafficGib, networkMbps };
}

export function toTemplateView(row: TemplateRow): Template {
  const { id, name, osName, osVersion, defaultUser, minDiskGib } = row;
  return { id, name, osName, osVersion, defaultUser, minDiskGib };
}

/** An operation's row of the table, with every code its steps can end with. */
export function toOperationTypeView(type: OperationType): OperationTypeView {
  const { name, requestedBy, recovery, cancel, rollBack, steps } = definitionOf(type);
  return {
    type,
    name,
    requestedBy,
    recovery,
    cancel,
    rollBack,
    steps: steps.map((step) => ({
      name: step.name,
      title: step.title,
      codes: [...(step.codes ?? []), ...CODES_OF_ANY_STEP],
      skip: step.skip ?? null,
      noReturn: step.noReturn ?? null,
    })),
  };
}

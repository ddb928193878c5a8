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

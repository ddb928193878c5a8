import { z } from 'zod';

export const Plan = z
  .object({
    id: z.uuid(),
    name: z.string(),
    vcpu: z.int(),
    memoryMib: z.int(),
    diskGib: z.int(),
    trafficGib: z.int().nullable().meta({ description: 'per month; null is unmetered' }),
    networkMbps: z.int().nullable(),
  })
  .meta({ id: 'Plan' });
export type Plan = z.infer<typeof Plan>;
export const PlanList = z
  .object({ items: z.array(Plan), nextCursor: z.string().nullable() })
  .meta({ id: 'PlanList' });

export const Template = z
  .object({
    id: z.uuid(),
    name: z.string(),
    osName: z.string(),
    osVersion: z.string(),
    defaultUser: z.string(),
    minDiskGib: z.int(),
  })
  .meta({ id: 'Template' });
export type Template = z.infer<typeof Template>;
export const TemplateList = z
  .object({ items: z.array(Template), nextCursor: z.string().nullable() })
  .meta({ id: 'TemplateList' });

import { z } from 'zod';
import { OPERATION_TYPES } from './operation-table.ts';
import { FailureCode } from './problem.ts';

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

/** A row of `operation-table.ts`. */
export const OperationTypeView = z
  .object({
    type: z.enum(OPERATION_TYPES),
    name: z.string(),
    requestedBy: z.enum(['customer', 'admin']),
    recovery: z
      .enum(['compensate', 'pause', 'fail'])
      .meta({ description: 'when a step fails for good: undo all, wait for a decision, or just end' }),
    cancel: z.string(),
    rollBack: z.string().nullable(),
    steps: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        codes: z.array(FailureCode),
        skip: z.string().nullable(),
        noReturn: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'OperationType' });
export type OperationTypeView = z.infer<typeof OperationTypeView>;
export const OperationTypeList = z
  .object({ items: z.array(OperationTypeView), nextCursor: z.null() })
  .meta({ id: 'OperationTypeList' });

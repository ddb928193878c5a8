import { z } from 'zod';
import { OPERATION_TYPES } from './operation-table.ts';
import { FailureCode } from './problem.ts';
import { FIELD_TEXTS } from './field-texts.ts';

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

export const AvailabilityQuery = z.strictObject({ templateId: z.uuid() });

/** As many servers as are told of at most. */
export const MOST_AVAILABLE = 10;

/** What there is room for right now; it reserves nothing. */
export const AvailabilityList = z
  .object({
    items: z.array(
      z.object({
        location: z.string(),
        planId: z.uuid(),
        servers: z
          .int()
          .max(MOST_AVAILABLE)
          .meta({
            description: `how many more of this plan fit there, by memory, disk and addresses; at most ${MOST_AVAILABLE} are counted`,
          }),
        usualSeconds: z.int().nullable().meta({
          description: 'how long building one has usually taken there; null: not known yet',
        }),
      }),
    ),
    nextCursor: z.null(),
  })
  .meta({ id: 'AvailabilityList' });
export type AvailabilityList = z.infer<typeof AvailabilityList>;
export type Availability = AvailabilityList['items'][number];

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

const NAME = z.string().trim().min(1).max(63);
const WHOLE = z.int().min(1);

/** A plan as administrators see it: also one that is on offer no more. */
export const ManagedPlan = Plan.extend({
  enabled: z.boolean().meta({ description: 'on offer' }),
  servers: z.int().meta({ description: 'how many servers have it' }),
}).meta({ id: 'ManagedPlan' });
export type ManagedPlan = z.infer<typeof ManagedPlan>;
export const ManagedPlanList = z
  .object({ items: z.array(ManagedPlan), nextCursor: z.null() })
  .meta({ id: 'ManagedPlanList' });

export const CreatePlan = z
  .strictObject({
    name: NAME,
    vcpu: WHOLE.max(512),
    memoryMib: z.int().min(128).max(16_777_216),
    diskGib: WHOLE.max(65_536),
    trafficGib: WHOLE.max(2_000_000_000).nullable().default(null),
    networkMbps: WHOLE.max(1_000_000).nullable().default(null),
  })
  .meta({ id: 'CreatePlan' });
export type CreatePlan = z.input<typeof CreatePlan>;

/** What is left out stays as it is; servers that have the plan keep the size they have. */
export const UpdatePlan = z
  .strictObject({
    enabled: z.boolean().optional(),
    name: NAME.optional(),
    vcpu: CreatePlan.shape.vcpu.optional(),
    memoryMib: CreatePlan.shape.memoryMib.optional(),
    diskGib: CreatePlan.shape.diskGib.optional(),
    trafficGib: WHOLE.max(2_000_000_000).nullable().optional(),
    networkMbps: WHOLE.max(1_000_000).nullable().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { error: FIELD_TEXTS.name_a_field })
  .meta({ id: 'UpdatePlan', minProperties: 1 });
export type UpdatePlan = z.infer<typeof UpdatePlan>;

export const ReadyWhen = z.enum(['agent', 'address', 'running']).meta({
  description:
    'a new server counts as ready once its guest agent answers, once that also reports its address, or once the VM runs',
});

/** A template as administrators see it, with the nodes that hold it. */
export const ManagedTemplate = Template.extend({
  enabled: z.boolean().meta({ description: 'on offer where a node holds it' }),
  readyWhen: ReadyWhen,
  servers: z.int(),
  places: z.array(z.object({ cluster: z.string(), node: z.string(), vmid: z.int(), storage: z.string() })),
}).meta({ id: 'ManagedTemplate' });
export type ManagedTemplate = z.infer<typeof ManagedTemplate>;
export const ManagedTemplateList = z
  .object({ items: z.array(ManagedTemplate), nextCursor: z.null() })
  .meta({ id: 'ManagedTemplateList' });

export const UpdateTemplate = z
  .strictObject({
    enabled: z.boolean().optional(),
    readyWhen: ReadyWhen.optional(),
    minDiskGib: WHOLE.max(65_536).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { error: FIELD_TEXTS.name_a_field })
  .meta({ id: 'UpdateTemplate', minProperties: 1 });
export type UpdateTemplate = z.infer<typeof UpdateTemplate>;

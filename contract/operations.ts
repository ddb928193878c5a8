import { z } from 'zod';
import {
  definitionOf,
  ENDED,
  noReturnAt,
  OPERATION_TYPES,
  stepDefinition,
  UNDO_EFFECTS,
  UNDO_STEP,
  type OperationType,
} from './operation-table.ts';
import { FailureCode } from './problem.ts';
import { Said } from './said.ts';

export const OperationStatus = z.enum([
  'pending',
  'running',
  'needs_attention',
  'succeeded',
  'failed',
  'cancelled',
]);
export type OperationStatus = z.infer<typeof OperationStatus>;

/** The statuses in which an operation holds its server; one live operation per server. */
export const LIVE_STATUSES = ['pending', 'running', 'needs_attention'] as const satisfies OperationStatus[];
export const isLive = (status: OperationStatus): boolean =>
  (LIVE_STATUSES as readonly string[]).includes(status);

/** What can be decided about an operation that needs attention. */
export const Decision = z.enum(['resume', 'skip', 'roll_back']);
export type Decision = z.infer<typeof Decision>;

export const DecideOperation = z.strictObject({ decision: Decision }).meta({ id: 'DecideOperation' });

/** `by` says who may decide it at least. */
export const OfferedDecision = z
  .object({
    decision: Decision,
    effect: z.string(),
    by: z.enum(['customer', 'admin']),
    again: z.string().optional().meta({ description: 'The title of the step that is tried again' }),
  })
  .meta({ id: 'OfferedDecision' });
export type OfferedDecision = z.infer<typeof OfferedDecision>;

export const StepState = z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled', 'skipped']);
export type StepState = z.infer<typeof StepState>;

export const OperationStep = z
  .object({
    name: z.string(),
    title: z.string(),
    state: StepState,
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    percent: z.number().min(0).max(100).nullable().meta({ description: 'Only where Proxmox gives one' }),
    message: z.string().nullable().meta({ description: 'The latest news of this step' }),
    said: Said.optional(),
    task: z.string().nullable().meta({ description: 'The Proxmox task (UPID) this step started' }),
    usualSeconds: z.number().min(0).nullable().meta({
      description:
        'What such steps took lately on this node and storage, without the time in line; null when over or not known',
    }),
    queue: z
      .object({
        position: z.int().min(1).meta({ description: '1 is the next' }),
        etaSeconds: z
          .int()
          .min(0)
          .nullable()
          .meta({ description: 'Until its turn, as far as that is known' }),
      })
      .nullable()
      .meta({ description: 'Where it stands in line, while its storage or node has enough to do' }),
  })
  .meta({ id: 'OperationStep' });
export type OperationStep = z.infer<typeof OperationStep>;

export const Operation = z
  .object({
    id: z.uuid(),
    type: z.enum(OPERATION_TYPES),
    status: OperationStatus,
    serverId: z.uuid(),
    accountId: z.uuid().meta({ description: 'whose the server is' }),
    accountName: z.string(),
    serverName: z.string(),
    cancelRequested: z.boolean(),
    cancel: z.object({ possible: z.boolean(), effect: z.string(), by: z.enum(['customer', 'admin']) }).meta({
      description:
        'Whether it can be cancelled now, and what that does, or why not; `by` says who may do it at least',
    }),
    decisions: z
      .array(OfferedDecision)
      .meta({ description: 'What can be decided while it needs attention: POST /operations/{id}/decision' }),
    decision: Decision.nullable().meta({ description: 'Decided, and about to be carried out' }),
    steps: z.array(OperationStep),
    error: z
      .object({
        code: FailureCode,
        message: z.string(),
        said: Said.optional(),
        cause: z.string().nullable(),
        log: z.array(z.string()).meta({ description: 'The end of the log of the Proxmox task that failed' }),
      })
      .nullable()
      .meta({ description: 'Why it failed; `cause` is what Proxmox said' }),
    requestId: z.string().nullable(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Operation' });
export type Operation = z.infer<typeof Operation>;

/** The live operation as a server carries it: enough for a line in a list. */
export const OperationSummary = z
  .object({
    id: z.uuid(),
    type: z.enum(OPERATION_TYPES),
    status: OperationStatus,
    step: z.string().nullable(),
    stepTitle: z.string().nullable(),
    percent: z.number().nullable(),
    cancelRequested: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'OperationSummary' });
export type OperationSummary = z.infer<typeof OperationSummary>;

/** The title a person sees for a step, or null when the name is not one of this operation's steps. */
export const stepTitle = (type: OperationType, name: string | null): string | null =>
  stepDefinition(type, name)?.title ?? null;

/** What can be decided about an operation that stands at `step`, with what it does; nothing unless it needs attention. */
export function decisionsAt({ type, status, step }: Standing): OfferedDecision[] {
  if (status !== 'needs_attention') return [];
  const title = stepTitle(type, step) ?? type;
  const offered: OfferedDecision[] = [
    {
      decision: 'resume',
      effect: `“${title}” is tried again. What is done stays done.`,
      by: definitionOf(type).requestedBy,
      again: title,
    },
  ];
  const isUndoing = step === UNDO_STEP.name;
  const skipped = isUndoing ? UNDO_EFFECTS.skip : stepDefinition(type, step)?.skip;
  if (skipped) offered.push({ decision: 'skip', effect: skipped, by: 'admin' });
  const { rollBack } = definitionOf(type);
  if (rollBack && !noReturnAt(type, step))
    offered.push({ decision: 'roll_back', effect: rollBack, by: 'admin' });
  return offered;
}

/** Whether an operation that stands at `step` can be cancelled, with what that does or why it cannot. */
export function cancelAt({ type, status, step }: Standing): Operation['cancel'] {
  const { cancel, requestedBy: by } = definitionOf(type);
  if (!isLive(status)) return { possible: false, effect: ENDED, by };
  const noReturn = noReturnAt(type, step);
  return noReturn ? { possible: false, effect: noReturn, by } : { possible: true, effect: cancel, by };
}

interface Standing {
  type: OperationType;
  status: OperationStatus;
  step: string | null;
}

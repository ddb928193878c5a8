import { z } from 'zod';
import { FailureCode } from './problem.ts';

export const OperationType = z.enum([
  'provision',
  'start',
  'shutdown',
  'stop',
  'reboot',
  'reset',
  'terminate',
]);
export type OperationType = z.infer<typeof OperationType>;

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

export interface StepDefinition {
  name: string;
  title: string;
}

/** Each operation's steps in order: what a person sees, and the only step names workflows may report. */
export const OPERATION_STEPS = {
  provision: [
    { name: 'place', title: 'Choose a node' },
    { name: 'lease', title: 'Reserve VM id and addresses' },
    { name: 'clone', title: 'Copy the template' },
    { name: 'configure', title: 'Configure the VM' },
    { name: 'resize', title: 'Grow the disk' },
    { name: 'start', title: 'Start' },
    { name: 'ready', title: 'Wait until it answers' },
  ],
  start: [{ name: 'start', title: 'Start' }],
  shutdown: [{ name: 'shutdown', title: 'Shut down' }],
  stop: [{ name: 'stop', title: 'Power off' }],
  reboot: [{ name: 'reboot', title: 'Reboot' }],
  reset: [{ name: 'reset', title: 'Reset' }],
  terminate: [
    { name: 'stop', title: 'Power off' },
    { name: 'destroy', title: 'Delete VM and disks' },
    { name: 'release', title: 'Release VM id and addresses' },
  ],
} as const satisfies Record<OperationType, readonly StepDefinition[]>;

export type StepName = (typeof OPERATION_STEPS)[OperationType][number]['name'];

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
    task: z.string().nullable().meta({ description: 'The Proxmox task (UPID) this step started' }),
  })
  .meta({ id: 'OperationStep' });
export type OperationStep = z.infer<typeof OperationStep>;

export const Operation = z
  .object({
    id: z.uuid(),
    type: OperationType,
    status: OperationStatus,
    serverId: z.uuid(),
    serverName: z.string(),
    cancelRequested: z.boolean(),
    steps: z.array(OperationStep),
    error: z
      .object({ code: FailureCode, message: z.string(), cause: z.string().nullable() })
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
    type: OperationType,
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
export function stepTitle(type: OperationType, name: string | null): string | null {
  const steps: readonly StepDefinition[] = OPERATION_STEPS[type];
  return steps.find((step) => step.name === name)?.title ?? null;
}

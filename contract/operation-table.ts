import { OPERATION_NAMES, type OperationNames } from './operation-names.ts';
import type { FailureCode } from './problem.ts';

/**
 * What becomes of an operation when a step fails for good.
 * `compensate`: what was done is undone and the operation fails · `pause`: it waits at the step (*needs attention*) until
 * someone decides · `fail`: it ends, and nothing has to be undone.
 */
export type Recovery = 'compensate' | 'pause' | 'fail';

export interface StepDefinition {
  name: string;
  title: string;
  /** Why this step itself may fail, beside `CODES_OF_ANY_STEP`. */
  codes?: readonly FailureCode[];
  /** Set where an operator may leave the step out: what is then not done. */
  skip?: string;
  /** Set where there is no way back once the step has begun, and so no cancelling: why. */
  noReturn?: string;
}

export interface OperationDefinition extends OperationNames {
  workflow: string;
  recovery: Recovery;
  /** Failures whose cause the provider can mend: for these it waits at the step, as with `pause`. */
  mendable?: readonly FailureCode[];
  /** What a cancel does, up to a step of no return. */
  cancel: string;
  /** What *Roll back* does with a paused operation; null where only forward makes sense. */
  rollBack: string | null;
  steps: readonly StepDefinition[];
}

/** Whatever calls Proxmox may end with these. */
export const CODES_OF_ANY_STEP = [
  'vm_gone',
  'vm_not_ours',
  'vm_locked',
  'vm_protected',
  'proxmox_rejected',
  'proxmox_unreachable',
  'proxmox_busy',
  'proxmox_bad_answer',
  'proxmox_auth_failed',
  'proxmox_untrusted',
  'no_quorum',
  'node_missing',
  'storage_unavailable',
  'volume_missing',
  'network_missing',
  'ha_refused',
  'config_changed',
  'task_failed',
  'task_interrupted',
  'internal_error',
] as const satisfies FailureCode[];

const POWER = {
  workflow: 'powerServer',
  recovery: 'fail',
  cancel: 'Berth stops waiting, and asks Proxmox to stop the task while the guest has not answered.',
  rollBack: null,
} as const;

const START_AGAIN = 'The server stays powered off; start it later.';

/**
 * Every operation there is: its steps in order (the only step names workflows may report), how each may fail, and what can
 * be done then. Workflows, API, dashboard and docs/lifecycle.md all read this table.
 */
export const OPERATIONS = {
  provision: {
    ...OPERATION_NAMES.provision,
    workflow: 'provisionServer',
    recovery: 'compensate',
    mendable: [
      'no_capacity',
      'no_vmid_left',
      'no_address_left',
      'template_missing',
      'storage_full',
      'storage_unavailable',
      'network_missing',
      'proxmox_auth_failed',
      'proxmox_untrusted',
    ],
    cancel: 'The VM is deleted, and its id and addresses are given back.',
    rollBack: 'The VM is deleted, and its id and addresses are given back.',
    steps: [
      { name: 'place', title: 'Choose a node', codes: ['no_capacity', 'template_missing'] },
      {
        name: 'lease',
        title: 'Reserve VM id and addresses',
        codes: ['no_vmid_left', 'no_address_left'],
      },
      { name: 'clone', title: 'Copy the template', codes: ['storage_full', 'template_missing'] },
      { name: 'configure', title: 'Configure the VM' },
      { name: 'resize', title: 'Grow the disk', codes: ['storage_full'] },
      { name: 'start', title: 'Start' },
      { name: 'ready', title: 'Wait until it answers', codes: ['guest_not_ready'] },
    ],
  },
  start: { ...OPERATION_NAMES.start, ...POWER, steps: [{ name: 'start', title: 'Start' }] },
  shutdown: {
    ...OPERATION_NAMES.shutdown,
    ...POWER,
    steps: [{ name: 'shutdown', title: 'Shut down', codes: ['guest_did_not_shut_down'] }],
  },
  stop: { ...OPERATION_NAMES.stop, ...POWER, steps: [{ name: 'stop', title: 'Power off' }] },
  reboot: {
    ...OPERATION_NAMES.reboot,
    ...POWER,
    steps: [{ name: 'reboot', title: 'Reboot', codes: ['guest_did_not_shut_down'] }],
  },
  reset: { ...OPERATION_NAMES.reset, ...POWER, steps: [{ name: 'reset', title: 'Reset' }] },
  resize: {
    ...OPERATION_NAMES.resize,
    workflow: 'resizeServer',
    recovery: 'pause',
    cancel: 'Processors and memory are set back. A disk that has grown stays as it is.',
    rollBack: 'Processors and memory are set back. A disk that has grown stays as it is.',
    steps: [
      {
        name: 'check',
        title: 'Check room on the node',
        codes: ['no_capacity', 'storage_unavailable', 'disk_shrink'],
      },
      { name: 'disk', title: 'Grow the disk', codes: ['storage_full'], skip: 'The disk keeps its size.' },
      { name: 'configure', title: 'Set processors and memory' },
    ],
  },
  rebuild: {
    ...OPERATION_NAMES.rebuild,
    workflow: 'rebuildServer',
    recovery: 'pause',
    cancel: 'The server is started again as it was, as long as its disk has not been erased.',
    rollBack: null,
    steps: [
      {
        name: 'check',
        title: 'Check template and room',
        codes: [
          'template_missing',
          'storage_full',
          'storage_unavailable',
          'disk_shrink',
          'vm_protected',
          'ha_refused',
        ],
      },
      { name: 'stop', title: 'Power off' },
      { name: 'destroy', title: 'Erase the old disk', noReturn: 'The old disk is being erased.' },
      { name: 'clone', title: 'Copy the template', codes: ['storage_full', 'template_missing'] },
      { name: 'configure', title: 'Configure the VM' },
      { name: 'resize', title: 'Grow the disk', codes: ['storage_full'] },
      { name: 'start', title: 'Start' },
      {
        name: 'ready',
        title: 'Wait until it answers',
        codes: ['guest_not_ready'],
        skip: 'The server counts as rebuilt although its system has not answered.',
      },
    ],
  },
  suspend: {
    ...OPERATION_NAMES.suspend,
    workflow: 'suspendServer',
    recovery: 'pause',
    cancel: 'The server gets back the power state it had.',
    rollBack: 'The server gets back the power state it had.',
    steps: [
      { name: 'block', title: 'Keep it from starting with its node' },
      { name: 'shutdown', title: 'Shut down, or power off', codes: ['guest_did_not_shut_down'] },
    ],
  },
  unsuspend: {
    ...OPERATION_NAMES.unsuspend,
    workflow: 'unsuspendServer',
    recovery: 'pause',
    cancel: 'The server stays suspended, with the power state it had.',
    rollBack: 'The server stays suspended, with the power state it had.',
    steps: [
      { name: 'unblock', title: 'Let it start with its node' },
      { name: 'start', title: 'Start it, if it ran before', skip: START_AGAIN },
    ],
  },
  rescue: {
    ...OPERATION_NAMES.rescue,
    workflow: 'rescueServer',
    recovery: 'pause',
    cancel: 'The rescue medium is taken out and the server boots from its disk again.',
    rollBack: 'The rescue medium is taken out and the server boots from its disk again.',
    steps: [
      { name: 'attach', title: 'Insert the rescue medium', codes: ['volume_missing'] },
      { name: 'restart', title: 'Restart from it' },
    ],
  },
  leave_rescue: {
    ...OPERATION_NAMES.leave_rescue,
    workflow: 'leaveRescue',
    recovery: 'pause',
    cancel: 'What has been done stays done; leave the rescue system again later.',
    rollBack: null,
    steps: [
      { name: 'detach', title: 'Take out the rescue medium' },
      { name: 'restart', title: 'Restart from its disk' },
    ],
  },
  reset_password: {
    ...OPERATION_NAMES.reset_password,
    workflow: 'resetPassword',
    recovery: 'fail',
    cancel: 'The password stays as it is, unless the guest agent or cloud-init has been told already.',
    rollBack: null,
    steps: [
      {
        name: 'agent',
        title: 'Ask the guest agent to set it',
        codes: ['agent_not_running', 'agent_error'],
      },
      { name: 'cloudinit', title: 'Hand it to cloud-init', codes: ['agent_not_running'] },
      { name: 'reboot', title: 'Reboot, so that cloud-init sets it', codes: ['guest_did_not_shut_down'] },
    ],
  },
  adopt: {
    ...OPERATION_NAMES.adopt,
    workflow: 'adoptVm',
    recovery: 'compensate',
    cancel: 'The marker is removed from the VM, which stays as it was.',
    rollBack: null,
    steps: [
      { name: 'inspect', title: 'Compare the VM with what was shown', codes: ['vm_changed'] },
      { name: 'lease', title: 'Reserve VM id and addresses', codes: ['vmid_taken'] },
      { name: 'mark', title: 'Mark the VM as managed' },
    ],
  },
  migrate: {
    ...OPERATION_NAMES.migrate,
    workflow: 'migrateServer',
    recovery: 'pause',
    cancel: 'Proxmox is asked to stop the migration; the server goes on where it was.',
    rollBack: 'The server stays where it is now.',
    steps: [
      { name: 'check', title: 'Check what could be in the way', codes: ['migration_blocked', 'no_capacity'] },
      { name: 'move', title: 'Move the VM', codes: ['storage_full', 'migration_blocked'] },
      { name: 'verify', title: 'Make sure it runs there' },
    ],
  },
  terminate: {
    ...OPERATION_NAMES.terminate,
    workflow: 'terminateServer',
    recovery: 'pause',
    cancel: 'The server is kept and gets back the power state it had, as long as nothing has been erased.',
    rollBack: null,
    steps: [
      { name: 'stop', title: 'Power off' },
      { name: 'grace', title: 'Wait, in case it was a mistake' },
      { name: 'destroy', title: 'Delete VM and disks', noReturn: 'The disks are being erased.' },
      { name: 'release', title: 'Release VM id and addresses' },
    ],
  },
} as const satisfies Record<string, OperationDefinition>;

export type OperationType = keyof typeof OPERATIONS;
export const OPERATION_TYPES = Object.keys(OPERATIONS) as [OperationType, ...OperationType[]];

/** Shown only when something had to be undone. */
export const UNDO_STEP = { name: 'undo', title: 'Undo what was done' } as const satisfies StepDefinition;
/** What leaving it out does, and why it cannot be cancelled. */
export const UNDO_EFFECTS = {
  skip: 'What could not be undone is left behind.',
  noReturn: 'What was done is being undone already.',
} as const;

export type StepName = (typeof OPERATIONS)[OperationType]['steps'][number]['name'] | typeof UNDO_STEP.name;

/** An operation's row of the table. */
export const definitionOf = (type: OperationType): OperationDefinition => OPERATIONS[type];

/** Whether an operation one of whose steps failed for good waits there for a decision. */
export function waitsAfter(type: OperationType, code: string): boolean {
  const { recovery, mendable = [] } = definitionOf(type);
  return recovery === 'pause' || (mendable as readonly string[]).includes(code);
}

/** A step's row, or null when the name is not one of this operation's steps. */
export function stepDefinition(type: OperationType, name: string | null): StepDefinition | null {
  if (name === UNDO_STEP.name) return UNDO_STEP;
  return definitionOf(type).steps.find((step) => step.name === name) ?? null;
}

/** Why an operation at this step can no longer be cancelled, or null when it can. */
export function noReturnAt(type: OperationType, name: string | null): string | null {
  if (name === UNDO_STEP.name) return UNDO_EFFECTS.noReturn;
  const { steps } = definitionOf(type);
  const reached = steps.findIndex((step) => step.name === name);
  return steps.find(({ noReturn }, index) => noReturn && index <= reached)?.noReturn ?? null;
}

/** Why what is over cannot be cancelled. */
export const ENDED = 'It has ended.';

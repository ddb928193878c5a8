import type { FailureCode } from '../../contract/problem.ts';

export interface FailureExplanation {
  /** What went wrong, as a heading. */
  title: string;
  /** Why that happens. */
  cause: string;
  /** What the reader can do now. */
  nextStep: string;
}

/** Every code an operation can fail with, in words. */
export const FAILURES: Record<FailureCode, FailureExplanation> = {
  no_capacity: {
    title: 'No node has room',
    cause: 'No node of the cluster has enough free memory or disk for this plan and carries the template.',
    nextStep:
      'Choose a smaller plan, or try again later: room comes back when servers are deleted or nodes added.',
  },
  no_address_left: {
    title: 'No address is left',
    cause: 'Every IP address of the pool is held by a server.',
    nextStep: 'Ask your provider to add addresses, or delete a server you no longer need, then try again.',
  },
  no_vmid_left: {
    title: 'No VM id is left',
    cause: 'Every VM id of the range set aside for this cluster is held.',
    nextStep: 'Ask your provider to widen the range; then try again.',
  },
  template_missing: {
    title: 'The template is missing',
    cause: 'The template is not on the cluster any more, or no longer a template.',
    nextStep: 'Create the server from another template and tell your provider which one is missing.',
  },
  vm_gone: {
    title: 'The VM is gone',
    cause: 'The VM of this server does not exist on Proxmox VE any more: someone deleted it there.',
    nextStep:
      'Its disks cannot be brought back from here. Delete the server to free its addresses, or ask your provider for a backup.',
  },
  vm_not_ours: {
    title: 'The VM belongs to something else',
    cause: 'A VM with this id exists but does not carry the mark of this server, so it was left untouched.',
    nextStep: 'Ask your provider to look at the VM before anything else is done.',
  },
  vm_locked: {
    title: 'The VM is locked',
    cause: 'Another task on Proxmox VE, such as a backup or a migration, held the VM for too long.',
    nextStep:
      'Try again in a few minutes. If the lock stays, your provider has to look at the task that holds it.',
  },
  proxmox_rejected: {
    title: 'Proxmox VE refused the change',
    cause: 'Proxmox VE found something wrong with what it was asked to do. Its own words are shown below.',
    nextStep: 'Trying again will end the same way: send your provider the cause and the operation id.',
  },
  proxmox_unreachable: {
    title: 'Proxmox VE did not answer',
    cause: 'The cluster or the node of this server could not be reached for too long.',
    nextStep: 'Try again in a few minutes. Your server may well be running: only its management is away.',
  },
  proxmox_auth_failed: {
    title: 'Proxmox VE refused the credentials',
    cause: 'The token used to manage the cluster was revoked, has expired or lacks a permission.',
    nextStep: 'Your provider has to renew the token; then try again.',
  },
  storage_full: {
    title: 'The storage is full',
    cause: 'The storage had no space left for the disk of this server.',
    nextStep: 'Try again later or choose a plan with a smaller disk. Your provider has to free or add space.',
  },
  task_failed: {
    title: 'The task failed on Proxmox VE',
    cause: 'Proxmox VE began the work and ended it with an error. Its own words are shown below.',
    nextStep: 'Try once more. If it fails again, send your provider the cause and the operation id.',
  },
  guest_did_not_shut_down: {
    title: 'The system inside did not shut down',
    cause: 'The operating system was asked to shut down and was still running when its time was over.',
    nextStep: 'Log in and shut it down from inside, or use Power off, which is like pulling the plug.',
  },
  guest_not_ready: {
    title: 'The system inside did not answer',
    cause: 'The VM runs, but neither its guest agent nor its address answered in time.',
    nextStep: 'Check your user data for mistakes, then delete the server and create it again.',
  },
  cancelled: {
    title: 'Cancelled',
    cause: 'Someone cancelled this operation before it was complete.',
    nextStep: 'What had been done was undone or brought to a safe end, so you can simply do it again.',
  },
  workflow_lost: {
    title: 'The operation was lost',
    cause: 'The process that carried it out ended without a result, so how far it came is not certain.',
    nextStep: 'Check the status above: it is read from Proxmox VE. Then do what is still missing again.',
  },
  internal_error: {
    title: 'Something broke inside Berth',
    cause: 'This is a fault of Berth, not of your server or of what you asked for.',
    nextStep: 'Try once more. If it fails again, send your provider the operation id.',
  },
};

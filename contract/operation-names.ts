export interface OperationNames {
  /** What it is called, as a name and while it is under way. */
  name: string;
  ongoing: string;
  requestedBy: 'customer' | 'admin';
}

/** What is said of operations everywhere; by itself, so that a page that only names them need not load their whole table. */
export const OPERATION_NAMES = {
  provision: { name: 'Create', ongoing: 'Creating', requestedBy: 'customer' },
  start: { name: 'Start', ongoing: 'Starting', requestedBy: 'customer' },
  shutdown: { name: 'Shut down', ongoing: 'Shutting down', requestedBy: 'customer' },
  stop: { name: 'Power off', ongoing: 'Powering off', requestedBy: 'customer' },
  reboot: { name: 'Reboot', ongoing: 'Rebooting', requestedBy: 'customer' },
  reset: { name: 'Reset', ongoing: 'Resetting', requestedBy: 'customer' },
  resize: { name: 'Change plan', ongoing: 'Changing the plan', requestedBy: 'customer' },
  rebuild: { name: 'Rebuild', ongoing: 'Rebuilding', requestedBy: 'customer' },
  suspend: { name: 'Suspend', ongoing: 'Suspending', requestedBy: 'admin' },
  unsuspend: { name: 'Lift suspension', ongoing: 'Lifting the suspension', requestedBy: 'admin' },
  rescue: { name: 'Boot rescue system', ongoing: 'Booting the rescue system', requestedBy: 'customer' },
  leave_rescue: {
    name: 'Leave rescue system',
    ongoing: 'Leaving the rescue system',
    requestedBy: 'customer',
  },
  reset_password: { name: 'Reset password', ongoing: 'Resetting the password', requestedBy: 'customer' },
  adopt: { name: 'Adopt a VM', ongoing: 'Adopting', requestedBy: 'admin' },
  migrate: { name: 'Move to another node', ongoing: 'Moving', requestedBy: 'admin' },
  terminate: { name: 'Delete', ongoing: 'Deleting', requestedBy: 'customer' },
} as const satisfies Record<string, OperationNames>;

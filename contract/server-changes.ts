import { z } from 'zod';
import { Flag } from './flag.ts';
import { ServerPassword, SshKey, SshKeyIds } from './servers.ts';
import { Said } from './said.ts';

/** Requests for the operations of `operation-table.ts` that take more than a name. All are answered 202. */

/** `POST /servers/{id}/resize` */
export const ResizeServer = z
  .strictObject({
    planId: z.uuid(),
    keepDisk: z.boolean().default(false).meta({
      description: 'change processors and memory only; needed where the plan has less disk than the server',
    }),
  })
  .meta({ id: 'ResizeServer' });
export type ResizeServer = z.infer<typeof ResizeServer>;

/** `POST /servers/{id}/rebuild`: erases the disk; id, addresses and (unless any are given) SSH keys are kept. */
export const RebuildServer = z
  .strictObject({
    templateId: z.uuid(),
    sshKeys: z.array(SshKey).max(20).optional().meta({ description: 'instead of those it has' }),
    sshKeyIds: SshKeyIds.optional(),
    password: ServerPassword.optional(),
    userData: z
      .string()
      .max(64 * 1024)
      .optional(),
  })
  .meta({ id: 'RebuildServer' });
export type RebuildServer = z.infer<typeof RebuildServer>;

/** `POST /servers/{id}/suspend` (administrators) */
export const SuspendServer = z
  .strictObject({
    reason: z.string().trim().min(3).max(500).meta({ description: 'told to the customer' }),
  })
  .meta({ id: 'SuspendServer' });
export type SuspendServer = z.infer<typeof SuspendServer>;

/** `DELETE /servers/{id}` */
export const DeleteServerQuery = z.strictObject({
  now: Flag.meta({
    description: 'administrators only: erase at once, also where there is a time in which it can be undone',
  }),
});

/** `POST /servers/{id}/password` */
export const ResetPassword = z
  .strictObject({
    password: ServerPassword,
    allowReboot: z.boolean().default(false).meta({
      description:
        'when the guest agent is silent, let cloud-init set it, which takes a reboot and counts as a first boot: new SSH host keys, user data runs again',
    }),
  })
  .meta({ id: 'ResetPassword' });
export type ResetPassword = z.infer<typeof ResetPassword>;

/** `POST /servers/{id}/migrate` (administrators) */
export const MigrateServer = z
  .strictObject({ node: z.string().min(1).max(63).meta({ description: 'the name of the node to move to' }) })
  .meta({ id: 'MigrateServer' });
export type MigrateServer = z.infer<typeof MigrateServer>;

/** `GET /servers/{id}/migration-targets` (administrators) */
export const MigrationTarget = z
  .object({
    node: z.string(),
    freeMemoryMib: z.int().meta({ description: 'what no server on it has been given' }),
    obstacle: z.string().nullable().meta({
      description: 'what the record already knows to be in the way; the move itself looks for more',
    }),
    obstacleSaid: Said.optional(),
  })
  .meta({ id: 'MigrationTarget' });
export type MigrationTarget = z.infer<typeof MigrationTarget>;
export const MigrationTargetList = z
  .object({ items: z.array(MigrationTarget), nextCursor: z.null() })
  .meta({ id: 'MigrationTargetList' });

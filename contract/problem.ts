import { z } from 'zod';
import { ConnectionFinding } from './clusters.ts';
import { Said } from './said.ts';

/** Codes an operation can fail with; `failures.ts` explains each of them. */
export const FAILURE_CODES = [
  'no_capacity',
  'no_address_left',
  'no_vmid_left',
  'template_missing',
  'template_in_use',
  'vm_gone',
  'vm_not_ours',
  'vm_locked',
  'vm_protected',
  'vm_running',
  'vm_not_running',
  'vm_is_template',
  'vmid_taken',
  'proxmox_rejected',
  'proxmox_unreachable',
  'proxmox_busy',
  'proxmox_bad_answer',
  'proxmox_auth_failed',
  'proxmox_untrusted',
  'no_quorum',
  'node_missing',
  'network_missing',
  'storage_full',
  'storage_unavailable',
  'volume_missing',
  'disk_shrink',
  'clone_unsupported',
  'snapshot_exists',
  'snapshot_missing',
  'snapshot_refused',
  'migration_blocked',
  'ha_refused',
  'config_changed',
  'hotplug_pending',
  'task_failed',
  'task_interrupted',
  'agent_not_configured',
  'agent_not_running',
  'agent_error',
  'guest_did_not_shut_down',
  'guest_not_ready',
  'vm_changed',
  'cancelled',
  'workflow_lost',
  'internal_error',
] as const;
export const FailureCode = z.enum(FAILURE_CODES);
export type FailureCode = z.infer<typeof FailureCode>;

/** Codes of refused requests (`application/problem+json`). */
export const PROBLEM_CODES = [
  'invalid_input',
  'invalid_json',
  'invalid_idempotency_key',
  'idempotency_key_reused',
  'unauthenticated',
  'invalid_credentials',
  'second_factor_required',
  'invalid_code',
  'invalid_passkey',
  'session_expired',
  'invalid_link',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'server_busy',
  'server_protected',
  'invalid_state',
  'not_cancellable',
  'not_paused',
  'quota_exceeded',
  'no_capacity',
  'no_address_left',
  'disk_shrink',
  'user_data_unsupported',
  'rescue_unsupported',
  'name_taken',
  'cluster_unusable',
  'conflict',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
  'internal_error',
] as const;
export const ProblemCode = z.enum(PROBLEM_CODES);
export type ProblemCode = z.infer<typeof ProblemCode>;

/** The body of every error answer (RFC 9457). */
export const Problem = z.object({
  type: z.string().meta({ description: 'A stable URN: urn:berth:problem:<code>' }),
  title: z.string().meta({ description: 'One human sentence' }),
  titleSaid: Said.optional(),
  status: z.int(),
  code: ProblemCode,
  detail: z.string().optional().meta({ description: 'What to do about it' }),
  detailSaid: Said.optional(),
  requestId: z.string().optional(),
  issues: z
    .array(z.object({ field: z.string(), message: z.string(), said: Said.optional() }))
    .optional()
    .meta({ description: 'The fields that were refused' }),
  operation: z
    .object({ id: z.string(), type: z.string(), status: z.string() })
    .optional()
    .meta({ description: 'The operation that is in the way' }),
  findings: z
    .array(ConnectionFinding)
    .optional()
    .meta({ description: 'What the test of a connection found' }),
});
export type Problem = z.infer<typeof Problem>;
export type Issue = NonNullable<Problem['issues']>[number];

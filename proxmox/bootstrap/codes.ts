/** What the check of a cluster may find besides the codes of the test of a connection; docs/proxmox.md explains each. */
export const CHECK_CODES = [
  'node_missing',
  'storage_inactive',
  'storage_content_missing',
  'storage_full',
  'admin_privilege_missing',
  'role_missing',
  'user_missing',
  'user_disabled',
  'pool_missing',
  'agent_missing',
] as const;
export type CheckCode = (typeof CHECK_CODES)[number];

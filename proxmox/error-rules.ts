/**
 * What a caller may do about a failure:
 * `retry` nothing happened, try later · `locked` wait for the lock, then try again · `exists` what was asked for is already there ·
 * `missing` the thing is gone or was never there · `final` trying again cannot help · `unknown` the call may have worked, look again ·
 * `unreachable` no node answered, nothing was started · `auth` credentials, privileges or certificate.
 */
export type ProxmoxErrorKind =
  | 'retry'
  | 'locked'
  | 'exists'
  | 'missing'
  | 'final'
  | 'unknown'
  | 'unreachable'
  | 'auth';

export const PROXMOX_ERROR_CODES = [
  'agent_error',
  'agent_not_configured',
  'agent_not_running',
  'already_running',
  'clone_unsupported',
  'config_changed',
  'disk_shrink',
  'guest_did_not_shut_down',
  'ha_refused',
  'hotplug_pending',
  'migration_blocked',
  'network_missing',
  'no_quorum',
  'node_missing',
  'node_too_small',
  'outcome_unknown',
  'proxmox_auth_failed',
  'proxmox_bad_answer',
  'proxmox_busy',
  'proxmox_rejected',
  'proxmox_unreachable',
  'proxmox_untrusted',
  'snapshot_exists',
  'snapshot_missing',
  'snapshot_refused',
  'storage_full',
  'storage_unavailable',
  'task_failed',
  'task_interrupted',
  'task_unknown',
  'template_in_use',
  'template_missing',
  'vm_gone',
  'vm_is_template',
  'vm_locked',
  'vm_not_running',
  'vm_protected',
  'vm_running',
  'vmid_taken',
  'volume_missing',
] as const;
export type ProxmoxErrorCode = (typeof PROXMOX_ERROR_CODES)[number];

export type Rule = [RegExp, ProxmoxErrorKind, ProxmoxErrorCode];

/** Something has run out. These are causes wherever they are said, be it deep in a log. */
export const EXHAUSTED: Rule[] = [
  [
    /no space left on device|not enough free space|out of space|disk quota exceeded|insufficient free space|free space in thin pool \S+ reached threshold/i,
    'final',
    'storage_full',
  ],
  [
    /MAX \d+ vcpus allowed per VM on this node|cannot set up guest memory|cannot allocate memory/i,
    'final',
    'node_too_small',
  ],
];

/**
 * Texts of qemu-server, pve-storage, pve-guest-common and pve-ha-manager 8.x and 9.x, as synchronous 500 or as a task's exit
 * status. The first match wins, so causes stand before the symptoms that quote them.
 */
export const TEXT_RULES: Rule[] = [
  // Whatever the guest's own system says is not about Proxmox: its disk may be full too.
  [/^Agent error:/, 'final', 'agent_error'],
  [
    /command 'guest-(?:exec|set-user-password|file-write|fstrim|shutdown)' failed - got timeout/,
    'unknown',
    'agent_not_running',
  ],
  [
    /QEMU guest agent is not running|(?:command 'guest-[^']*'|qga command).*got timeout/,
    'retry',
    'agent_not_running',
  ],
  [/No QEMU guest agent configured/, 'final', 'agent_not_configured'],
  [/command 'guest-[^']*' failed/, 'final', 'agent_error'],
  ...EXHAUSTED,
  [/received interrupt|interrupted by signal|unexpected status/i, 'unknown', 'task_interrupted'],
  [/(?:VM|CT) is locked\b/, 'locked', 'vm_locked'],
  [
    /can't lock file '[^']*\/(?:qemu-server|lxc)\/lock-|pve-migrate-\d+'|guest migration lock/,
    'locked',
    'vm_locked',
  ],
  [/no quorum|cluster not ready|\/etc\/pve\/.*permission denied/i, 'retry', 'no_quorum'],
  [
    /can't (?:lock file|acquire lock)|cfs-lock|lock request timeout|locked command timed out/,
    'retry',
    'proxmox_busy',
  ],
  [
    /unexpected state change|fork worker|got no worker upid|starting worker failed|ipcc_send_rec|unable to load access control list|too many redirections/i,
    'retry',
    'proxmox_busy',
  ],
  [
    /(?:VM|CT) \d+ already exists|config file already exists|\.conf' failed: File exists/,
    'exists',
    'vmid_taken',
  ],
  [/VM \d+ already running/, 'exists', 'already_running'],
  [
    /Configuration file '[^']*' does not exist|unable to find configuration file for VM|no such VM\b/,
    'missing',
    'vm_gone',
  ],
  [/no such task/, 'missing', 'task_unknown'],
  [/checksum mismatch \(file change|detected modified configuration/, 'retry', 'config_changed'],
  [
    /(?:hostname|address) lookup (?:for )?'|proxy loop detected|can't connect to destination address/i,
    'unreachable',
    'proxmox_unreachable',
  ],
  [/no such cluster node/, 'final', 'node_missing'],
  [/storage '[^']*' is not online|unable to activate storage/, 'retry', 'storage_unavailable'],
  [
    /storage '[^']*' (?:does not exist|is disabled|is not available on node|does not support|is not configured for content)|content type '\w+' is not available on storage|no such storage/i,
    'final',
    'storage_unavailable',
  ],
  [/resource ID '[^']*' already defined/, 'exists', 'ha_refused'],
  [/not HA managed|(?:no such resource|resource) 'vm:\d+'/, 'missing', 'ha_refused'],
  [/used in HA resources|must be disabled and fixed first|HA managed VM/, 'final', 'ha_refused'],
  [/snapshot name '[^']*' already used/, 'exists', 'snapshot_exists'],
  [/snapshot '[^']*' does not exist/, 'missing', 'snapshot_missing'],
  [
    /snapshot feature is not available|not most recent snapshot|more recent snapshots? exist|unable to use snapshot name|incomplete snapshot|\(snapshot\?\)|disk with snapshots|VM contains snapshots/,
    'final',
    'snapshot_refused',
  ],
  [/you can't convert a template to a template/, 'exists', 'vm_is_template'],
  [/you can't (?:start|take|suspend).* if it's a template/, 'final', 'vm_is_template'],
  [
    /(?:linked|full) clone feature is not supported|can't clone (?:to non-shared storage|VM to node)|not allowed for linked clones/i,
    'final',
    'clone_unsupported',
  ],
  [
    /can't (?:live )?migrate|can't do online migration|cannot (?:live-)?migrate|target is local node/i,
    'final',
    'migration_blocked',
  ],
  // Someone was faster: it is looked at and stopped again.
  [/is running - destroy failed/, 'retry', 'vm_running'],
  [/(?:restore VM \d+ - vm|if VM) is running/i, 'final', 'vm_running'],
  [/VM \d+ (?:is )?not running/, 'final', 'vm_not_running'],
  [/protection mode enabled/, 'final', 'vm_protected'],
  [/still in use by linked clone|base image with linked clones/, 'final', 'template_in_use'],
  [/quit\/powerdown failed|VM is paused - cannot shutdown/, 'final', 'guest_did_not_shut_down'],
  [/shrinking disks is not supported/, 'final', 'disk_shrink'],
  [/(?:volume|disk) '[^']*' does not exist|(?:^|- )failed to stat '/, 'final', 'volume_missing'],
  [/bridge '[^']*' does not exist|no physical interface on bridge/, 'final', 'network_missing'],
  [/got timeout|timeout waiting on systemd|unable to connect to VM \d+ qmp socket/, 'retry', 'proxmox_busy'],
];

/** The only texts that make a 400 anything but the caller's mistake. */
export const PARAMETER_RULES: Rule[] = [
  [/^no such task/, 'missing', 'task_unknown'],
  [/^(?:VM|CT) \d+ already exists/, 'exists', 'vmid_taken'],
  [/^hotplug problem/, 'final', 'hotplug_pending'],
  [/^target is local node/, 'final', 'migration_blocked'],
  [/^no such storage|^storage '[^']*' does not/i, 'final', 'storage_unavailable'],
  [/\bHA (?:resources?|managed)\b/, 'final', 'ha_refused'],
];

/** Said of a stopped VM, before the cause. */
export const UNAPPLIED = /^unable to apply pending change \S+ : /;
export const STAYS_PENDING = /^(?:hotplug problem|unable to apply pending change)/;

/** Statuses that speak for themselves; 59x come from pveproxy's own hop to pvedaemon or another node. */
export const STATUS_RULES: Record<number, [ProxmoxErrorKind, ProxmoxErrorCode]> = {
  401: ['auth', 'proxmox_auth_failed'],
  403: ['auth', 'proxmox_auth_failed'],
  408: ['retry', 'proxmox_busy'],
  429: ['retry', 'proxmox_busy'],
  501: ['final', 'proxmox_rejected'],
  503: ['retry', 'proxmox_busy'],
  506: ['final', 'proxmox_rejected'],
  595: ['unreachable', 'proxmox_unreachable'],
};

import { describe, expect, it } from 'vitest';
import { classifyAnswer, classifyTaskExit, classifyTransport, ProxmoxError } from './errors.ts';
import type { ProxmoxErrorCode, ProxmoxErrorKind } from './errors.ts';

type Row = [status: number, reason: string, meaning: `${ProxmoxErrorKind} ${ProxmoxErrorCode}`];

const CONF = "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist";
const LOCK = "can't lock file '/var/lock/qemu-server/lock-260.conf' - got timeout";

/** Answers recorded from pve-manager 9.2.11, and texts of its sources. */
const ANSWERS: Row[] = [
  [401, 'authentication failure', 'auth proxmox_auth_failed'],
  [401, 'No ticket', 'auth proxmox_auth_failed'],
  [401, 'Permission denied - invalid csrf token', 'auth proxmox_auth_failed'],
  [401, 'permission denied - invalid PVEVNC ticket', 'auth proxmox_auth_failed'],
  [403, 'Permission check failed', 'auth proxmox_auth_failed'],
  [
    403,
    'Permission check failed (/vms/240, VM.Config.Cloudinit|VM.Config.Network)',
    'auth proxmox_auth_failed',
  ],
  [403, "Permission check failed (pool 'nosuch' does not exist)", 'auth proxmox_auth_failed'],
  [501, "Method 'GET /nosuch' not implemented", 'final proxmox_rejected'],
  [501, "method 'PATCH' not available", 'final proxmox_rejected'],
  [501, "method 'HEAD' not available", 'final proxmox_rejected'],
  [
    500,
    'Not a HASH reference at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 978.',
    'final proxmox_rejected',
  ],
  [500, "pool 'p1' does not exist", 'final proxmox_rejected'],
  [500, "delete pool failed: pool 'p1' is not empty (contains VM 240)", 'final proxmox_rejected'],
  [500, "unable to parse volume filename 'bad name'", 'final proxmox_rejected'],
  [500, "volume_size_info on 'dir1:240/vm-240-disk-8.qcow2' failed - no format", 'final proxmox_rejected'],
  [500, "only root can modify 'serial0' config for real devices", 'final proxmox_rejected'],
  [501, "Unexpected content for method 'DELETE'", 'final proxmox_rejected'],
  [501, 'for data too large', 'final proxmox_rejected'],
  [501, 'no formatter for uri /version, nosuch', 'final proxmox_rejected'],
  [506, "upload 'Content-Type 'text/plain' not implemented", 'final proxmox_rejected'],
  [595, 'No route to host', 'unreachable proxmox_unreachable'],
  [595, 'Connection refused', 'unreachable proxmox_unreachable'],
  [596, 'Broken pipe', 'unknown outcome_unknown'],
  [596, 'Connection timed out', 'unknown outcome_unknown'],
  [599, 'Too many redirections', 'unknown outcome_unknown'],
  [502, 'Bad Gateway', 'unknown outcome_unknown'],
  [503, 'Service Unavailable', 'retry proxmox_busy'],
  [500, "create user failed: user 'orch@pve' already exists", 'final proxmox_rejected'],
  [500, "ACL update failed: role 'NoSuchRole' does not exist", 'final proxmox_rejected'],
  [500, "no such token 'sep' for user 'orch@pve'", 'final proxmox_rejected'],
  [500, "no such file '/version'", 'final proxmox_rejected'],
  [
    500,
    "hostname lookup 'nosuch' failed - failed to get address info for: nosuch: Temporary failure in name resolution",
    'unreachable proxmox_unreachable',
  ],
  [500, "address lookup for 'xyz' did not find any IP address", 'unreachable proxmox_unreachable'],
  [500, CONF, 'missing vm_gone'],
  [500, "unable to find configuration file for VM 999 on node 'pve1'", 'missing vm_gone'],
  [
    500,
    "RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: opening '/var/lib/rrdcached/db/pve-vm-9.0/999': No such file or directory",
    'final proxmox_rejected',
  ],
  [500, "storage 'nosuch' does not exist", 'final storage_unavailable'],
  [500, "storage 'nfs' is not online", 'retry storage_unavailable'],
  [500, "unable to create VM 101 - VM 101 already exists on node 'pve1'", 'exists vmid_taken'],
  [500, 'unable to create VM 201: config file already exists', 'exists vmid_taken'],
  [500, `unable to create VM 220 - ${LOCK}`, 'locked vm_locked'],
  [500, 'VM 101 not running', 'final vm_not_running'],
  [
    500,
    "Linked clone feature is not supported for 'dir1:9001/vm-9001-disk-0.qcow2' (scsi0)",
    'final clone_unsupported',
  ],
  [500, "you can't convert a VM to template if VM is running", 'final vm_running'],
  [500, "you can't convert a template to a template", 'exists vm_is_template'],
  [500, 'unable to create template, because VM contains snapshots', 'final snapshot_refused'],
  [500, "parameter 'storage' not allowed for linked clones", 'final clone_unsupported'],
  [500, "parameter 'format' not allowed for linked clones", 'final clone_unsupported'],
  [500, "Full clone feature is not supported for drive 'scsi0'", 'final clone_unsupported'],
  [500, "can't clone to non-shared storage 'local-lvm'", 'final clone_unsupported'],
  [500, "can't clone VM to node 'pve2' (VM uses local storage)", 'final clone_unsupported'],
  [500, "no such cluster node 'nosuch'", 'final node_missing'],
  [500, "snapshot 'nosuch' does not exist", 'missing snapshot_missing'],
  [500, "unable to use snapshot name 'current' (reserved name)", 'final snapshot_refused'],
  [500, "you can't move a disk with snapshots and delete the source", 'final snapshot_refused'],
  [500, "you can't move to the same storage with same format", 'final proxmox_rejected'],
  [500, "disk 'scsi7' does not exist", 'final volume_missing'],
  [500, "can't migrate running VM without --online", 'final migration_blocked'],
  [500, "can't migrate VM which uses local devices: hostpci0", 'final migration_blocked'],
  [
    500,
    "unable to delete 'dir1:202/vm-202-disk-0.qcow2' - volume is still in use (snapshot?)",
    'final snapshot_refused',
  ],
  [500, 'VM is locked (snapshot)', 'locked vm_locked'],
  [500, 'VM is locked (clone)', 'locked vm_locked'],
  [500, 'VM is locked (backup)', 'locked vm_locked'],
  [500, LOCK, 'locked vm_locked'],
  [500, 'checksum mismatch (file change by other user?)', 'retry config_changed'],
  [500, 'detected modified configuration - file changed by other user? Try again.', 'retry config_changed'],
  [500, 'no options specified', 'final proxmox_rejected'],
  [500, "scsi3 - cloud-init drive is already attached at 'ide2'", 'final proxmox_rejected'],
  [500, 'SSH public key validation error', 'final proxmox_rejected'],
  [500, "only root can set 'lock' config", 'final proxmox_rejected'],
  [500, "disk image '/srv/dir1/images/240/vm-240-disk-7.qcow2' already exists", 'final proxmox_rejected'],
  [500, "create pool failed: pool 'p1' already exists", 'final proxmox_rejected'],
  [500, 'update pools failed: VM 241 is already a pool member', 'final proxmox_rejected'],
  [500, 'VM 240 is running - destroy failed', 'retry vm_running'],
  [500, 'unable to restore VM 100 - vm is running', 'final vm_running'],
  [500, "unable to restore VM 100 - VM 100 already exists on node 'pve1'", 'exists vmid_taken'],
  [500, 'unable to restore VM 100 - protection mode enabled', 'final vm_protected'],
  [500, "can't remove VM 240 - protection mode enabled", 'final vm_protected'],
  [500, "can't remove drive 'scsi0' - protection mode enabled", 'final vm_protected'],
  [500, 'VM 250 is not running', 'final vm_not_running'],
  [500, 'QEMU guest agent is not running', 'retry agent_not_running'],
  [500, 'No QEMU guest agent configured', 'final agent_not_configured'],
  [
    500,
    "Agent error: failed to open file '/nosuch' (mode: 'r'): No such file or directory",
    'final agent_error',
  ],
  [500, 'VM is paused - cannot shutdown', 'final guest_did_not_shut_down'],
  [500, 'cluster not ready - no quorum?', 'retry no_quorum'],
  [500, "cfs-lock 'file-user_cfg' error: no quorum!", 'retry no_quorum'],
  [
    500,
    "unable to open file '/etc/pve/nodes/pve1/qemu-server/100.conf.tmp.7' - Permission denied",
    'retry no_quorum',
  ],
  [500, "cfs-lock 'storage-ceph' error: got lock request timeout", 'retry proxmox_busy'],
  [500, 'got no worker upid - start worker failed', 'retry proxmox_busy'],
  [500, 'unable to fork worker - Resource temporarily unavailable', 'retry proxmox_busy'],
  [500, 'ipcc_send_rec[1] failed: Connection refused', 'retry proxmox_busy'],
  [500, 'unable to load access control list: Connection refused', 'retry proxmox_busy'],
  [500, 'got no worker upid', 'retry proxmox_busy'],
  [500, 'starting worker failed: unable to create output file', 'retry proxmox_busy'],
  [500, 'proxy loop detected', 'unreachable proxmox_unreachable'],
  [500, "storage 'nfs' is disabled", 'final storage_unavailable'],
  [500, "storage 'local-lvm' is not available on node 'pve2'", 'final storage_unavailable'],
  [500, "storage 'local' is not configured for content-type 'import'", 'final storage_unavailable'],
  [500, "unable to create VM 100 - CT 100 already exists on node 'pve1'", 'exists vmid_taken'],
  [500, 'unable to remove VM 100 - used in HA resources and purge parameter not set.', 'final ha_refused'],
  [500, "service 'vm:100' in error state, must be disabled and fixed first", 'final ha_refused'],
  [500, 'Cannot suspend HA managed VM to disk', 'final ha_refused'],
  [500, "resource ID 'vm:100' already defined", 'exists ha_refused'],
  [500, "resource 'vm:100' does not exist in cluster", 'missing ha_refused'],
  [500, "cannot delete service 'vm:100', not HA managed!", 'missing ha_refused'],
  [500, "no such resource 'vm:100'", 'missing ha_refused'],
  [500, 'Agent error: PID ld does not exist', 'final agent_error'],
  [
    500,
    'Agent error: child process has failed to set user password: chpasswd: (user nosuch) pam_chauthtok() failed, error:',
    'final agent_error',
  ],
  [500, 'Agent error: No space left on device', 'final agent_error'],
  [500, "bridge 'vmbr9' does not exist", 'final network_missing'],
  [500, "invalid bootorder: device 'scsi9' does not exist'", 'final proxmox_rejected'],
  [
    500,
    "VM 100 qmp command 'quit' failed - unable to connect to VM 100 qmp socket - timeout after 51 retries",
    'retry proxmox_busy',
  ],
  [500, 'failed to update VM 100: VM is locked (backup)', 'locked vm_locked'],
  [500, 'no rule at position 7', 'final proxmox_rejected'],
  [408, 'Request Timeout', 'retry proxmox_busy'],
  [429, 'Too Many Requests', 'retry proxmox_busy'],
  [504, 'Gateway Timeout', 'unknown outcome_unknown'],
  [520, 'Web server returned an unknown error', 'unknown outcome_unknown'],
  [597, 'Connection reset by peer', 'unknown outcome_unknown'],
  [598, 'Aborted', 'unknown outcome_unknown'],
  [204, 'No Content', 'final proxmox_bad_answer'],
  [301, 'Moved Permanently', 'final proxmox_bad_answer'],
  [404, 'Not Found', 'final proxmox_bad_answer'],
  [405, 'Method Not Allowed', 'final proxmox_bad_answer'],
  [413, 'Content Too Large', 'final proxmox_bad_answer'],
];

/** Texts that only one of the two has. */
const ONLY_8: Row[] = [
  [401, 'permission denied - invalid PVE ticket', 'auth proxmox_auth_failed'],
  [401, 'invalid token value!', 'auth proxmox_auth_failed'],
  [500, "VM 100 qmp command 'guest-ping' failed - got timeout", 'retry agent_not_running'],
  [401, "no such user ('x@pve')", 'auth proxmox_auth_failed'],
  [401, "user 'x@pve' is disabled", 'auth proxmox_auth_failed'],
  [401, "no such token 'a' for user 'x@pve'", 'auth proxmox_auth_failed'],
  [401, "token 'a' access expired", 'auth proxmox_auth_failed'],
  [500, "VM 100 qmp command 'guest-set-user-password' failed - got timeout", 'unknown agent_not_running'],
  [500, "VM 100 qmp command 'guest-exec' failed - got timeout", 'unknown agent_not_running'],
  [500, "VM 100 qmp command 'guest-fsfreeze-freeze' failed - the command is disabled", 'final agent_error'],
  [500, "Specified group 'x' does not exist", 'final proxmox_rejected'],
];
const ONLY_9: Row[] = [
  [401, 'Authentication failed!', 'auth proxmox_auth_failed'],
  [500, "VM 100 qga command 'guest-ping' failed - got timeout", 'retry agent_not_running'],
  [500, "VM 100 qga command 'guest-set-user-password' failed - got timeout", 'unknown agent_not_running'],
  [500, "VM 100 qga command 'guest-exec' failed - got timeout", 'unknown agent_not_running'],
  [500, "VM 100 qga command 'guest-network-get-interfaces' failed - got timeout", 'retry agent_not_running'],
  [500, "invalid parameter 'group': ha groups have been migrated to rules", 'final proxmox_rejected'],
];

const PARAMETERS: [name: string, text: string, meaning: Row[2]][] = [
  ['password', 'property is missing and it is not optional', 'final proxmox_rejected'],
  ['tokenid', 'Token already exists.', 'final proxmox_rejected'],
  ['vmid', "type check ('integer') failed - got 'abc'", 'final proxmox_rejected'],
  ['vmid', 'duplicate parameter (already defined in URI) with conflicting values!', 'final proxmox_rejected'],
  [
    'bogus',
    'property is not defined in schema and the schema does not allow additional properties',
    'final proxmox_rejected',
  ],
  ['cores', 'value must have a minimum value of 1', 'final proxmox_rejected'],
  ['name', 'invalid format - value does not look like a valid DNS name\n', 'final proxmox_rejected'],
  ['snapname', 'value may only be 40 characters long', 'final proxmox_rejected'],
  ['snapname', "invalid format - invalid configuration ID '1st'\n", 'final proxmox_rejected'],
  ['ipconfig0', "invalid format - missing property required by 'ipconfig0.gw'\n", 'final proxmox_rejected'],
  ['delete', "you can't use '-cores' and -delete cores' at the same time", 'final proxmox_rejected'],
  ['content', "invalid format - invalid content type 'bogus'\n", 'final proxmox_rejected'],
  ['vmid', 'VM 150 already exists', 'exists vmid_taken'],
  ['vmid', 'CT 150 already exists', 'exists vmid_taken'],
  ['upid', 'no such task', 'missing task_unknown'],
  ['upid', 'unable to parse worker upid', 'final proxmox_rejected'],
  ['storage', 'No such storage.', 'final storage_unavailable'],
  ['storage', "storage 'nosuch' does not exist", 'final storage_unavailable'],
  ['storage', "storage 'local' does not support vm images", 'final storage_unavailable'],
  ['target', 'target is local node.', 'final migration_blocked'],
  ['overrule-shutdown', 'not applicable for HA resources', 'final ha_refused'],
  ['delete', "unknown option 'x'", 'final proxmox_rejected'],
  ['net0', "unable to apply pending change net0 : bridge 'vmbr9' does not exist\n", 'final network_missing'],
  [
    'scsi1',
    "unable to apply pending change scsi1 : lvcreate 'pve/vm-100-disk-1' error: insufficient free space\n",
    'final storage_full',
  ],
  ['scsi1', 'unable to apply pending change scsi1 : who knows\n', 'final proxmox_rejected'],
  ['ide2', "explicit 'media=cdrom' is required for iso images", 'final proxmox_rejected'],
  ['filename', 'wrong file extension', 'final proxmox_rejected'],
  ['path', "invalid ACL path '/x'", 'final proxmox_rejected'],
  ['skiplock', 'Only root may use this option.', 'final proxmox_rejected'],
  ['hookscript', "script 'local:snippets/x.pl' does not exist\n", 'final proxmox_rejected'],
  ['sshkeys', 'invalid format - invalid urlencoded string: ssh-ed25519 AAAA\n', 'final proxmox_rejected'],
  [
    'net0',
    "hotplug problem - error on hot-unplugging device 'net0' - still busy in guest?\n",
    'final hotplug_pending',
  ],
  ['scsi0', "hotplug problem - can't unplug bootdisk 'scsi0'\n", 'final hotplug_pending'],
];

const EXITS: [exit: string, meaning: Row[2]][] = [
  [CONF, 'missing vm_gone'],
  ["unable to find configuration file for VM 999 on node 'pve1'", 'missing vm_gone'],
  ["bridge 'nosuchbr' does not exist", 'final network_missing'],
  ["unable to create VM 101 - volume 'dir1:999/vm-999-disk-0.qcow2' does not exist", 'final volume_missing'],
  ["volume 'dir1:240/vm-240-disk-0.qcow2' does not exist", 'final volume_missing'],
  ["volume 'local:iso/rescue.iso' does not exist", 'final volume_missing'],
  ["unable to create VM 101 - volume 'dir1:iso/nosuch.iso' does not exist", 'final volume_missing'],
  ["unable to create VM 101 - failed to stat '/srv/dir1/import/nosuch.qcow2'", 'final volume_missing'],
  [
    "unable to create VM 101 - unable to create image: qemu-img: /srv/dir1/images/101/vm-101-disk-0.raw: The image size is too large for file format 'raw'",
    'final task_failed',
  ],
  [
    "command '/usr/bin/qemu-img resize '--preallocation=metadata' -f qcow2 /srv/dir1/images/9001/base-9001-disk-0.qcow2 2147483648' failed: exit code 1",
    'final task_failed',
  ],
  [
    "VM 202 qmp command 'query-savevm' failed - The command query-savevm has not been found",
    'final task_failed',
  ],
  ['VM 101 already running', 'exists already_running'],
  ['VM quit/powerdown failed - got timeout', 'final guest_did_not_shut_down'],
  [LOCK, 'locked vm_locked'],
  ['VM is locked (backup)', 'locked vm_locked'],
  ["can't lock file '/var/lock/pve-manager/pve-migrate-100' - got timeout", 'locked vm_locked'],
  ['received interrupt', 'unknown task_interrupted'],
  ['unexpected status', 'unknown task_interrupted'],
  [
    "clone failed: copy failed: command '/usr/bin/qemu-img convert -p -n dir1/base.qcow2 zeroinit:disk.qcow2' failed: interrupted by signal",
    'unknown task_interrupted',
  ],
  ["you can't start a vm if it's a template", 'final vm_is_template'],
  ["you can't take a snapshot if it's a template", 'final vm_is_template'],
  ['MAX 16 vcpus allowed per VM on this node', 'final node_too_small'],
  [
    "base volume 'dir1:9001/base-9001-disk-0.qcow2' is still in use by linked cloned",
    'final template_in_use',
  ],
  ['unable to create VM 210: config file already exists', 'exists vmid_taken'],
  [
    "close (rename) atomic file '/etc/pve/nodes/pve1/qemu-server/100.conf' failed: File exists",
    'exists vmid_taken',
  ],
  ['shrinking disks is not supported', 'final disk_shrink'],
  ["disk 'scsi5' does not exist", 'final volume_missing'],
  ["you can't resize a cdrom", 'final task_failed'],
  ["snapshot name 's1' already used", 'exists snapshot_exists'],
  ["snapshot 's1' does not exist", 'missing snapshot_missing'],
  ['snapshot feature is not available', 'final snapshot_refused'],
  ["can't rollback, 's1' is not most recent snapshot on 'zfs:vm-100-disk-0'", 'final snapshot_refused'],
  ["can't rollback, snapshot 's1' does not exist on 'zfs:vm-100-disk-0'", 'missing snapshot_missing'],
  ['unable to rollback to incomplete snapshot (snapstate = prepare)', 'final snapshot_refused'],
  ['Failed to obtain guest migration lock - replication running?', 'locked vm_locked'],
  ["can't acquire lock '/var/run/vzdump.lock' - got timeout", 'retry proxmox_busy'],
  ['migration aborted', 'final task_failed'],
  ['job errors', 'final task_failed'],
  ["can't migrate local cdrom 'local:iso/debian.iso'", 'final migration_blocked'],
  ["can't live migrate attached local disks without with-local-disks option", 'final migration_blocked'],
  ["service 'vm:100' in error state, must be disabled and fixed first", 'final ha_refused'],
  ['VM 240 is running - destroy failed', 'retry vm_running'],
  [
    "unable to activate storage 'nfs' - directory is expected to be a mount point but is not mounted: '/mnt/nfs'",
    'retry storage_unavailable',
  ],
  ['clone failed: cluster not ready - no quorum?', 'retry no_quorum'],
  ['clone failed: unexpected state change', 'retry proxmox_busy'],
  ['clone failed: zfs error: cannot create: out of space', 'final storage_full'],
  ['timeout waiting on systemd', 'retry proxmox_busy'],
  ["refusing to override existing file '/var/lib/vz/import/x.qcow2'", 'final task_failed'],
  ["checksum mismatch: got 'a' != expect 'b'", 'final task_failed'],
  ['checksum mismatch (file change by other user?)', 'retry config_changed'],
  [
    "clone failed: can't lock file '/var/lock/pve-manager/pve-storage-local-lvm' - got timeout",
    'retry proxmox_busy',
  ],
  ["'storage-ceph'-locked command timed out - aborting", 'retry proxmox_busy'],
  ["start failed: command '/usr/bin/kvm -id 100' failed: got timeout", 'retry proxmox_busy'],
  ['start failed: QEMU exited with code 1', 'final task_failed'],
  ['clone failed: qemu-img: disk.qcow2: No space left on device', 'final storage_full'],
  ['clone failed: not enough free space (1024 < 4096)', 'final storage_full'],
  [
    "clone failed: lvcreate 'pve/vm-100-disk-0' error:   Cannot create new thin volume, free space in thin pool pve/data reached threshold.",
    'final storage_full',
  ],
  ['storage migration failed: drive-scsi0: throttle node without file child node name!', 'final task_failed'],
  ['connection timed out', 'final task_failed'],
];

describe('classifyAnswer', () => {
  const releases = { '8.x and 9.x': ANSWERS, '8.x': ONLY_8, '9.x': ONLY_9 };
  const rows = Object.entries(releases).flatMap(([release, list]) =>
    list.map(([...row]) => [release, ...row] as const),
  );
  it.each(rows)('of %s reads %i %s as %s', (_release, status, reason, meaning) => {
    const error = classifyAnswer(status, reason);
    expect(`${error.kind} ${error.code}`).toBe(meaning);
    expect(error).toMatchObject({ status, reason });
  });

  it.each(PARAMETERS)('reads 400 for %s: %s as %s', (name, text, meaning) => {
    const error = classifyAnswer(400, 'Parameter verification failed.', { [name]: text });
    expect(`${error.kind} ${error.code}`).toBe(meaning);
    expect(error.errors).toEqual({ [name]: text });
    expect(error.message).toContain(text.trim());
  });

  it('says that a change left pending and a 500 may have changed something, but a lock has not', () => {
    expect(classifyAnswer(400, 'x', { net0: 'hotplug problem - busy' }).sent).toBe(true);
    expect(classifyAnswer(400, 'x', { net0: 'unable to apply pending change net0 : no' }).sent).toBe(true);
    expect(classifyAnswer(400, 'x', { net0: 'invalid format' }).sent).toBe(false);
    expect(classifyAnswer(500, 'something broke').sent).toBe(true);
    expect(classifyAnswer(596, 'Connection timed out').sent).toBe(true);
    expect(classifyAnswer(500, LOCK).sent).toBe(false);
    expect(classifyAnswer(595, 'No route to host').sent).toBe(false);
  });

  it('keeps the first line of a longer text', () => {
    expect(classifyAnswer(500, 'start failed\nQEMU: whatever\n').reason).toBe('start failed');
  });
});

describe('classifyTaskExit', () => {
  it('takes OK and warnings for success', () => {
    expect(classifyTaskExit('OK')).toEqual({ ok: true, warnings: 0 });
    expect(classifyTaskExit('WARNINGS: 3')).toEqual({ ok: true, warnings: 3 });
  });

  it.each(EXITS)('reads the exit status %s as %s', (exit, meaning) => {
    const outcome = classifyTaskExit(exit);
    expect(outcome.ok ? 'ok' : `${outcome.error.kind} ${outcome.error.code}`).toBe(meaning);
  });
});

describe('a log that tells what its exit status does not', () => {
  const LOGS: [exit: string, log: string[], meaning: Row[2], reason: string][] = [
    [
      'migration aborted',
      [
        "2026-11-24 10:00:00 starting migration of VM 100 to node 'pve2' (192.0.2.2)",
        "2026-11-24 10:00:00 ERROR: migration aborted (duration 00:00:00): can't migrate VM which uses local devices: hostpci0",
        'TASK ERROR: migration aborted',
      ],
      'final migration_blocked',
      "migration aborted: can't migrate VM which uses local devices: hostpci0",
    ],
    [
      'migration aborted',
      [
        "2026-11-24 10:00:00 can't migrate local disk 'local-lvm:vm-100-disk-0': can't live migrate attached local disks without with-local-disks option",
        "2026-11-24 10:00:00 ERROR: Problem found while scanning volumes - can't migrate VM - check log",
        "2026-11-24 10:00:00 ERROR: migration aborted (duration 00:00:00): Problem found while scanning volumes - can't migrate VM - check log",
        'TASK ERROR: migration aborted',
      ],
      'final migration_blocked',
      "migration aborted: can't migrate local disk 'local-lvm:vm-100-disk-0': can't live migrate attached local disks without with-local-disks option",
    ],
    [
      'migration aborted',
      [
        "2026-11-24 10:00:00 ERROR: migration aborted (duration 00:00:03): Can't connect to destination address using public key",
        'TASK ERROR: migration aborted',
      ],
      'unreachable proxmox_unreachable',
      "migration aborted: Can't connect to destination address using public key",
    ],
    [
      'job errors',
      ['ERROR: Backup of VM 100 failed - VM is locked (snapshot)', 'TASK ERROR: job errors'],
      'locked vm_locked',
      'job errors: Backup of VM 100 failed - VM is locked (snapshot)',
    ],
    [
      "clone failed: copy failed: command 'qemu-img convert' failed: exit code 1",
      ['qemu-img: error while writing at byte 0: No space left on device'],
      'final storage_full',
      "clone failed: copy failed: command 'qemu-img convert' failed: exit code 1",
    ],
    [
      'start failed: QEMU exited with code 1',
      ["kvm: cannot set up guest memory 'pc.ram': Cannot allocate memory"],
      'final node_too_small',
      'start failed: QEMU exited with code 1',
    ],
    [
      'start failed: QEMU exited with code 1',
      ['trying again: got timeout', 'kvm: who knows'],
      'final task_failed',
      'start failed: QEMU exited with code 1',
    ],
    ['VM is locked (backup)', ['No space left on device'], 'locked vm_locked', 'VM is locked (backup)'],
  ];
  it.each(LOGS)('%s, %j: %s', (exit, log, meaning, reason) => {
    const outcome = classifyTaskExit(exit, log);
    expect(outcome.ok ? 'ok' : `${outcome.error.kind} ${outcome.error.code}`).toBe(meaning);
    expect(outcome.ok || outcome.error.reason).toBe(reason);
  });
});

describe('classifyTransport', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });

  it('tells a call that never left from one that may have arrived', () => {
    expect(classifyTransport(refused, false)).toMatchObject({ kind: 'unreachable', sent: false });
    expect(classifyTransport(refused, true)).toMatchObject({
      kind: 'unknown',
      code: 'outcome_unknown',
      sent: true,
    });
  });

  it('reports a certificate that cannot be trusted as a matter of trust', () => {
    const error = Object.assign(new Error('self-signed certificate'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(classifyTransport(error, false)).toMatchObject({
      kind: 'auth',
      code: 'proxmox_untrusted',
      sent: false,
    });
  });

  it('keeps the facts when someone gives a failure another meaning', () => {
    const error = classifyAnswer(500, CONF).as({ code: 'template_missing' });
    expect(error).toBeInstanceOf(ProxmoxError);
    expect(error).toMatchObject({ code: 'template_missing', kind: 'missing', status: 500, reason: CONF });
  });
});

import { describe, expect, it } from 'vitest';
import { classifyAnswer, classifyTaskExit, classifyTransport, ProxmoxError } from './errors.ts';
import type { ProxmoxErrorCode, ProxmoxErrorKind } from './errors.ts';

type Row = [status: number, reason: string, meaning: `${ProxmoxErrorKind} ${ProxmoxErrorCode}`];

const CONF = "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist";
const LOCK = "can't lock file '/var/lock/qemu-server/lock-260.conf' - got timeout";

/** Answers recorded from pve-manager 9.2.11, and texts of 8.x. */
const ANSWERS: Row[] = [
  [401, 'authentication failure', 'auth proxmox_auth_failed'],
  [401, 'No ticket', 'auth proxmox_auth_failed'],
  [401, 'Authentication failed!', 'auth proxmox_auth_failed'],
  [401, 'Permission denied - invalid csrf token', 'auth proxmox_auth_failed'],
  [401, 'permission denied - invalid PVEVNC ticket', 'auth proxmox_auth_failed'],
  [401, 'permission denied - invalid PVE ticket', 'auth proxmox_auth_failed'],
  [401, 'invalid token value!', 'auth proxmox_auth_failed'],
  [403, 'Permission check failed', 'auth proxmox_auth_failed'],
  [
    403,
    'Permission check failed (/vms/240, VM.Config.Cloudinit|VM.Config.Network)',
    'auth proxmox_auth_failed',
  ],
  [403, "Permission check failed (pool 'nosuch' does not exist)", 'auth proxmox_auth_failed'],
  [501, "Method 'GET /nosuch' not implemented", 'final proxmox_rejected'],
  [501, "method 'PATCH' not available", 'final proxmox_rejected'],
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
    'final proxmox_rejected',
  ],
  [500, "you can't convert a VM to template if VM is running", 'final vm_running'],
  [500, "you can't convert a template to a template", 'final proxmox_rejected'],
  [500, "parameter 'storage' not allowed for linked clones", 'final proxmox_rejected'],
  [500, "no such cluster node 'nosuch'", 'final node_missing'],
  [500, "snapshot 'nosuch' does not exist", 'final proxmox_rejected'],
  [
    500,
    "unable to delete 'dir1:202/vm-202-disk-0.qcow2' - volume is still in use (snapshot?)",
    'final proxmox_rejected',
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
  [500, 'VM 240 is running - destroy failed', 'final vm_running'],
  [500, "can't remove VM 240 - protection mode enabled", 'final vm_protected'],
  [500, "can't remove drive 'scsi0' - protection mode enabled", 'final vm_protected'],
  [500, 'VM 250 is not running', 'final vm_not_running'],
  [500, 'QEMU guest agent is not running', 'retry agent_not_running'],
  [500, "VM 100 qmp command 'guest-ping' failed - got timeout", 'retry agent_not_running'],
  [500, "VM 100 qga command 'guest-ping' failed - got timeout", 'retry agent_not_running'],
  [500, 'No QEMU guest agent configured', 'final agent_not_configured'],
  [
    500,
    "Agent error: failed to open file '/nosuch' (mode: 'r'): No such file or directory",
    'final proxmox_rejected',
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
];

const PARAMETERS: [name: string, text: string, meaning: Row[2]][] = [
  ['password', 'property is missing and it is not optional', 'final proxmox_rejected'],
  ['tokenid', 'Token already exists.', 'final proxmox_rejected'],
  ['vmid', "type check ('integer') failed - got 'abc'", 'final proxmox_rejected'],
  ['vmid', 'VM 150 already exists', 'exists vmid_taken'],
  ['vmid', 'CT 150 already exists', 'exists vmid_taken'],
  ['upid', 'no such task', 'missing task_unknown'],
  ['upid', 'unable to parse worker upid', 'final proxmox_rejected'],
  ['storage', 'No such storage.', 'final proxmox_rejected'],
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
  ["bridge 'nosuchbr' does not exist", 'final task_failed'],
  ["unable to create VM 101 - volume 'dir1:999/vm-999-disk-0.qcow2' does not exist", 'final task_failed'],
  ["volume 'dir1:240/vm-240-disk-0.qcow2' does not exist", 'final task_failed'],
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
  ["you can't start a vm if it's a template", 'final task_failed'],
  [
    "base volume 'dir1:9001/base-9001-disk-0.qcow2' is still in use by linked cloned",
    'final template_in_use',
  ],
  ['unable to create VM 210: config file already exists', 'exists vmid_taken'],
  [
    "close (rename) atomic file '/etc/pve/nodes/pve1/qemu-server/100.conf' failed: File exists",
    'exists vmid_taken',
  ],
  ['shrinking disks is not supported', 'final task_failed'],
  ["disk 'scsi5' does not exist", 'final task_failed'],
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
  it.each(ANSWERS)('reads %i %s as %s', (status, reason, meaning) => {
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

  it('says that a refused hotplug and an unknown 500 may have changed something, but a lock has not', () => {
    expect(classifyAnswer(400, 'x', { net0: 'hotplug problem - busy' }).sent).toBe(true);
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

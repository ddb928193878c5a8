import type { FailureCode } from './problem.ts';

export interface FailureExplanation {
  /** What went wrong, as a heading. */
  title: string;
  /** Why that happens. */
  cause: string;
  /** What the owner of the server can do now. */
  nextStep: string;
  /** What operations staff can do about it; a line of Markdown. */
  remedy: string;
}

/** Every code an operation can fail with, in words: the dashboard shows them, and docs/failures.md lists them. */
export const FAILURES: Record<FailureCode, FailureExplanation> = {
  no_capacity: {
    title: 'No node has room',
    cause: 'No node of the cluster has enough free memory or disk for this plan and carries the template.',
    nextStep:
      'Choose a smaller plan, or try again later: room comes back when servers are deleted or nodes added.',
    remedy: 'Add memory or a node, free some, or put the template on the nodes that have room.',
  },
  no_address_left: {
    title: 'No address is left',
    cause: 'Every IP address of the pool is held by a server.',
    nextStep: 'Ask your provider to add addresses, or delete a server you no longer need, then try again.',
    remedy: 'Add addresses with `pool:create`.',
  },
  no_vmid_left: {
    title: 'No VM id is left',
    cause: 'Every VM id of the range set aside for this cluster is held.',
    nextStep: 'Ask your provider to widen the range; then try again.',
    remedy: "Widen the cluster's range: `vmid_min` and `vmid_max` of `clusters`.",
  },
  template_missing: {
    title: 'The template is missing',
    cause: 'The template is not on the cluster any more, or no longer a template.',
    nextStep: 'Create the server from another template and tell your provider which one is missing.',
    remedy: 'Make the template again with `proxmox:bootstrap`, or take it off the list.',
  },
  template_in_use: {
    title: 'The template is in use',
    cause: 'Linked copies of this template exist, and their disks need it.',
    nextStep: 'Your provider has to delete or detach the copies first.',
    remedy: 'Delete the VMs that are linked to it, or move their disks to copies of their own.',
  },
  vm_gone: {
    title: 'The VM is gone',
    cause: 'The VM of this server does not exist on Proxmox VE any more: someone deleted it there.',
    nextStep:
      'Its disks cannot be brought back from here. Delete the server to free its addresses, or ask your provider for a backup.',
    remedy: 'Restore it from a backup under the same VM id, or delete the server.',
  },
  vm_not_ours: {
    title: 'The VM belongs to something else',
    cause: 'A VM with this id exists but does not carry the mark of this server, so it was left untouched.',
    nextStep: 'Ask your provider to look at the VM before anything else is done.',
    remedy:
      "If the VM is the server's, put `berth:<server id>` back into its description; if not, give that VM another id.",
  },
  vm_locked: {
    title: 'The VM is locked',
    cause: 'Another task on Proxmox VE, such as a backup or a migration, held the VM for too long.',
    nextStep:
      'Try again in a few minutes. If the lock stays, your provider has to look at the task that holds it.',
    remedy:
      'Look at the task that holds the lock. If there is none, the lock was left behind: `qm unlock <VM id>` on the node, as root.',
  },
  vm_protected: {
    title: 'The VM is protected',
    cause: 'Protection is switched on for this VM on Proxmox VE, so it was left as it is.',
    nextStep: 'Ask your provider to switch the protection off, then try again.',
    remedy: 'Switch it off on Proxmox (VM → Options → Protection), then try again.',
  },
  vm_running: {
    title: 'The VM is running',
    cause: 'This can be done only while the VM is stopped, and it was running.',
    nextStep: 'Power the server off, then try again.',
    remedy: 'Find out who starts it (HA, another tool, `onboot`), and stop it.',
  },
  vm_not_running: {
    title: 'The VM is not running',
    cause: 'This can be done only while the VM is running, and it was stopped.',
    nextStep: 'Start the server, then try again.',
    remedy: 'Start it, then try again.',
  },
  vm_is_template: {
    title: 'The VM is a template',
    cause: 'A template cannot be started or kept as a snapshot.',
    nextStep: 'Ask your provider to look at the VM.',
    remedy:
      "Somebody converted the VM to a template. Make a copy of it and give that the server's VM id and mark.",
  },
  vmid_taken: {
    title: 'The VM id was taken',
    cause: 'Another VM or container took the id that was set aside for this server.',
    nextStep: 'Try again: the next attempt gets another id.',
    remedy: "Keep the cluster's id range for Berth alone.",
  },
  proxmox_rejected: {
    title: 'Proxmox VE refused the change',
    cause: 'Proxmox VE found something wrong with what it was asked to do. Its own words are shown below.',
    nextStep: 'Trying again will end the same way: send your provider the cause and the operation id.',
    remedy:
      'Read what Proxmox said. It is a setting of the cluster, a version that Berth does not know, or a fault of Berth.',
  },
  proxmox_unreachable: {
    title: 'Proxmox VE did not answer',
    cause: 'The cluster or the node of this server could not be reached for too long.',
    nextStep: 'Try again in a few minutes. Your server may well be running: only its management is away.',
    remedy:
      'Look at the node: power, network, `systemctl status pveproxy`. Nothing has to be done again once it answers.',
  },
  proxmox_busy: {
    title: 'Proxmox VE was too busy',
    cause: 'Proxmox VE could not do this in the time it allows itself, because other work held it up.',
    nextStep: 'Try again in a few minutes.',
    remedy: 'Look at the running tasks and at the load of node and storage.',
  },
  proxmox_bad_answer: {
    title: 'Proxmox VE gave an answer that makes no sense',
    cause: 'The answer is not one that Proxmox VE gives. Something in between may have changed it.',
    nextStep: 'Send your provider the operation id.',
    remedy:
      'Look at proxies between Berth and the node; they must not change answers. Then compare the version of Proxmox with those that Berth supports.',
  },
  proxmox_auth_failed: {
    title: 'Proxmox VE refused the credentials',
    cause: 'The token used to manage the cluster was revoked, has expired or lacks a permission.',
    nextStep: 'Your provider has to renew the token; then try again.',
    remedy:
      '`proxmox:bootstrap -- --check` names what is missing. Give the token the right, or set a new one with `cluster:add`.',
  },
  proxmox_untrusted: {
    title: 'The certificate of Proxmox VE is not trusted',
    cause:
      'The node showed another certificate than the one Berth was told to trust, so nothing was sent to it.',
    nextStep: 'Your provider has to look at the certificate; then try again.',
    remedy:
      'Compare it with `pvenode cert info` on the node. If it was renewed, set the new fingerprint or CA with `cluster:add`; if not, somebody stands between.',
  },
  no_quorum: {
    title: 'The cluster has no quorum',
    cause:
      'Too few nodes of the cluster see each other, so Proxmox VE allows no changes. What runs goes on running.',
    nextStep: 'Try again in a few minutes. Your provider has to bring nodes back.',
    remedy: '`pvecm status` on a node; bring the missing nodes or the network between them back.',
  },
  node_missing: {
    title: 'The node is not in the cluster',
    cause: 'The node that this was meant for does not belong to the cluster any more.',
    nextStep: 'Send your provider the operation id.',
    remedy: 'Choose another node. A node that left the cluster has to be taken off the list.',
  },
  network_missing: {
    title: 'The network is missing',
    cause: 'The node does not have the network bridge that this server is to be connected to.',
    nextStep: 'Your provider has to set up the network; then try again.',
    remedy: 'Create the bridge on the node with the name that the address pool says.',
  },
  storage_full: {
    title: 'The storage is full',
    cause: 'The storage had no space left for the disk of this server.',
    nextStep: 'Try again later or choose a plan with a smaller disk. Your provider has to free or add space.',
    remedy: 'Free or add space. Thin pools are full before their volumes are: look at data and metadata.',
  },
  storage_unavailable: {
    title: 'The storage cannot be used',
    cause: 'The storage is offline, disabled, not on this node, or not meant for this kind of content.',
    nextStep: 'Try again in a few minutes. If it stays, your provider has to look at the storage.',
    remedy: 'Look at the storage on that node: `pvesm status`, its nodes and its content types.',
  },
  volume_missing: {
    title: 'A disk or image is missing',
    cause: 'A disk of this VM, or an image it uses, is not on its storage any more.',
    nextStep: 'Your provider has to restore it or take it out of the VM.',
    remedy: 'Restore the volume, or detach it from the VM (Hardware).',
  },
  disk_shrink: {
    title: 'A disk cannot be made smaller',
    cause: 'Disks can only grow, and this one is larger than what was asked for.',
    nextStep: 'Choose a plan with a disk at least as large as the present one.',
    remedy: 'Move the data to a new, smaller server.',
  },
  clone_unsupported: {
    title: 'The storage cannot make this copy',
    cause:
      'The storage of the template has no linked clones, or it is not shared with the node that was chosen.',
    nextStep: 'Create the server from another template and send your provider the operation id.',
    remedy:
      "Set the template's `clone_mode` to `full`, or put the template on each node, or on a storage with snapshots.",
  },
  snapshot_exists: {
    title: 'The snapshot exists already',
    cause: 'This VM has a snapshot of that name.',
    nextStep: 'Choose another name, or delete the old snapshot first.',
    remedy: 'Choose another name, or delete the old snapshot first.',
  },
  snapshot_missing: {
    title: 'The snapshot is gone',
    cause: 'This VM has no snapshot of that name any more.',
    nextStep: 'Choose another snapshot.',
    remedy: 'Choose another snapshot.',
  },
  snapshot_refused: {
    title: 'Snapshots do not allow this',
    cause:
      'The storage has no snapshots, goes back to the newest one only, or an existing snapshot stands in the way.',
    nextStep: 'Delete the snapshots that stand in the way, or ask your provider.',
    remedy: 'Delete the snapshots that stand in the way, or move the disks to a storage with snapshots.',
  },
  migration_blocked: {
    title: 'The VM cannot be moved',
    cause: 'Something ties the VM to its node: a local disk or device, an inserted image, or that it runs.',
    nextStep: 'Your provider has to remove what ties it; the VM goes on as it is.',
    remedy:
      'What ties it is shown. Detach the device or image, allow local disks to be copied, or move it while it is stopped.',
  },
  ha_refused: {
    title: 'High availability does not allow this',
    cause: 'The VM is managed by the high availability of Proxmox VE, which did not let it be changed.',
    nextStep: 'Ask your provider to look at the VM.',
    remedy:
      '`ha-manager status` on a node. A service in the state `error` has to be disabled, mended and enabled again.',
  },
  config_changed: {
    title: 'The VM was changed at the same time',
    cause: 'Someone else changed the VM between reading and writing its configuration.',
    nextStep: 'Try again.',
    remedy: 'Find out which other tool changes this VM.',
  },
  hotplug_pending: {
    title: 'The change needs a reboot',
    cause:
      'The running VM did not take the change. It is kept, and comes into force when the VM is stopped and started.',
    nextStep: 'Reboot the server from here.',
    remedy: 'Stop and start the VM. A reboot from inside is not enough.',
  },
  task_failed: {
    title: 'The task failed on Proxmox VE',
    cause: 'Proxmox VE began the work and ended it with an error. Its own words are shown below.',
    nextStep: 'Try once more. If it fails again, send your provider the cause and the operation id.',
    remedy: 'Read the log of the task on Proxmox, mend the cause and try again.',
  },
  task_interrupted: {
    title: 'The task was interrupted',
    cause: 'The task was stopped on Proxmox VE, or the node restarted while it was under way.',
    nextStep: 'Try again.',
    remedy:
      'Look at the node: did it restart? A VM that was being built may be left locked: `qm unlock <VM id>`, as root.',
  },
  agent_not_configured: {
    title: 'The VM has no guest agent',
    cause: 'This needs the guest agent, which is switched off for this VM.',
    nextStep: 'Ask your provider to switch it on.',
    remedy: 'Switch the agent on (VM → Options → QEMU Guest Agent), then stop and start the VM.',
  },
  agent_not_running: {
    title: 'The guest agent does not answer',
    cause: 'This needs the guest agent inside the system, and it did not answer.',
    nextStep:
      'Start the agent inside (`systemctl start qemu-guest-agent`), or reboot the server, then try again. A password can be reset without it when you allow a reboot.',
    remedy: 'Install and start `qemu-guest-agent` inside; the system may also still be booting or hang.',
  },
  agent_error: {
    title: 'The system inside refused',
    cause:
      'The guest agent passed the request on, and the system inside refused it. Its own words are shown below.',
    nextStep: 'Correct what it says, then try again.',
    remedy: 'Correct what it says inside the system, then try again.',
  },
  guest_did_not_shut_down: {
    title: 'The system inside did not shut down',
    cause: 'The operating system was asked to shut down and was still running when its time was over.',
    nextStep: 'Log in and shut it down from inside, or use Power off, which is like pulling the plug.',
    remedy: 'Power it off, or look at the console for what holds it.',
  },
  guest_not_ready: {
    title: 'The system inside did not answer',
    cause: 'The VM runs, but neither its guest agent nor its address answered in time.',
    nextStep: 'Check your user data for mistakes, then delete the server and create it again.',
    remedy:
      'Look at the console: does it boot, has it an address, does its agent run? Try the template by hand.',
  },
  vm_changed: {
    title: 'The VM has changed',
    cause: 'The VM is not as it was when its adoption was shown.',
    nextStep: 'Ask your provider to look at what would change once more.',
    remedy: 'Look at what would change once more, then adopt it again.',
  },
  cancelled: {
    title: 'Cancelled',
    cause: 'Someone cancelled this operation before it was complete.',
    nextStep: 'What had been done was undone or brought to a safe end, so you can simply do it again.',
    remedy: 'Nothing.',
  },
  workflow_lost: {
    title: 'The operation was lost',
    cause: 'The process that carried it out ended without a result, so how far it came is not certain.',
    nextStep: 'Check the status above: it is read from Proxmox VE. Then do what is still missing again.',
    remedy: 'Delete the server if it is of no use: that cleans up from any state.',
  },
  internal_error: {
    title: 'Something broke inside Berth',
    cause: 'This is a fault of Berth, not of your server or of what you asked for.',
    nextStep: 'Try once more. If it fails again, send your provider the operation id.',
    remedy: 'Look for the operation id in the log of the worker, and report it.',
  },
};

/** What is in the way of adopting a VM, and what to do about it. */
export const OBSTACLE_SAYINGS = {
  is_template: 'It is a template.',
  is_template_remedy: 'Tag it `berth-template` to let servers be made of it.',
  is_locked: 'It is locked ({lock}).',
  is_locked_remedy: 'Wait until the task that holds the lock has ended.',
  in_quarantine: 'It is in quarantine.',
  in_quarantine_remedy:
    "Release it first: its orphan's `release` restores *start at boot*. Where no orphan is listed, take off the tag {tag}.",
  without_disk: 'It has no disk to boot from.',
  without_disk_remedy: 'Give it a disk, or correct its boot order.',
  without_name: 'No name for the server can be made of its own.',
  without_name_remedy: 'Give a name.',
  is_servers_vm: 'It is the VM of the server {server} ({id}) already.',
  is_servers_vm_remedy: 'Nothing has to be done, or that server has to go first.',
  is_marked: 'It carries the marker of a server that is not deleted here ({id}).',
  is_marked_remedy:
    'It may belong to another Berth. If it does not, take the line `berth:…` out of its description.',
  address_of_other: 'Its address {address} is that of the server {server}.',
  address_of_other_remedy: 'Give one of them another address, or correct the record of the other server.',
} as const;

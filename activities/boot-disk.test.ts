import { expect, it } from 'vitest';
import { bootDisk } from './boot-disk.ts';

const DISK = 'local-lvm:vm-100-disk-0,discard=on,size=4G';
const OTHER = 'local:100/vm-100-disk-1.qcow2,size=512M';
const CLOUD_INIT = 'local-lvm:vm-100-cloudinit,media=cdrom,size=4M';

const CASES: [string, Record<string, string>, ReturnType<typeof bootDisk>][] = [
  [
    'the first of the boot order',
    { boot: 'order=virtio1;scsi0', scsi0: DISK, virtio1: OTHER },
    { key: 'virtio1', storage: 'local', sizeGib: 0.5 },
  ],
  [
    'the next in order when the first is not there',
    { boot: 'order=scsi1;scsi0', scsi0: DISK },
    { key: 'scsi0', storage: 'local-lvm', sizeGib: 4 },
  ],
  [
    'no network card of the boot order',
    { boot: 'order=net0;scsi0', net0: 'virtio=BC:24:11:00:00:01', scsi0: DISK },
    { key: 'scsi0', storage: 'local-lvm', sizeGib: 4 },
  ],
  [
    'no CD drive of the boot order',
    { boot: 'order=ide2;scsi0', ide2: CLOUD_INIT, scsi0: DISK },
    { key: 'scsi0', storage: 'local-lvm', sizeGib: 4 },
  ],
  [
    'an order among other boot options',
    { boot: 'cdn,order=sata0', sata0: DISK, ide0: OTHER },
    { key: 'sata0', storage: 'local-lvm', sizeGib: 4 },
  ],
  [
    'the first disk when there is no order',
    { ide2: CLOUD_INIT, scsi1: OTHER, scsi0: DISK },
    { key: 'scsi0', storage: 'local-lvm', sizeGib: 4 },
  ],
  [
    'the first disk with an old boot option',
    { boot: 'cdn', bootdisk: 'scsi0', scsi0: DISK },
    { key: 'scsi0', storage: 'local-lvm', sizeGib: 4 },
  ],
  ['no unused or EFI disk', { unused0: DISK, efidisk0: DISK, tpmstate0: DISK }, null],
  ['no empty drive', { ide2: 'none,media=cdrom', scsi0: 'none' }, null],
  ['no disk without a size', { scsi0: 'local-lvm:vm-100-disk-0' }, null],
  ['nothing of a VM without disks', { name: 'web-1', scsihw: 'virtio-scsi-pci' }, null],
];

it.each(CASES)('takes %s', (_what, config, expected) => {
  expect(bootDisk(config)).toEqual(expected);
});

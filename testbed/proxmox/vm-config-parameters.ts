import { parametersOf } from './api-parameters.ts';
import { findParameter } from './parameters.ts';

/** Keys whose values are printed as JSON numbers; `memory` is famously not among them. */
export const NUMERIC_KEYS = new Set(
  `acpi allow-ksm autostart balloon ciupgrade cores cpuunits freeze kvm localtime numa onboot protection reboot
  shares smp sockets tablet tdf template vcpus`.split(/\s+/),
);

/** Buses that carry disks, with their highest index. */
const DISK_BUSES: Record<string, number> = { ide: 3, sata: 5, scsi: 30, virtio: 15 };

/** All disk keys a config may have, in the order Proxmox VE lists them. */
export const DISK_KEYS = [
  ...['ide', 'scsi', 'virtio', 'sata'].flatMap((bus) =>
    Array.from({ length: (DISK_BUSES[bus] ?? 0) + 1 }, (_, n) => `${bus}${n}`),
  ),
  'efidisk0',
  'tpmstate0',
];

/** What a change of the configuration takes besides its keys. */
const OF_THE_CALL = new Set(
  'background_delay delete digest force import-working-storage node revert skiplock vmid'.split(' '),
);

/** Says whether a name is a configuration key at all, as `delete` and `revert` ask. */
export function isConfigKey(key: string): boolean {
  const parameters = parametersOf('PUT /nodes/{node}/qemu/{vmid}/config', '9.2');
  return !OF_THE_CALL.has(key) && findParameter(parameters, key) !== undefined;
}

import { parseDisk } from '../proxmox/vm-config.ts';

export interface BootDisk {
  key: string;
  storage: string;
  sizeGib: number;
}

const GIB = 1024 ** 3;
const DISK_KEY = /^(?:scsi|virtio|sata|ide)\d+$/;

/** The disk a VM boots from: the first one of its boot order, or else its first disk. Null when it has none. */
export function bootDisk(config: Record<string, string>): BootDisk | null {
  const order = /order=([^,]+)/.exec(config['boot'] ?? '')?.[1]?.split(';') ?? [];
  for (const key of [...order, ...Object.keys(config).sort()]) {
    const value = config[key];
    if (!value || !DISK_KEY.test(key)) continue;
    const { storage, sizeBytes, isCdrom } = parseDisk(value);
    if (storage && sizeBytes && !isCdrom) return { key, storage, sizeGib: sizeBytes / GIB };
  }
  return null;
}

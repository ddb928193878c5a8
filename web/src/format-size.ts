/** MiB as people read it: 512 MiB, 2 GiB, 1.5 GiB. */
export function formatMemory(memoryMib: number): string {
  if (memoryMib < 1024) return `${memoryMib} MiB`;
  return `${Number((memoryMib / 1024).toFixed(1))} GiB`;
}

/** GiB as people read it: 40 GiB, 2 TiB. */
export function formatDisk(gib: number): string {
  return gib >= 1024 ? `${Number((gib / 1024).toFixed(1))} TiB` : `${gib} GiB`;
}

/** Mbit/s as people read it. */
export function formatNetwork(mbps: number): string {
  return mbps >= 1000 ? `${Number((mbps / 1000).toFixed(1))} Gbit/s` : `${mbps} Mbit/s`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes as people read them: 512 B, 1.5 GiB. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** step).toFixed(1))} ${BYTE_UNITS[step]}`;
}

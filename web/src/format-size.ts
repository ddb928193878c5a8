import { perLocale } from './language.ts';

/** One decimal at most. */
const number = (value: number): string => numbers().format(value);

const numbers = perLocale(
  (locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1, useGrouping: false }),
);

/** MiB as people read it: 512 MiB, 2 GiB, 1.5 GiB. */
export function formatMemory(memoryMib: number): string {
  return memoryMib < 1024 ? `${number(memoryMib)} MiB` : `${number(memoryMib / 1024)} GiB`;
}

/** GiB as people read it: 40 GiB, 2 TiB. */
export function formatDisk(gib: number): string {
  return gib >= 1024 ? `${number(gib / 1024)} TiB` : `${number(gib)} GiB`;
}

/** Mbit/s as people read it. */
export function formatNetwork(mbps: number): string {
  return mbps >= 1000 ? `${number(mbps / 1000)} Gbit/s` : `${number(mbps)} Mbit/s`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes as people read them: 512 B, 1.5 GiB. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${number(bytes / 1024 ** step)} ${BYTE_UNITS[step]}`;
}

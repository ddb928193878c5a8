const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "5 minutes ago", "3 days ago"; older than a month, the date. Both times in milliseconds. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1000));
  if (seconds < 10) return 'just now';
  if (seconds < MINUTE) return `${seconds} seconds ago`;
  if (seconds < HOUR) return ago(Math.round(seconds / MINUTE), 'minute');
  if (seconds < DAY) return ago(Math.round(seconds / HOUR), 'hour');
  if (seconds < 30 * DAY) return ago(Math.round(seconds / DAY), 'day');
  return new Date(thenMs).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

const ago = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'} ago`;

/** A length of time: "4 s", "1 min 20 s", "2 h 5 min". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`;
  return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
}

/** The exact local time, for a tooltip. */
export function formatExact(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}

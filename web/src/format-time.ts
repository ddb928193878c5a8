import { plural, t } from '@lingui/core/macro';
import { perLocale } from './language.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const dates = perLocale((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }));
const moments = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
);
const times = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' }),
);

/** "just now", "5 min ago", "3 days ago"; older than a month, the date. Both times in milliseconds. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1000));
  if (seconds < 10) return t`just now`;
  if (seconds < MINUTE) return t`${seconds} s ago`;
  if (seconds < HOUR) return t`${Math.round(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return t`${Math.round(seconds / HOUR)} h ago`;
  if (seconds < 30 * DAY) return daysAgo(Math.round(seconds / DAY));
  return formatDate(thenMs);
}

const daysAgo = (days: number): string => plural(days, { one: 'yesterday', other: '# days ago' });

/** A date: "5 Jan 2026". */
export function formatDate(at: string | number): string {
  return dates().format(new Date(at));
}

/** A date with the minute, for what is still to come: "5 Jan 2026, 14:05". */
export function formatMoment(at: string): string {
  return moments().format(new Date(at));
}

/** A length of time: "4 s", "1 min 20 s", "2 h 5 min", "40 days". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < MINUTE) return t`${seconds} s`;
  const minutes = Math.floor(seconds / MINUTE);
  if (seconds < HOUR) return t`${minutes} min ${seconds % MINUTE} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t`${hours} h ${minutes % 60} min`;
  return plural(Math.floor(hours / 24), { one: '# day', other: '# days' });
}

/** The exact local time, for a tooltip. */
export function formatExact(iso: string): string {
  return times().format(new Date(iso));
}

/** A length of time that somebody has set, from hours: "30 minutes", "36 hours", "3 days". */
export function formatHours(hours: number): string {
  if (hours < 1) return plural(Math.max(1, Math.round(hours * 60)), { one: '# minute', other: '# minutes' });
  return hours >= 48 && hours % 24 === 0
    ? plural(hours / 24, { one: '# day', other: '# days' })
    : plural(Math.round(hours), { one: '# hour', other: '# hours' });
}

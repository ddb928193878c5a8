import { badParameters } from './api-error.ts';
import type { Volume } from './cluster-state.ts';
import { parseDrive } from './vm-config.ts';

export type Mark = 'keep' | 'remove' | 'protected';

const PERIODS: Record<string, (time: Date) => string> = {
  'keep-hourly': (time) => time.toISOString().slice(0, 13),
  'keep-daily': (time) => time.toISOString().slice(0, 10),
  'keep-weekly': (time) => String(Math.floor((time.getTime() / 86_400_000 + 3) / 7)),
  'keep-monthly': (time) => time.toISOString().slice(0, 7),
  'keep-yearly': (time) => time.toISOString().slice(0, 4),
};
const OPTIONS = ['keep-all', 'keep-last', ...Object.keys(PERIODS)];

/** Reads `keep-last=3,keep-daily=7`; throws the 400 of what cannot be read. */
export function readRetention(text: string): Record<string, number> {
  const { options } = parseDrive(text);
  const wrong = Object.entries(options).find(
    ([key, value]) => !OPTIONS.includes(key) || !/^\d+$/.test(value),
  );
  if (wrong || Object.keys(options).length === 0) {
    throw badParameters({
      'prune-backups': `invalid format - value without key, but schema does not define a default key\n`,
    });
  }
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, Number(value)]));
}

/** Which of one VM's backups a retention keeps: each rule takes the newest of a period that no rule before it covers. */
export function markBackups(backups: Volume[], retention: Record<string, number>): Map<Volume, Mark> {
  const marks = new Map<Volume, Mark>();
  const newestFirst = backups.toSorted((a, b) => b.ctime - a.ctime);
  for (const backup of newestFirst) if (backup.isProtected) marks.set(backup, 'protected');
  const open = (): Volume[] => newestFirst.filter((backup) => !marks.has(backup));
  const last =
    retention['keep-all'] || Object.keys(retention).length === 0 ? Infinity : (retention['keep-last'] ?? 0);
  for (const backup of open().slice(0, last)) marks.set(backup, 'keep');
  for (const [rule, periodOf] of Object.entries(PERIODS)) {
    markPeriods(marks, open(), periodOf, retention[rule] ?? 0);
  }
  for (const backup of open()) marks.set(backup, 'remove');
  return marks;
}

function markPeriods(
  marks: Map<Volume, Mark>,
  backups: Volume[],
  periodOf: (time: Date) => string,
  count: number,
): void {
  if (count === 0) return;
  const of = ({ ctime }: Volume): string => periodOf(new Date(ctime * 1000));
  const covered = new Set([...marks].filter(([, mark]) => mark === 'keep').map(([backup]) => of(backup)));
  const taken = new Set<string>();
  for (const backup of backups) {
    const period = of(backup);
    if (covered.has(period)) continue;
    if (taken.has(period)) marks.set(backup, 'remove');
    else if (taken.size < count) {
      taken.add(period);
      marks.set(backup, 'keep');
    } else return;
  }
}

import { readdir, readFile } from 'node:fs/promises';

/** MiB of a process: now, or the most there were; NaN where the system does not tell. */
export async function readMemory(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Processor seconds of a process and its children, those that have ended included; NaN where the system does not tell. */
export async function readCpu(pid: number): Promise<number> {
  const own = await readStat(String(pid));
  if (!own) return Number.NaN;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const others = await Promise.all(pids.map(readStat));
  const children = others.filter((other) => other?.parent === pid);
  return [own, ...children].reduce((sum, stat) => sum + (stat?.seconds ?? 0), 0);
}

/** Linux counts in hundredths of a second. */
async function readStat(pid: string): Promise<{ parent: number; seconds: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat === '') return undefined;
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const times = fields.slice(11, 15);
  return { parent: fields[1] ?? 0, seconds: times.reduce((sum, ticks) => sum + ticks, 0) / 100 };
}

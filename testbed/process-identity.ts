import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/**
 * A text that is the same as long as `pid` is the same process, and differs once the number has been given to
 * another one (boot and start time). Undefined when no such process runs; a zombie does not count as running.
 */
export async function identifyProcess(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const { stdout, failed } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false });
    return failed ? undefined : stdout.trim() || undefined;
  }
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // proc(5): the second field is the name in parentheses, which may hold blanks; state and start time are fields 3 and 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${boot.trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** A process that can be recognised later, also by another process. */
export interface ProcessRecord {
  name: string;
  pid: number;
  identity: string;
  /** What ends it properly; TERM when left out. */
  stopSignal?: NodeJS.Signals;
}

export async function isRunning(record: Pick<ProcessRecord, 'pid' | 'identity'>): Promise<boolean> {
  return (await identifyProcess(record.pid)) === record.identity;
}

/** The program and its arguments, separated by blanks; empty when there is no such process. */
export async function readCommandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => text.replaceAll('\0', ' '),
      () => '',
    );
  }
  return (await execa('ps', ['-o', 'args=', '-p', String(pid)], { reject: false })).stdout ?? '';
}

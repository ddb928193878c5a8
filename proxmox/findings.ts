import type { ToldFinding } from '../contract/connection-texts.ts';
import type { Said } from '../contract/said.ts';

/** Something that stands between Berth and a cluster, or may. */
export interface Finding<Code extends string = string> {
  /** Stable: docs/proxmox.md explains each. */
  code: Code;
  /** With an error Berth cannot work there; a warning is for an admin to judge. */
  level: 'error' | 'warning';
  /** One sentence. */
  message: string;
  /** What to do about it. */
  remedy: string;
  /** Both by their code, where a test of a connection found it. */
  said?: Said;
  /** The address it was found at, when it is about one. */
  endpoint?: string;
  /** A path of Proxmox's tree of rights, and the privilege missing there. */
  path?: string;
  privilege?: string;
  /** SHA-256 of the certificate that the address showed. */
  fingerprint?: string;
}

/** What keeps Berth from working with a cluster. */
export const error = <Code extends string>(code: Code, message: string, remedy: string): Finding<Code> => ({
  code,
  level: 'error',
  message,
  remedy,
});

/** One with a text that has a code of its own. */
export const finding = <Code extends string>(
  level: Finding['level'],
  code: Code,
  told: ToldFinding,
): Finding<Code> => ({ code, level, ...told });

export const hasErrors = (findings: Finding[]): boolean => findings.some(({ level }) => level === 'error');

/** Findings as lines to print, errors first. */
export function describeFindings(findings: Finding[]): string {
  const errorsFirst = findings.toSorted((a, b) => Number(b.level === 'error') - Number(a.level === 'error'));
  return errorsFirst
    .map(
      ({ code, level, message, remedy, endpoint }) =>
        `${level} ${code}: ${endpoint ? `${endpoint}: ` : ''}${message}\n  ${remedy}`,
    )
    .join('\n');
}

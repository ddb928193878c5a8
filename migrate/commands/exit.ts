import { CommanderError } from 'commander';
import { DatabaseAway, SettingMissing, TemporalAway } from './context.ts';
import { SourceError } from '../legacy/source-error.ts';
import { MappingError } from '../mapping.ts';
import { RunNotFound } from '../report/find-run.ts';
import { RunRefused } from '../run-refused.ts';
import { SourceMissing } from '../source-url.ts';

/** What the shell learns; part of the command's interface. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  source: 3,
  mapping: 4,
  notFound: 5,
  refused: 6,
  paused: 7,
  different: 8,
  away: 9,
  detached: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
    0  done
    1  failed for an unexpected reason, or the run failed or was cancelled
    2  wrong options, a file that cannot be read or written, or a setting or the source is not given
    3  the source cannot be read
    4  the mapping file cannot be used
    5  there is no such service, run or code
    6  refused: another run is under way, or no fresh dry run vouches for this one
    7  the run is paused and waits for somebody
    8  verify found a difference
    9  Berth’s PostgreSQL or Temporal does not answer
  130  Ctrl-C: detached; the run goes on
`;

/** There is no such row. */
export class NotFound extends Error {
  override name = 'NotFound';
}

export function exitCodeOf(err: unknown): number {
  if (err instanceof CommanderError) return err.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (err instanceof SourceMissing || err instanceof SettingMissing) return EXIT.usage;
  if (err instanceof SourceError) return EXIT.source;
  if (err instanceof MappingError) return EXIT.mapping;
  if (err instanceof RunRefused) return EXIT.refused;
  if (err instanceof TemporalAway || err instanceof DatabaseAway) return EXIT.away;
  return err instanceof NotFound || err instanceof RunNotFound ? EXIT.notFound : EXIT.failed;
}

import type { Command } from 'commander';
import { NotFound } from './exit.ts';
import { alignColumns } from '../align-columns.ts';
import { listCodes } from '../../contract/migration-codes.ts';

/** `codes`: the reasons, warnings and causes that reports name. */
export function codesCommand(program: Command): void {
  program
    .command('codes')
    .description('what a code of a report means, and what to do about it')
    .argument('[code]', 'all of them without it')
    .option('--json', 'print JSON', false)
    .action((wanted: string | undefined, { json }: { json: boolean }) => {
      const codes = listCodes().filter(({ code }) => wanted === undefined || code === wanted);
      if (codes.length === 0) {
        throw new NotFound(
          `there is no code ${wanted}; a mapping may name codes of its own for statuses it skips`,
        );
      }
      console.log(json ? JSON.stringify(codes, null, 2) : describe(codes));
    });
}

function describe(codes: ReturnType<typeof listCodes>): string {
  return [...Map.groupBy(codes, ({ group }) => group)]
    .map(
      ([group, of]) =>
        `${group}\n${alignColumns(of.map(({ code, meaning, remedy }) => [code, `${meaning} ${remedy}`]))}`,
    )
    .join('\n\n');
}

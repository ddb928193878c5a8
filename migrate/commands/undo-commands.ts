import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit.ts';
import { writeNew } from './source-commands.ts';
import { dropSecrets } from '../drop-secrets.ts';
import { findRun } from '../report/find-run.ts';
import { rollbackRun, type RollbackResult } from '../rollback.ts';
import { linkDays, webAddress } from '../../db/command-arguments.ts';
import { createPasswordLinks, LINK_DAYS } from '../../db/password-links.ts';
import { queryRows } from '../../db/query-rows.ts';
import { CommanderError } from 'commander';

interface LinkFlags {
  out: string;
  url?: string;
  days: number;
  json: boolean;
}

/** `rollback`, `password-links` and `drop-secrets`: what comes after a run. */
export function undoCommands(program: Command, context: CommandContext): void {
  rollbackCommand(program, context);
  passwordLinksCommand(program, context);
  dropSecretsCommand(program, context);
}

function rollbackCommand(program: Command, context: CommandContext): void {
  program
    .command('rollback')
    .description('remove what a run added and nobody has touched since; tells what stays')
    .argument('<run>', 'the id of the run, or the beginning of it')
    .option('--dry-run', 'only tell what would be removed, and what would stay', false)
    .option('--json', 'print JSON', false)
    .action((wanted: string, { dryRun, json }: { dryRun: boolean; json: boolean }) =>
      context.withDatabase(async (database) => {
        const { id } = await findRun(database, wanted);
        const result = await rollbackRun(database, id, { dryRun });
        console.log(json ? JSON.stringify(result, null, 2) : describe(result, dryRun));
      }),
    );
}

function passwordLinksCommand(program: Command, context: CommandContext): void {
  program
    .command('password-links')
    .description('write links for customers whose password could not be brought along, as e-mail,link')
    .argument('[run]', 'the id of the run, the beginning of it, or the latest that was not dry', 'latest')
    .requiredOption('--out <file>', 'readable by you only; whoever has a link can set the password')
    .option('--url <url>', 'where customers reach Berth (else BERTH_PUBLIC_URL)', webAddress)
    .option('--days <n>', 'how long the links can be used', linkDays, LINK_DAYS)
    .option('--json', 'print JSON, without the links', false)
    .action((wanted: string, { out, url, days, json }: LinkFlags) =>
      context.withDatabase(async (database) => {
        const publicUrl = url ?? context.settings().BERTH_PUBLIC_URL;
        if (!publicUrl) {
          throw new CommanderError(
            EXIT.usage,
            'berth.url',
            'give --url, where customers reach Berth, or BERTH_PUBLIC_URL',
          );
        }
        const { source } = await findRun(database, wanted, { preferReal: true });
        const users = await queryRows<{ id: string }>(
          database,
          `select u.id from provenance p join users u on u.id = p.target_id
           where p.source = ? and p.entity = 'user' and u.password_hash is null order by u.email`,
          [source],
        );
        await database.transaction(async (trx) => {
          const links = await createPasswordLinks(
            trx,
            users.map(({ id }) => id),
            { publicUrl, days },
          );
          await writeNew(
            out,
            ['email,link', ...links.map(({ email, link }) => `${email},${link}`), ''].join('\n'),
          );
          const said = `${links.length} link${links.length === 1 ? '' : 's'} written to ${out}, good for ${days} days and for one use each.`;
          console.log(json ? JSON.stringify({ links: links.length, file: out, days }) : said);
        });
      }),
    );
}

function dropSecretsCommand(program: Command, context: CommandContext): void {
  program
    .command('drop-secrets')
    .description(
      'forget the logins of sources, and with --hashes the passwords of WHMCS nobody has used since',
    )
    .option('--hashes', 'these customers need a link to set a password', false)
    .option('--json', 'print JSON', false)
    .action(({ hashes, json }: { hashes: boolean; json: boolean }) =>
      context.withDatabase(async (database) => {
        const dropped = await dropSecrets(database, { hashes });
        const said = `Forgotten: ${dropped.sources} logins of sources, ${dropped.hashes} passwords of WHMCS.`;
        console.log(json ? JSON.stringify(dropped) : said);
      }),
    );
}

function describe({ removed, left }: RollbackResult, dryRun: boolean): string {
  const lines = [
    `${dryRun ? 'Would remove' : 'Removed'} ${removed.service} servers, ${removed.client} accounts, ${removed.user} users. ${dryRun ? 'Nothing was changed.' : 'No VM was touched.'}`,
  ];
  if (left.length > 0) {
    lines.push(
      dryRun ? `${left.length} would stay:` : `${left.length} stay:`,
      ...left.slice(0, 50).map(({ entity, sourceId, reason }) => `  ${entity} ${sourceId}: ${reason}`),
    );
    if (left.length > 50) lines.push(`  and ${left.length - 50} more (--json lists all)`);
  }
  return lines.join('\n');
}

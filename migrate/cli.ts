import { Command, CommanderError } from 'commander';
import { codesCommand } from './commands/codes-command.ts';
import { createContext } from './commands/context.ts';
import { EXIT_HELP, exitCodeOf } from './commands/exit.ts';
import { runCommands } from './commands/run-commands.ts';
import { sourceCommands } from './commands/source-commands.ts';
import { steerCommands } from './commands/steer-commands.ts';
import { undoCommands } from './commands/undo-commands.ts';
import { verifyCommand } from './commands/verify-command.ts';
import { reportCommand } from './report/command.ts';
import { loadConfig } from '../config.ts';
import { withRunningBerth } from '../db/running-berth.ts';

const env = withRunningBerth(process.env);
// Temporal's own settings are read from the process by its SDK.
if (env['TEMPORAL_ADDRESS']) process.env['TEMPORAL_ADDRESS'] = env['TEMPORAL_ADDRESS'];
const context = createContext({
  databaseUrl: () => loadConfig('database', env).DATABASE_URL,
  hasDatabase: Boolean(env['DATABASE_URL']),
  settings: () => loadConfig('migration', env),
});

// A reader such as head has seen enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (err: NodeJS.ErrnoException) => {
    if (err.code !== 'EPIPE') throw err;
  });
}

const program = new Command('berth-migrate')
  .description('Moves servers and customers from WHMCS to Berth. The source is only ever read.')
  .addHelpText('after', EXIT_HELP)
  .exitOverride();
sourceCommands(program, context, env);
runCommands(program, context, env);
steerCommands(program, context);
verifyCommand(program, context, env);
reportCommand(program, context);
undoCommands(program, context);
codesCommand(program);

try {
  await program.parseAsync();
} catch (err) {
  process.exitCode = exitCodeOf(err);
  // Commander has said its own already.
  const isSaid = err instanceof CommanderError && err.code.startsWith('commander.');
  if (!isSaid) console.error(err instanceof Error ? err.message : String(err));
}

import { join } from 'node:path';
import { execa } from 'execa';
import Knex from 'knex';
import type { Part, RunningBerth } from './berth.ts';
import { readContent } from '../migrated-content.ts';
import { until } from '../until.ts';
import { databaseConfig, type Database } from '../../db/connect.ts';
import { readProgress, type RunProgress } from '../../migrate/commands/follow-run.ts';

const CLI = join(import.meta.dirname, '../../migrate/cli.ts');

interface Cli extends PromiseLike<{ exitCode?: number; stdout: string; stderr: string }> {
  stderr: NodeJS.ReadableStream;
  kill(signal: NodeJS.Signals): boolean;
}

/** An admin who migrates with the command line, and sees in PostgreSQL how far that is. */
export interface Admin {
  database: Database;
  /** Starts a command; it is not waited for. */
  cli(...args: string[]): Cli;
  /** Runs a command to its end; throws when it fails. */
  done(...args: string[]): Promise<string>;
  /** Starts a run and waits until it has an id. */
  begin(...args: string[]): Promise<{ runId: string; command: Cli }>;
  /** Waits until a run is where it should be; PostgreSQL may be away meanwhile. */
  untilProgress(runId: string, isThere: (progress: RunProgress) => boolean): Promise<void>;
  content(): Promise<{ hash: string; rows: number }>;
  /** Kills a part without warning; whoever watches it starts it again. */
  kill(part: Part): Promise<void>;
  close(): Promise<void>;
}

export async function createAdmin(berth: RunningBerth): Promise<Admin> {
  const { databaseUrl, whmcsMapping = '' } = await berth.run();
  const database = Knex(databaseConfig(databaseUrl, { poolSize: 2 }));
  const cli = (...args: string[]): Cli =>
    execa(process.execPath, [CLI, ...args], {
      env: { BERTH_DATA_DIR: berth.dataDir },
      stdin: 'ignore',
      reject: false,
    });
  return {
    database,
    cli,
    async done(...args) {
      const { exitCode, stdout, stderr } = await cli(...args);
      if (exitCode !== 0) throw new Error(`${args.join(' ')}: exit code ${exitCode}\n${stdout}\n${stderr}`);
      return stdout;
    },
    async begin(...args) {
      const command = cli('run', '--mapping', whmcsMapping, ...args);
      let said = '';
      let hasEnded = false;
      command.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()));
      void command.then(() => (hasEnded = true));
      const idOf = () => /^Run (\S{36})/m.exec(said)?.[1];
      await until(() => {
        if (hasEnded && !idOf()) throw new Error(said);
        return idOf() !== undefined;
      });
      return { runId: idOf() ?? '', command };
    },
    untilProgress: (runId, isThere) =>
      until(async () => {
        const progress = await readProgress(database, runId).catch(() => undefined);
        if (progress?.status === 'failed' || progress?.status === 'cancelled')
          throw new Error(progress.status);
        return progress !== undefined && isThere(progress);
      }, 120_000),
    content: () => readContent(database),
    async kill(part) {
      const pid = await berth.pidOf(part);
      process.kill(pid, 'SIGKILL');
      await until(async () => (await berth.pidOf(part)) !== pid, 60_000);
    },
    close: () => database.destroy(),
  };
}

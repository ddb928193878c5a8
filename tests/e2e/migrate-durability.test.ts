import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Part, type RunningBerth } from './berth.ts';
import { createAdmin, type Admin } from './migration.ts';
import type { RunPhase } from '../../db/models/migration-run.ts';
import type { RunProgress } from '../../migrate/commands/follow-run.ts';

let berth: RunningBerth;
let admin: Admin;
beforeAll(async () => {
  berth = await startBerth({ speed: '0', whmcs: true, whmcsSize: 3_000 });
  admin = await createAdmin(berth);
});
afterAll(async () => {
  await admin?.close();
  await berth?.stop();
});

const isIn =
  (phase: RunPhase, rows = 0) =>
  (progress: RunProgress) =>
    progress.phase === phase && progress.done >= rows;

/** Each part dies once, in a phase in which it is needed. */
const KILLS: [Part, (progress: RunProgress) => boolean][] = [
  ['mariadb', isIn('people')],
  ['worker', isIn('servers', 1)],
  ['postgres', isIn('settle')],
  ['temporal', isIn('load')],
];

it('ends with the same content when every part is killed on the way, and the command follows to the end', async () => {
  const undisturbed = await admin.begin('--yes-without-dry-run');
  expect((await undisturbed.command).exitCode).toBe(0);
  const content = await admin.content();
  expect(content.rows).toBeGreaterThan(5_000);
  await admin.done('rollback', undisturbed.runId);
  expect((await admin.content()).rows).toBeLessThan(10);

  const { runId, command } = await admin.begin('--yes-without-dry-run');
  for (const [part, isThere] of KILLS) {
    await admin.untilProgress(runId, isThere);
    await admin.kill(part);
  }
  const { exitCode, stderr } = await command;
  expect([exitCode, stderr]).toEqual([0, expect.anything()]);
  expect(await admin.content()).toEqual(content);
  const verified = JSON.parse(await admin.done('verify', runId, '--json')) as { isEqual: boolean };
  expect(verified.isEqual).toBe(true);
  await admin.done('rollback', runId);
});

it('lets go of a run at Ctrl-C and comes back to it', async () => {
  const { runId, command } = await admin.begin('--dry-run');
  command.kill('SIGINT');
  const { exitCode, stdout } = await command;
  expect([exitCode, stdout]).toEqual([130, expect.stringContaining('goes on without you')]);
  expect(await admin.done('attach', runId)).toContain('Nothing was changed.');
});

it('has written no secret of the source into a log', async () => {
  const { whmcsDatabaseUrl = '' } = await berth.run();
  const folder = join(berth.dataDir, 'logs');
  const logs = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
  );
  expect(logs.map(({ name }) => name)).toContain('worker.log');
  const { password } = new URL(whmcsDatabaseUrl);
  const leaks = logs.filter(({ text }) => text.includes(password) || /\$2y\$\d\d\$/.test(text));
  expect(leaks.map(({ name }) => name)).toEqual([]);
});

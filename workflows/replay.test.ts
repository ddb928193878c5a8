import { readdir, readFile } from 'node:fs/promises';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
});

const FOLDER = new URL('../tests/histories/', import.meta.url);
/** Those of this version, and of released ones in folders of their own. */
const files = (await readdir(FOLDER, { recursive: true })).filter((file) => file.endsWith('.json'));
const replay = async (history: unknown) =>
  Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundle') } }, history);

describe('workflows under way when a worker is upgraded', () => {
  it.each(files)('goes on from the recorded history %s', async (file) => {
    const history: unknown = JSON.parse(await readFile(new URL(file, FOLDER), 'utf8'));
    await expect(replay(history)).resolves.toBeUndefined();
  });

  it('would be noticed to have changed', async () => {
    const text = await readFile(new URL('provision-succeeded.json', FOLDER), 'utf8');
    const history: unknown = JSON.parse(text.replaceAll('"configureVm"', '"somethingElse"'));
    await expect(replay(history)).rejects.toThrow(/TMPRL1100|ondeterminis/);
  });
});

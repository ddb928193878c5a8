import { writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';

const FOLDER = new URL('./histories/', import.meta.url);

/**
 * Keeps the history of a finished workflow, without stack traces and the worker's own name, for the replay test, when asked to by BERTH_RECORD_HISTORIES=1. Done by
 * hand after a change that is meant to change histories, never by an ordinary run.
 */
export async function recordHistory(name: string, handle: WorkflowHandle): Promise<void> {
  if (process.env['BERTH_RECORD_HISTORIES'] !== '1') return;
  const history = historyToJSON(await handle.fetchHistory());
  const scrubbed = history
    .replaceAll(/"stackTrace":\s*"(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    .replaceAll(/"identity":\s*"[^"]*"/g, '"identity": "worker"');
  await writeFile(new URL(`${name}.json`, FOLDER), scrubbed);
}

import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { generate, readGenerated, type GenerateOptions } from './generate.ts';
import { providerVms } from './provider-vms.ts';

export interface EnsureOptions extends GenerateOptions {
  truthDir: string;
  onMessage: (message: string) => void;
}

/**
 * Fills the database unless it holds a complete provider already; true when it was filled. Beside the truth it writes
 * the VMs of both clusters (vms-fra1.jsonl, vms-ams1.jsonl) for the Proxmox simulator.
 */
export async function ensureGenerated(options: EnsureOptions): Promise<boolean> {
  const { url, truthDir, onMessage } = options;
  const present = await readGenerated(url);
  if (present) {
    const { seed, size, edition } = present;
    onMessage(`the database holds ${size} services already (seed ${seed}, edition ${edition})`);
    return false;
  }
  onMessage(`generating a WHMCS database with ${options.size} services (seed ${options.seed})`);
  const started = Date.now();
  // Before the database, which counts as complete at the end of `generate`.
  await mkdir(truthDir, { recursive: true });
  for (const cluster of ['fra1', 'ams1'] as const) {
    const file = createWriteStream(join(truthDir, `vms-${cluster}.jsonl`), { mode: 0o600 });
    await pipeline(linesOf(providerVms(options, cluster)), file);
  }
  const summary = await generate(options);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  onMessage(
    `wrote ${summary.rows} rows in ${seconds} s; what a migration must make of them is in ${truthDir}`,
  );
  return true;
}

function* linesOf(records: Iterable<object>): Generator<string> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

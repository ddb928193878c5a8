import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finalFailure, passingFailure } from './failures.ts';
import type { Server } from '../db/models/server.ts';
import { say } from '../contract/sayings.ts';

/**
 * Proxmox's API cannot upload snippets, so the file goes to a directory the nodes mount as a storage. As *vendor* data
 * it is merged with what Proxmox generates (user, keys, network) instead of replacing it. Answers the VM's `cicustom`.
 */
export async function writeSnippet(server: Server, userData: string): Promise<string> {
  const snippet = snippetOf(server);
  if (!snippet) throw finalFailure('proxmox_rejected', say('no_snippets'));
  await mkdir(snippet.folder, { recursive: true });
  await writeFile(snippet.draft, userData, { mode: 0o640 });
  await rename(snippet.draft, snippet.path);
  return `vendor=${snippet.volume}`;
}

/** Removes what `writeSnippet` wrote, if anything: nothing else takes it off the storage. Call it once the VM is gone. */
export async function removeSnippet(server: Server): Promise<void> {
  const snippet = snippetOf(server);
  if (!snippet) return;
  try {
    for (const path of [snippet.draft, snippet.path]) await rm(path, { force: true });
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw passingFailure('storage_unavailable', say('snippet_stays', { reason }));
  }
}

function snippetOf({ id, cluster }: Server) {
  if (!cluster?.snippetsDir || !cluster.snippetsStorage) return null;
  const file = `berth-${id}.yaml`;
  const folder = join(cluster.snippetsDir, 'snippets');
  return {
    folder,
    path: join(folder, file),
    draft: join(folder, `.${file}`),
    volume: `${cluster.snippetsStorage}:snippets/${file}`,
  };
}

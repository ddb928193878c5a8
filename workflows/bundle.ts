import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const ALL = new URL('./index.ts', import.meta.url);

/** Bundles every workflow (or what `source` exports) into one file, so that a worker never compiles at start; returns the path. */
export async function bundleWorkflows(path: string, source = ALL): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(source),
    logger: new DefaultLogger('WARN'),
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
  return path;
}

if (import.meta.main) console.log(await bundleWorkflows('dist/workflow-bundle.js'));

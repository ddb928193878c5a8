import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 200_000;
const DIST = path.join(import.meta.dirname, 'dist');

interface ManifestChunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
}

/** The entry and everything it imports statically: what a browser loads before the first page shows. */
function entryFiles(manifest: Record<string, ManifestChunk>): string[] {
  const seen = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (!chunk || seen.has(chunk.file)) return;
    seen.add(chunk.file);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(key);
  return [...seen];
}

/** The script that stands in the page itself and begins with the entry. */
const earlyFile = (page: string): string[] => /<script src="\/app\/([^"]+)"/.exec(page)?.slice(1) ?? [];

const read = async (file: string): Promise<string> => readFile(path.join(DIST, file), 'utf8');
const manifest = JSON.parse(await read('.vite/manifest.json')) as Record<string, ManifestChunk>;
let total = 0;
for (const file of [...earlyFile(await read('index.html')), ...entryFiles(manifest)]) {
  const bytes = gzipSync(await readFile(path.join(DIST, file))).length;
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB gzip  ${file}`);
}
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB gzip  in all, of ${BUDGET_BYTES / 1000} kB`);
if (total === 0 || total > BUDGET_BYTES) {
  console.error('The entry JavaScript is over its budget or missing.');
  process.exitCode = 1;
}

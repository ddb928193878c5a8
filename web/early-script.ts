import path from 'node:path';
import { build, type HtmlTagDescriptor, type Plugin, type Rolldown } from 'vite';

const SOURCE = 'src/early.ts';
/** What a language consists of. */
const TEXTS: Record<string, string[]> = {
  en: ['src/locales/en.po'],
  de: ['src/locales/de.po', 'src/locales/contract-de.ts'],
};
const ENTRY_TAG = /<script type="module" crossorigin src="([^"]+)"><\/script>/;

/**
 * Puts the early script into the page: no module, because those wait for the style sheet and for each other. It is told
 * which file to begin with, and which ones each language needs.
 */
export const earlyScript = (): Plugin => {
  let isBuild = false;
  return {
    name: 'berth-early-script',
    configResolved: ({ command }) => {
      isBuild = command === 'build';
    },
    async buildStart() {
      if (isBuild) this.emitFile({ type: 'asset', name: 'early.js', source: await bundleEarly() });
    },
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => {
        const files = Object.values(bundle);
        const early = files.find((file) => file.type === 'asset' && file.names.includes('early.js'));
        if (!early) return [script({ type: 'module', src: `/app/${SOURCE}` })];
        const entry = ENTRY_TAG.exec(html)?.[1];
        if (!entry) throw new Error('index.html has no entry');
        return {
          html: html.replace(ENTRY_TAG, '<link rel="modulepreload" crossorigin href="$1">'),
          tags: [script({ src: `/app/${early.fileName}`, 'data-entry': entry, ...textFiles(files) })],
        };
      },
    },
  };
};

const script = (attrs: Record<string, string>): HtmlTagDescriptor => ({
  tag: 'script',
  attrs,
  injectTo: 'head-prepend',
});

/** By `data-` attribute, the files of each language. */
function textFiles(files: (Rolldown.OutputAsset | Rolldown.OutputChunk)[]): Record<string, string> {
  const fileOf = (source: string): string => {
    const module = path.join(import.meta.dirname, source);
    const chunk = files.find((file) => file.type === 'chunk' && file.moduleIds.includes(module));
    if (!chunk) throw new Error(`${source} is in no file`);
    return `/app/${chunk.fileName}`;
  };
  return Object.fromEntries(
    Object.entries(TEXTS).map(([language, sources]) => [`data-${language}`, sources.map(fileOf).join(' ')]),
  );
}

async function bundleEarly(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      lib: { entry: path.join(import.meta.dirname, SOURCE), formats: ['iife'], name: 'early' },
    },
  });
  const [result] = Array.isArray(built) ? built : [];
  if (!result) throw new Error('the early script was not built');
  return result.output[0].code;
}

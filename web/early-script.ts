import path from 'node:path';
import { textsPlugins } from './texts-plugins.ts';
import { build, type HtmlTagDescriptor, type Plugin, type Rolldown } from 'vite';

const SOURCE = 'src/early.ts';
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

type BuiltFile = Rolldown.OutputAsset | Rolldown.OutputChunk;

/** The language whose texts a file holds: `locales/de.po` and `locales/contract-de.ts` are German. */
export const languageOf = (file: BuiltFile): string | undefined =>
  file.type === 'chunk'
    ? /\/src\/locales\/(?:.+-)?(\w+)\.\w+$/.exec(file.facadeModuleId ?? '')?.[1]
    : undefined;

/** By `data-` attribute, the files of each language. */
function textFiles(files: BuiltFile[]): Record<string, string> {
  const byLanguage = Map.groupBy(files, languageOf);
  byLanguage.delete(undefined);
  return Object.fromEntries(
    [...byLanguage].map(([language, texts]) => [
      `data-${language}`,
      texts.map(({ fileName }) => `/app/${fileName}`).join(' '),
    ]),
  );
}

async function bundleEarly(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    // A library is built for whoever builds with it, who then says so.
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    plugins: [textsPlugins({ failOnMissing: true, failOnCompileError: true })],
    build: {
      write: false,
      lib: { entry: path.join(import.meta.dirname, SOURCE), formats: ['iife'], name: 'early' },
    },
  });
  const [result] = Array.isArray(built) ? built : [];
  if (!result) throw new Error('the early script was not built');
  return result.output[0].code;
}

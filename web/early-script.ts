import path from 'node:path';
import { build, type Plugin } from 'vite';

const SOURCE = 'src/early.ts';

/** Puts the early script into the page: no module, because those wait for the style sheet and for each other. */
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
      handler: (_html, { bundle }) => {
        const built = Object.values(bundle ?? {}).find(
          (file) => file.type === 'asset' && file.names.includes('early.js'),
        );
        const attrs = built ? { src: `/app/${built.fileName}` } : { type: 'module', src: `/app/${SOURCE}` };
        return [{ tag: 'script', attrs, injectTo: 'head-prepend' }];
      },
    },
  };
};

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

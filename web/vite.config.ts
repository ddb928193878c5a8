import { earlyScript, languageOf } from './early-script.ts';
import { textsPlugins } from './texts-plugins.ts';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const API = 'http://127.0.0.1:3000';
const API_PATHS = [
  '/login',
  '/logout',
  '/refresh',
  '/password',
  '/users',
  '/servers',
  '/deleted-servers',
  '/plans',
  '/templates',
  '/operations',
  '/events',
  '/audit-log',
  '/ssh-keys',
  '/accounts',
  '/admin',
  '/availability',
  '/invitations',
  '/settings',
];

/** What every page needs and seldom changes; left alone it falls into small pieces, which compress worse. */
const BASE = 'base';

/** Has what nearly all is needed of compiled while it is read, rather than each function when it is first called. */
const compileAtOnce: Plugin = {
  name: 'berth-compile-at-once',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === 'chunk' && (file.isEntry || file.name === BASE || languageOf(file)))
          file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
    },
  },
};

/** The API serves `dist` under `/app/`; `vite dev` forwards what belongs to the API instead. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/app/',
  plugins: [
    textsPlugins({ failOnMissing: true, failOnCompileError: true }),
    react(),
    earlyScript(),
    compileAtOnce,
  ],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    // The content security policy allows no data: scripts or styles, and small files are cheap over HTTP/2.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: BASE,
              test: /node_modules\/(?:react|react-dom|scheduler|react-router|@tanstack)\//,
              priority: 1,
            },
            // The rest of what the first page needs, in one file: each costs a slow processor as much as some kilobytes do.
            { name: 'first', tags: ['$initial'] },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(API_PATHS.map((path) => [path, API])) },
});

import { earlyScript } from './early-script.ts';
import { textsPlugins } from './texts-plugins.ts';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

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

/** The API serves `dist` under `/app/`; `vite dev` forwards what belongs to the API instead. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/app/',
  plugins: [textsPlugins({ failOnMissing: true, failOnCompileError: true }), react(), earlyScript()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    // The content security policy allows no data: scripts or styles, and small files are cheap over HTTP/2.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // What every page needs and seldom changes; left alone it falls into small pieces, which compress worse.
        codeSplitting: {
          groups: [
            { name: 'base', test: /node_modules\/(?:react|react-dom|scheduler|react-router|@tanstack)\// },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(API_PATHS.map((path) => [path, API])) },
});

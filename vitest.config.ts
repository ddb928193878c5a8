import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { textsPlugins } from './web/texts-plugins.ts';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const SERVER_FOLDERS = 'api,workflows,activities,db,proxmox,contract,migrate,testbed,tests';

// What tests leave when they are interrupted goes with the folder of the run: Vitest runs no hooks then.
const folder = mkdtempSync(join(tmpdir(), 'berth-tests-'));
chmodSync(folder, 0o711); // databases run as other users where tests run as root
process.env['TMPDIR'] = folder;
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

export default defineConfig({
  test: {
    // Tests wait for servers more than they compute, so that two share even one processor well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', './tests/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'server',
          include: [`{${SERVER_FOLDERS}}/**/*.test.ts`, '*.test.ts'],
          exclude: ['tests/e2e/**'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: './tests/global-setup.ts',
        },
      },
      {
        plugins: [textsPlugins(), react()],
        test: {
          name: 'web',
          include: ['web/src/**/*.test.{ts,tsx}'],
          environment: 'jsdom',
          setupFiles: ['web/src/test-setup.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          // Each file runs a whole Berth of its own; two at once gain nothing where there are two processors.
          fileParallelism: false,
          include: ['tests/e2e/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});

import { expect, it } from 'vitest';
import { describeRun } from './describe-run.ts';
import { outsideParts } from './outside-parts.ts';

const CASES: [string, Record<string, string>, boolean][] = [
  ['nothing is said', {}, true],
  ['it is turned off', { BERTH_WHMCS: '0' }, false],
  ['a database is named', { WHMCS_DATABASE_URL: 'mysql://r:x@db/whmcs', BERTH_WHMCS: '1' }, false],
  ['a file with its address is named', { WHMCS_DATABASE_URL_FILE: '/run/secrets/whmcs' }, false],
  ['the Proxmox is a real one', { PROXMOX_URL: 'https://pve1:8006' }, false],
  [
    'the Proxmox is a real one and it is asked for',
    { PROXMOX_URL: 'https://pve1:8006', BERTH_WHMCS: '1' },
    true,
  ],
];
it.each(CASES)('knows whether to make a WHMCS when %s', (_when, env, expected) => {
  expect(outsideParts(env).wantsWhmcs).toBe(expected);
});

it('shows where the WHMCS is and what to try, without its password', () => {
  const files = { run: '/data/run.json', logs: '/data/logs' };
  const run = { dashboardUrl: 'http://127.0.0.1/app/', databaseUrl: 'postgres://berth:one@127.0.0.1/berth' };
  const table = describeRun({ ...run, whmcsDatabaseUrl: 'mysql://reader:two@127.0.0.1:13306/whmcs' }, files);
  expect(table).toContain('mysql://127.0.0.1:13306/whmcs\n');
  expect(table).toContain('npm run migrate -- inspect');
  expect(table).not.toMatch(/one|two/);
  expect(describeRun(run, files)).not.toContain('migrate');
  expect(describeRun({ ...run, whmcsDatabaseUrl: 'two' }, files)).not.toContain('two');
});

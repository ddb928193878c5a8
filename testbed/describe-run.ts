import type { RunInfo } from './stack.ts';

/** The table a person needs after a start; the database's password is only in run.json. */
export function describeRun(run: RunInfo, files: { run: string; logs: string }): string {
  const { customer, admin, whmcsDatabaseUrl: whmcs } = run as Known;
  const rows: [string, unknown][] = [
    ['Dashboard', run.dashboardUrl],
    ['  customer', customer && `${customer.email}  ${customer.password}`],
    ['  admin', admin && `${admin.email}  ${admin.password}`],
    ['API', run['apiUrl']],
    ['Temporal UI', run['temporalUiUrl']],
    ['Proxmox', run['proxmoxUrl']],
    ['PostgreSQL', hideCredentials(String(run['databaseUrl']))],
    ['WHMCS', whmcs && hideCredentials(whmcs)],
    ['  try', whmcs && 'npm run migrate -- inspect'],
    ['Logs', files.logs],
    ['All of this', files.run],
  ];
  const lines = rows
    .filter(([, value]) => value)
    .map(([name, value]) => `  ${name.padEnd(13)}${String(value)}`);
  return ['', 'Berth is up. Ctrl-C stops it.', '', ...lines, ''].join('\n');
}

interface Known {
  customer?: Login;
  admin?: Login;
  whmcsDatabaseUrl?: string;
}

interface Login {
  email: string;
  password: string;
}

function hideCredentials(url: string): string {
  if (!URL.canParse(url)) return 'as set in the environment';
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

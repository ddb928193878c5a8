import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { copyRaw } from './copy-raw.ts';
import { copyWithPgloader } from './copy-with-pgloader.ts';
import { withMigrationEstate } from './migration-estate.ts';
import { printRatio, printTable } from './numbers.ts';
import { runMigration, type MigrationResult } from './run-migration.ts';

/**
 * Moves a WHMCS of `--size` services into Berth, and compares with pgloader copying the same tables as they are, and with
 * COPY of the result. `--only-berth` leaves the two out; `--small` is the size whose memory is compared (0: none).
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '100000' },
    small: { type: 'string', default: '2000' },
    'only-berth': { type: 'boolean', default: false },
  },
});
const [size, small] = [Number(values.size), Number(values.small)];
const seconds = (ms: number) => (ms / 1_000).toFixed(1);
const perSecond = (rows: number | undefined, ms: number) =>
  rows === undefined ? '' : ((rows / ms) * 1_000).toFixed(0);

const memory: [number, MigrationResult['memoryMib']][] = [];
if (small > 0) {
  await withMigrationEstate(small, async (estate) => {
    const berth = await runMigration(estate);
    memory.push([small, berth.memoryMib]);
    reportRun(small, berth);
  });
}
await withMigrationEstate(size, async (estate) => {
  const pgloader = values['only-berth'] ? undefined : await copyWithPgloader(estate);
  const berth = await runMigration(estate);
  memory.push([size, berth.memoryMib]);
  reportRun(size, berth);
  const raw = values['only-berth'] ? undefined : await copyRaw(estate);
  const rows = [
    ['pgloader, the same tables as they are', pgloader],
    ['Berth', { ms: berth.ms, rows: berth.rows }],
    ['COPY of the result', raw],
  ] as const;
  printTable(
    ['', 's', 'rows', 'rows/s'],
    rows.map(([name, result]) => [
      name,
      result ? seconds(result.ms) : '-',
      String(result?.rows ?? ''),
      result ? perSecond(result.rows, result.ms) : '',
    ]),
  );
  printTable(
    ['memory of the worker, MiB', 'before', 'peak'],
    memory.map(([count, { before, peak }]) => [`${count} services`, before.toFixed(0), peak.toFixed(0)]),
  );
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
  if (raw) printRatio(raw.ms / berth.ms, '≥ 0.3 × the speed of COPY');
  if (pgloader) printRatio(berth.ms / pgloader.ms, '< 1 × the time of pgloader');
  else if (!values['only-berth'])
    console.log('pgloader is not installed, so that there is nothing to compare with');
});

function reportRun(count: number, { ms, phases }: MigrationResult): void {
  console.log(`${count} services in ${seconds(ms)} s`);
  printTable(
    ['phase', 's', 'rows/s'],
    phases.map(({ name, ms: phaseMs, rows }) => [name, seconds(phaseMs), perSecond(rows, phaseMs)]),
  );
}

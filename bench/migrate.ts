import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { copyRaw } from './copy-raw.ts';
import { copyWithPgloader } from './copy-with-pgloader.ts';
import { withMigrationEstate } from './migration-estate.ts';
import { printRatio, printTable } from './numbers.ts';
import { runMigration, type Cpu, type MigrationResult } from './run-migration.ts';

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

const workers: [number, MigrationResult][] = [];
if (small > 0) {
  await withMigrationEstate(small, async (estate) => {
    const berth = await runMigration(estate);
    workers.push([small, berth]);
    reportRun(small, berth);
  });
}
await withMigrationEstate(size, async (estate) => {
  const compares = !values['only-berth'];
  // Before and after, so that what else the computer does in the meantime is no advantage to either.
  const former = compares ? await copyWithPgloader(estate) : undefined;
  const berth = await runMigration(estate);
  workers.push([size, berth]);
  reportRun(size, berth);
  const raw = compares ? await copyRaw(estate) : undefined;
  const latter = former && (await copyWithPgloader(estate));
  printTable(
    ['', 's', 'rows', 'rows/s'],
    [
      row('pgloader, the same tables as they are', former),
      row('Berth, users, clients and services', berth),
      row('COPY of the result', raw),
      row('pgloader once more', latter),
    ].filter(([, taken]) => taken !== '-'),
  );
  printTable(
    ['worker', 'MiB before', 'MiB at most'],
    workers.map(([count, { memoryMib }]) => [
      `${count} services`,
      memoryMib.before.toFixed(0),
      memoryMib.peak.toFixed(0),
    ]),
  );
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
  if (raw) printRatio(raw.ms / berth.ms, '≥ 0.3 × the speed of COPY');
  if (former && latter) printRatio((2 * berth.ms) / (former.ms + latter.ms), '< 1 × the time of pgloader');
  else if (compares) console.log('pgloader is not installed, so that there is nothing to compare with');
});

function row(name: string, result: { ms: number; rows: number } | undefined): string[] {
  if (!result) return [name, '-', '', ''];
  return [name, seconds(result.ms), String(result.rows), perSecond(result.rows, result.ms)];
}

function reportRun(count: number, { ms, phases, cpu }: MigrationResult): void {
  console.log(`${count} services in ${seconds(ms)} s`);
  const processors = (used: Cpu) =>
    [used.worker, used.postgres, used.mariadb].map((value) => value.toFixed(1));
  printTable(
    ['phase', 's', 'rows/s', 'MiB at most', 'processor s: worker', 'PostgreSQL', 'MariaDB'],
    [
      ...phases.map((phase) => [
        phase.name,
        seconds(phase.ms),
        perSecond(phase.rows, phase.ms),
        phase.peakMib.toFixed(0),
        ...processors(phase.cpu),
      ]),
      ['all', seconds(ms), '', '', ...processors(cpu)],
    ],
  );
}

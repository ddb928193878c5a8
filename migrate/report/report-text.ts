import { alignColumns, printable } from '../align-columns.ts';
import { explainCode } from '../../contract/migration-codes.ts';
import { ENTITIES, type Entity } from '../run/deps.ts';
import type { ItemOutcome, MoneyLine, RunSummary } from '../run/verify-run.ts';
import type { RunFacts } from './find-run.ts';
import { moneyTotals, type MoneyTotal } from './money.ts';
import { withoutSecrets } from './report-items.ts';

export const OUTCOMES: ItemOutcome[] = ['migrated', 'quarantined', 'skipped'];
export const VM_STATES = ['bound', 'contested', 'zombie', 'unclaimed'] as const;

/** For a terminal. */
export function reportText(run: RunFacts, summary: RunSummary): string {
  const sections: [string, string[][]][] = [
    ['Rows of the source', outcomeRows(run, summary)],
    ['Changes in Berth', changeRows(run, summary)],
    ['What changes, value by value', differenceRows(summary)],
    ['Quarantined, and what to do', codeRows(summary, 'quarantined')],
    ['Migrated with a warning, and what to do', codeRows(summary, 'migrated')],
    ['Skipped', codeRows(summary, 'skipped')],
    ['Services by status in the source', statusRows(summary)],
    ['Money: sums of what services are billed', moneyRows(summary)],
    ['Sizes of migrated servers', capacityRows(summary)],
    ['VMs', vmRows(summary)],
    ['No longer in the source; left as it is in Berth', vanishedRows(summary)],
    ['Over in WHMCS since they came; their servers go on in Berth', endedRows(summary)],
  ];
  const body = sections
    .filter(([, rows]) => rows.length > 1)
    .map(([title, rows]) => `${title}\n${alignColumns(rows)}`);
  return [describeRun(run), ...body, describeVerdict(run, summary)].join('\n\n');
}

export function describeRun(run: RunFacts): string {
  const kind = run.dryRun ? 'Dry run' : 'Run';
  const cause = run.causeCode ? `\n  ${run.causeCode}: ${printable(run.causeMessage ?? '')}` : '';
  const head = `${kind} ${run.id} of ${run.source} (${printable(run.sourceLabel)}): ${run.status.replace('_', ' ')}`;
  return `${head}${isOver(run) ? '' : `, phase ${run.phase}: these numbers are not final`}${cause}`;
}

export function isOver({ status }: RunFacts): boolean {
  return ['succeeded', 'failed', 'cancelled', 'rolled_back'].includes(status);
}

/** The one sentence that says whether all sums agree. */
export function describeVerdict(run: RunFacts, summary: RunSummary): string {
  if (!run.isVerified) {
    return isOver(run)
      ? `The run ${run.status === 'failed' ? 'failed' : 'was cancelled'} before it was compared with the source: what is called migrated here need not be in Berth.`
      : 'The run has not been compared with the source yet.';
  }
  const problems = findProblems(summary);
  if (problems.length > 0) return `Does not add up: ${problems.join('; ')}.`;
  const sums =
    'Every row of the source is migrated, quarantined or skipped, and all money agrees to the cent.';
  return run.status === 'rolled_back' ? `${sums} Since then the run was rolled back.` : sums;
}

/** What does not add up. */
export function findProblems({ counts, money }: RunSummary): string[] {
  return [
    ...counts.filter(({ isEqual }) => !isEqual).map((line) => describeDifference(line.what, line)),
    ...money
      .filter(({ isEqual }) => !isEqual)
      .map((line) => describeDifference(`money of ${line.what}`, line)),
  ];
}

function describeDifference(what: string, { source, berth }: { source: string; berth: string }): string {
  return `${what}: ${source} in the source, ${berth} accounted for`;
}

export function countOf({ outcomes }: RunSummary, entity: Entity, outcome?: ItemOutcome): number {
  return outcomes
    .filter((row) => row.entity === entity && (outcome === undefined || row.outcome === outcome))
    .reduce((sum, { rows }) => sum + rows, 0);
}

function outcomeRows(run: RunFacts, summary: RunSummary): string[][] {
  const rows = ENTITIES.map((entity) => [
    `${entity}s`,
    `${run.totals[entity] ?? '?'}`,
    ...OUTCOMES.map((outcome) => `${countOf(summary, entity, outcome)}`),
  ]);
  return [['', 'in source', ...OUTCOMES], ...rows];
}

function changeRows({ dryRun }: RunFacts, { changes }: RunSummary): string[][] {
  const count = (entity: Entity, change: string) =>
    `${changes.find((row) => row.entity === entity && row.change === change)?.rows ?? 0}`;
  const present = ENTITIES.filter((entity) => changes.some((row) => row.entity === entity));
  const kinds = ['added', 'changed', 'unchanged'];
  return [
    [dryRun ? '(would be)' : '', ...kinds],
    ...present.map((entity) => [`${entity}s`, ...kinds.map((kind) => count(entity, kind))]),
  ];
}

/** Codes of rows with this outcome, the most frequent first; of migrated rows their warnings. */
export function codeLines({ outcomes, warnings }: RunSummary, outcome: ItemOutcome) {
  const coded = outcomes.flatMap(({ code, ...row }) =>
    row.outcome === outcome && code !== null ? [{ ...row, code }] : [],
  );
  const byCode = Map.groupBy(outcome === 'migrated' ? warnings : coded, ({ code }) => code);
  const lines = [...byCode].map(([code, of]) => ({
    code,
    count: of.reduce((sum, { rows }) => sum + rows, 0),
    // The same code of several entities is one line.
    entities: of.map(({ entity, rows }) => `${rows} ${entity}${rows === 1 ? '' : 's'}`).join(', '),
    ...explainCode(code),
  }));
  return lines.toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

function codeRows(summary: RunSummary, outcome: ItemOutcome): string[][] {
  const lines = codeLines(summary, outcome).map(({ code, entities, meaning, remedy }) => [
    code,
    entities,
    `${meaning} ${outcome === 'skipped' ? '' : remedy}`.trim(),
  ]);
  return [['code', 'rows', 'meaning'], ...lines];
}

function statusRows({ statuses }: RunSummary): string[][] {
  const byStatus = Map.groupBy(statuses, ({ status }) => status);
  const rows = [...byStatus].map(([status, counts]) => [
    status || '(none)',
    ...OUTCOMES.map((outcome) => `${counts.find((row) => row.outcome === outcome)?.rows ?? 0}`),
  ]);
  return [['', ...OUTCOMES], ...rows];
}

function moneyRows({ money }: RunSummary): string[][] {
  const cells = ({ services, source, migrated, quarantined, skipped, isEqual }: MoneyLine | MoneyTotal) => [
    `${services}`,
    source,
    migrated,
    quarantined,
    skipped,
    isEqual ? 'agrees' : 'DIFFERS',
  ];
  const head = [
    'currency',
    'cycle',
    'status',
    'services',
    'source',
    'migrated',
    'quarantined',
    'skipped',
    '',
  ];
  const numeric = new Set([3, 4, 5, 6, 7]);
  const rows = [
    head,
    ...money.map((line) => [line.currency, line.cycle, line.status, ...cells(line)]),
    ...moneyTotals(money).map((line) => [line.currency, 'all', 'all', ...cells(line)]),
  ];
  return alignRight(rows, numeric);
}

/** Pads cells from the left, for columns of numbers. */
function alignRight(rows: string[][], columns: Set<number>): string[][] {
  const widths = (n: number) => Math.max(...rows.map((row) => row[n]?.length ?? 0));
  return rows.map((row) => row.map((cell, n) => (columns.has(n) ? cell.padStart(widths(n)) : cell)));
}

const SIZES = { vcpu: 'cores', memoryMib: 'memory, MiB', diskGib: 'disk, GiB' } as const;

export function capacityRows({ capacity: { sold, real } }: RunSummary): string[][] {
  const names = ['vcpu', 'memoryMib', 'diskGib'] as const;
  const rows = names.map((name) => [SIZES[name], `${sold[name]}`, `${real[name]}`]);
  return [['', 'sold', 'of their VMs'], ...(sold.servers > 0 ? rows : [])];
}

export function vmRows({ vmsByCluster }: RunSummary): string[][] {
  const clusters = [...Map.groupBy(vmsByCluster, ({ cluster }) => cluster)];
  return [
    ['cluster', ...VM_STATES],
    ...clusters.map(([cluster, rows]) => [
      cluster,
      ...VM_STATES.map((state) => `${rows.find((row) => row.state === state)?.total ?? 0}`),
    ]),
  ];
}

export function vanishedRows({ vanished }: RunSummary): string[][] {
  const rows = vanished.map(({ entity, total, samples }) => [
    `${entity}s`,
    `${total}`,
    idsOf(samples, total),
  ]);
  return [['', 'rows', 'such as'], ...rows];
}

export function endedRows({ ended: { total, samples } }: RunSummary): string[][] {
  const rows = total > 0 ? [['services', `${total}`, idsOf(samples, total)]] : [];
  return [['', 'rows', 'such as'], ...rows];
}

function idsOf(samples: number[], total: number): string {
  const shown = samples.slice(0, 10);
  return `${shown.join(', ')}${total > shown.length ? ', …' : ''}`;
}

/** What a delta run would write over, as far as the run has noted it. */
export function differenceRows({ differences }: RunSummary): string[][] {
  const rows = differences.flatMap(({ entity, sourceId, fields }) =>
    Object.entries(withoutSecrets(fields)).map(([name, value]) => {
      const { former, fresh } = value as { former?: unknown; fresh?: unknown };
      return [`${entity} ${sourceId}`, name, show(former), show(fresh)];
    }),
  );
  return [['row', 'field', 'in Berth', 'in WHMCS now'], ...rows];
}

function show(value: unknown): string {
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

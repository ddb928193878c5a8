import { alignColumns, printable } from '../align-columns.ts';
import { explainCode } from '../codes.ts';
import type { RunFacts } from './find-run.ts';
import { VM_STATES } from './reconcile-vms.ts';
import type { Entity, ItemOutcome, MoneyLine, Summary } from './summarise-run.ts';

export const ENTITIES: Entity[] = ['user', 'client', 'service'];
export const OUTCOMES: ItemOutcome[] = ['migrated', 'quarantined', 'skipped'];

/** For a terminal. */
export function reportText(run: RunFacts, summary: Summary): string {
  const sections: [string, string[][]][] = [
    ['Rows of the source', outcomeRows(run, summary)],
    ['Changes in Berth', changeRows(run, summary)],
    ['Quarantined, and what to do', codeRows(summary, 'quarantined')],
    ['Migrated with a warning, and what to do', codeRows(summary, 'migrated')],
    ['Skipped', codeRows(summary, 'skipped')],
    ['Services by status in the source', statusRows(summary)],
    ['Money: sums of what services are billed', moneyRows(summary)],
    ['Sizes of migrated servers', capacityRows(summary)],
    ['VMs', vmRows(summary)],
    ['No longer in the source; left as it is in Berth', goneRows(summary)],
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
export function describeVerdict(run: RunFacts, summary: Summary): string {
  const problems = findProblems(run, summary);
  return problems.length === 0
    ? 'Every row of the source is migrated, quarantined or skipped, and all money agrees to the cent.'
    : `Does not add up: ${problems.join('; ')}.`;
}

/** What does not add up. */
export function findProblems(run: RunFacts, summary: Summary): string[] {
  const rows = ENTITIES.flatMap((entity) => {
    const wanted = run.totals[entity];
    const found = countOf(summary, entity);
    if (wanted === undefined || wanted === found) return [];
    return [`${wanted} ${entity}s in the source, ${found} accounted for`];
  });
  const money = [...summary.money, ...summary.moneyTotals]
    .filter(({ agrees }) => !agrees)
    .map((line) => `money of ${nameOf(line)}`);
  const unread = summary.moneyTotals.reduce((sum, { withoutAmount }) => sum + withoutAmount, 0);
  return [
    ...rows,
    ...money,
    ...(unread > 0 ? [`${unread} service${unread === 1 ? '' : 's'} without a readable amount`] : []),
  ];
}

export function countOf(summary: Summary, entity: Entity, outcome?: ItemOutcome): number {
  return summary.outcomes
    .filter((row) => row.entity === entity && (outcome === undefined || row.outcome === outcome))
    .reduce((sum, { count }) => sum + count, 0);
}

function nameOf({ currency, cycle, status }: MoneyLine): string {
  return [currency ?? 'no currency', cycle, status].filter((part) => part !== null).join(' ');
}

function outcomeRows(run: RunFacts, summary: Summary): string[][] {
  const rows = ENTITIES.map((entity) => [
    `${entity}s`,
    `${run.totals[entity] ?? '?'}`,
    ...OUTCOMES.map((outcome) => `${countOf(summary, entity, outcome)}`),
  ]);
  return [['', 'in source', ...OUTCOMES], ...rows];
}

function changeRows({ dryRun }: RunFacts, { changes }: Summary): string[][] {
  const count = (entity: Entity, change: string) =>
    `${changes.find((row) => row.entity === entity && row.change === change)?.count ?? 0}`;
  const present = ENTITIES.filter((entity) => changes.some((row) => row.entity === entity));
  const kinds = ['added', 'changed', 'unchanged'];
  return [
    [dryRun ? '(would be)' : '', ...kinds],
    ...present.map((entity) => [`${entity}s`, ...kinds.map((kind) => count(entity, kind))]),
  ];
}

/** The same code of several entities is one line. */
export function codeLines(summary: Summary, outcome: ItemOutcome) {
  const byCode = Map.groupBy(
    summary.codes.filter((row) => row.outcome === outcome),
    ({ code }) => code,
  );
  const lines = [...byCode].map(([code, rows]) => ({
    code,
    count: rows.reduce((sum, { count }) => sum + count, 0),
    entities: rows.map(({ entity, count }) => `${count} ${entity}${count === 1 ? '' : 's'}`).join(', '),
    ...explainCode(code),
  }));
  return lines.toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

function codeRows(summary: Summary, outcome: ItemOutcome): string[][] {
  const lines = codeLines(summary, outcome).map(({ code, entities, meaning, remedy }) => [
    code,
    entities,
    `${meaning} ${outcome === 'skipped' ? '' : remedy}`.trim(),
  ]);
  return [['code', 'rows', 'meaning'], ...lines];
}

function statusRows({ statuses }: Summary): string[][] {
  const byStatus = Map.groupBy(statuses, ({ status }) => status);
  const rows = [...byStatus].map(([status, counts]) => [
    status || '(none)',
    ...OUTCOMES.map((outcome) => `${counts.find((row) => row.outcome === outcome)?.count ?? 0}`),
  ]);
  return [['', ...OUTCOMES], ...rows];
}

function moneyRows({ money, moneyTotals }: Summary): string[][] {
  const cells = ({ services, source, migrated, quarantined, skipped, agrees }: MoneyLine) => [
    `${services}`,
    source,
    migrated,
    quarantined,
    skipped,
    agrees ? 'agrees' : 'DIFFERS',
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
    ...money.map((line) => [line.currency ?? '(none)', line.cycle ?? '', line.status ?? '', ...cells(line)]),
    ...moneyTotals.map((line) => [line.currency ?? '(none)', 'all', 'all', ...cells(line)]),
  ];
  return alignRight(rows, numeric);
}

/** Pads cells from the left, for columns of numbers. */
function alignRight(rows: string[][], columns: Set<number>): string[][] {
  const widths = (n: number) => Math.max(...rows.map((row) => row[n]?.length ?? 0));
  return rows.map((row) => row.map((cell, n) => (columns.has(n) ? cell.padStart(widths(n)) : cell)));
}

const SIZES = { vcpu: 'cores', memoryMib: 'memory, MiB', diskGib: 'disk, GiB' } as const;

export function capacityRows({ capacity }: Summary): string[][] {
  const rows = capacity
    .filter(({ servers }) => servers > 0)
    .map(({ what, sold, real }) => [SIZES[what], sold, real]);
  return [['', 'sold', 'of their VMs'], ...rows];
}

function vmRows({ vms }: Summary): string[][] {
  const states = VM_STATES.filter((state) => vms.some((row) => row.state === state));
  const clusters = [...Map.groupBy(vms, ({ cluster }) => cluster)];
  return [
    ['cluster', ...states],
    ...clusters.map(([cluster, rows]) => [
      cluster,
      ...states.map((state) => `${rows.find((row) => row.state === state)?.count ?? 0}`),
    ]),
  ];
}

function goneRows({ gone }: Summary): string[][] {
  return [['', 'rows'], ...gone.map(({ entity, count }) => [`${entity}s`, `${count}`])];
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Results {
  program: string;
  measuredAt: string;
  tables: { head: string[]; rows: string[][] }[];
  ratios: { ratio: number; budget: string }[];
}

const results: Results = {
  program: basename(process.argv[1] ?? 'unknown', '.ts'),
  measuredAt: new Date().toISOString(),
  tables: [],
  ratios: [],
};

/** Keeps what has been printed in `bench/results/<program>.json`, in place of the last time's. */
function keepResults(): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${results.program}.json`), `${JSON.stringify(results, null, 2)}\n`);
}

/** The value below which `share` (0 to 1) of the values lie; the nearest one there is. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Prints a table with the first column to the left and numbers to the right. */
export function printTable(head: string[], rows: string[][]): void {
  results.tables.push({ head, rows });
  keepResults();
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, widths.map((width) => '-'.repeat(width)), ...rows]) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('  '));
  }
}

/** The last line of every program. */
export function printRatio(ratio: number, budget: string): void {
  results.ratios.push({ ratio, budget });
  keepResults();
  console.log(`ratio: ${ratio.toFixed(3)} (budget ${budget})`);
}

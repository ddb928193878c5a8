const WIDEST = 48;

/** Columns as wide as their widest cell, each line indented; the last column is not padded. */
export function alignColumns(rows: string[][]): string {
  const cells = rows.map((row) => row.map(printable));
  const count = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, n) =>
    Math.min(WIDEST, Math.max(...cells.map((row) => row[n]?.length ?? 0))),
  );
  return cells
    .map((row) => row.map((cell, n) => (n === row.length - 1 ? cell : shorten(cell).padEnd(widths[n] ?? 0))))
    .map((row) => `  ${row.join('  ').trimEnd()}`)
    .join('\n');
}

function shorten(text: string): string {
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}

/** One line without control characters: what is in the source must not move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\r?\n/g, ' ⏎ ').replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
}

import type { Cell } from './matrix.ts';
import { SCENARIOS } from './scenarios.ts';
import { VICTIMS, victimTitle } from './victims.ts';

/**
 * The matrix as a Markdown table, a row per boundary. ✔ succeeded · ↩ ended well otherwise (undone, or refused with its
 * cause) · ⏸ waits for a decision · ✘ red · blank: not tried.
 */
export function renderMatrix(cells: Cell[]): string {
  const victims = VICTIMS.filter((victim) => cells.some((cell) => cell.victim === victim));
  const scenarios = SCENARIOS.filter(({ name }) => cells.some((cell) => cell.scenario === name));
  const rows = scenarios.flatMap(({ name, boundaries }) =>
    boundaries.map((boundary) => {
      const marks = victims.map((victim) => {
        const cell = cells.find(
          (one) => one.scenario === name && one.boundary === boundary && one.victim === victim,
        );
        return cell ? markOf(cell) : ' ';
      });
      return `| ${name} | ${boundary} | ${marks.join(' | ')} |`;
    }),
  );
  return [
    `| operation | before | ${victims.map(victimTitle).join(' | ')} |`,
    `|---|---|${victims.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}

function markOf({ outcome, faults }: Cell): string {
  if (faults.length > 0) return '✘';
  if (outcome === 'succeeded') return '✔';
  return outcome.startsWith('needs_attention') ? '⏸' : '↩';
}

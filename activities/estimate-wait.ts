import type { SlotState } from '../db/slots.ts';
import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';

/**
 * Seconds until it is the turn of who stands at `position` (1 is next): those who hold a slot and those ahead are
 * expected to take `usualSeconds` each, one that is overdue to end at once. Null when nothing is known of such steps or
 * it stands in no line.
 */
export function estimateWait({
  position,
  limit,
  usualSeconds,
  heldForSeconds,
}: Pick<SlotState, 'position' | 'limit' | 'usualSeconds' | 'heldForSeconds'>): number | null {
  if (usualSeconds === null || position === null) return null;
  const left = heldForSeconds.map((seconds) => Math.max(0, usualSeconds - seconds));
  while (left.length < limit) left.push(0);
  // When there are more than may be, the first to end make no room.
  const turns = left.toSorted((a, b) => a - b).slice(left.length - limit);
  const round = Math.floor((position - 1) / limit);
  return Math.round((turns[(position - 1) % limit] ?? 0) + round * usualSeconds);
}

/** "3rd in line, about 2 min" */
export const describeWait = (position: number, etaSeconds: number | null): Said =>
  etaSeconds === null
    ? say('in_line', { position })
    : say('in_line_about', { position, time: roughly(etaSeconds) });

function roughly(seconds: number): string {
  if (seconds < 55) return `${Math.max(1, Math.round(seconds / 10)) * 10} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

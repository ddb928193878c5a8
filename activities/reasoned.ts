import type { Said } from '../contract/said.ts';
import { inEnglish } from '../contract/sayings.ts';

/** A reason in English and by its code. */
export const reasoned = (said: Said): { reason: string; reasonSaid: Said } => ({
  reason: inEnglish(said),
  reasonSaid: said,
});

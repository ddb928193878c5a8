import type { Said } from '../contract/said.ts';
import { inEnglish } from '../contract/sayings.ts';

/** A note as its row keeps it: in English and, unless the words are Proxmox's, by its code. */
export const noted = (said: Said | string): { note: string; noteSaid: Said | null } => ({
  note: inEnglish(said),
  noteSaid: typeof said === 'string' ? null : said,
});
